"""ONNX models behind the seams: which provider runs them, and clear errors when a model does not fit.

onnxruntime comes as two packages that own the same folder: `onnxruntime` (CPU) and `onnxruntime-gpu`. Never install
both; `installed_clash` says when it happened. The code asks for what is there: `device="auto"` takes CUDA when the
installed package offers it and it starts, else the CPU.

Threads: one intra-op thread without spinning, because the robot's own loop shares the cores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import EMOTIONS, Speech
from gesture_robot.errors import InvalidInput, MissingDependency

DEVICES = ("auto", "cpu", "cuda")
MODEL_RATE_HZ = 16000
"""Audio given to models: mono float32 at this rate."""
Shape = tuple[int | None, ...]
"""None: any length."""

_PACKAGES = ("onnxruntime", "onnxruntime-gpu")


def installed_clash() -> str | None:
    """One line when both onnxruntime packages are installed, else None. Imports nothing heavy."""
    try:
        versions = [version(package) for package in _PACKAGES]
    except PackageNotFoundError:
        return None
    return (f"onnxruntime {versions[0]} and onnxruntime-gpu {versions[1]} are both installed and overwrite each other. "
            "Run: pip uninstall -y onnxruntime onnxruntime-gpu, then install either gesture_robot[onnx] or "
            "gesture_robot[onnx-gpu].")


class OnnxSession:
    """A loaded model. `provider` is the execution provider that really runs it."""

    def __init__(self, session: Any, path: Path, errors: tuple[type[Exception], ...]):
        self.path = path
        self._session, self._errors = session, errors
        self.provider: str = session.get_providers()[0]
        self.inputs: dict[str, Shape] = {item.name: _shape(item.shape) for item in session.get_inputs()}
        self.outputs: dict[str, Shape] = {item.name: _shape(item.shape) for item in session.get_outputs()}
        self._types = {item.name: item.type for item in session.get_inputs()}

    def require(self, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape],
                optional_inputs: Mapping[str, Shape] | None = None) -> None:
        """Check names, float32 type and shapes; a model may fix a length that we leave open only for batch axes.

        Raises:
            InvalidInput: says what the model has and what was expected.
        """
        known = {**inputs, **(optional_inputs or {})}
        expected = f"Expected inputs {_text(known)} and outputs {_text(outputs)}, float32."
        has = f"'{self.path}' has inputs {_text(self.inputs)} and outputs {_text(self.outputs)}."
        wrong = [name for name in inputs if name not in self.inputs] + [n for n in outputs if n not in self.outputs]
        wrong += [name for name in self.inputs if name not in known]
        wrong += [n for n, shape in known.items() if n in self.inputs and not _accepts(self.inputs[n], shape)]
        wrong += [n for n, shape in outputs.items() if n in self.outputs and not _accepts(self.outputs[n], shape)]
        wrong += [name for name in known if self._types.get(name, "tensor(float)") != "tensor(float)"]
        if wrong:
            raise InvalidInput(f"the model does not fit ({', '.join(dict.fromkeys(wrong))}). {has} {expected}")

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run the model on float32 arrays by input name; outputs by name.

        Raises:
            InvalidInput: the model refuses the input or fails inside.
        """
        values = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in feeds.items()}
        try:
            results = self._session.run(list(self.outputs), values)
        except self._errors as error:
            shapes = ", ".join(f"{name} {value.shape}" for name, value in values.items())
            raise InvalidInput(f"the model '{self.path}' failed on {shapes}: {_first_line(error)}") from None
        return dict(zip(self.outputs, (np.asarray(result) for result in results), strict=True))


def open_session(model_path: str | Path, device: str = "auto", threads: int = 1) -> OnnxSession:
    """Load an ONNX model.

    Args:
        model_path: the .onnx file.
        device: "auto" (CUDA when it works, else CPU), "cpu" or "cuda".
        threads: intra-op threads on the CPU.

    Raises:
        InvalidInput: no such device, no such file, not a model, or CUDA asked for and not to be had.
        MissingDependency: onnxruntime is absent or broken.
    """
    if device not in DEVICES:
        raise InvalidInput(f"device must be one of {', '.join(DEVICES)}, got '{device}'.")
    path = Path(model_path).expanduser()
    if not path.is_file():
        raise InvalidInput(f"no such model file: '{path}'. Give the path of an .onnx file.")
    ort = _onnxruntime()
    errors = _error_types(ort)
    offered = ort.get_available_providers()
    if device == "cuda" and "CUDAExecutionProvider" not in offered:
        raise InvalidInput(f"device 'cuda' needs CUDAExecutionProvider, this onnxruntime offers {', '.join(offered)}. "
                           "Use device 'auto' or 'cpu', or install gesture_robot[onnx-gpu] in place of "
                           "gesture_robot[onnx].")
    wanted = ("CPUExecutionProvider",) if device == "cpu" else ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [provider for provider in wanted if provider in offered]
    try:
        session = ort.InferenceSession(str(path), sess_options=_options(ort, threads), providers=providers)
    except errors as error:
        raise InvalidInput(f"'{path}' is not an ONNX model that this onnxruntime ({ort.__version__}) can run: "
                           f"{_first_line(error)}") from None
    opened = OnnxSession(session, path, errors)
    if device == "cuda" and opened.provider != "CUDAExecutionProvider":
        raise InvalidInput("device 'cuda' was asked for, but CUDA did not start (driver, CUDA or cuDNN missing?); "
                           "device 'auto' would use the CPU.")
    return opened


def model_audio(speech: Speech) -> Array:
    """(1, N) float32 mono at 16 kHz, from speech at any rate; N = ceil(duration * 16000)."""
    from scipy.signal import resample_poly

    samples = speech.samples
    if speech.rate_hz != MODEL_RATE_HZ and len(samples):
        common = math.gcd(MODEL_RATE_HZ, speech.rate_hz)
        samples = resample_poly(samples, MODEL_RATE_HZ // common, speech.rate_hz // common)
    return np.clip(samples, -1.0, 1.0).astype(np.float32)[None]  # type: ignore[no-any-return]


def emotion_input(emotion: str) -> Array:
    """(1, 8) one-hot in the order of `datatypes.EMOTIONS`."""
    return np.array([[float(name == emotion) for name in EMOTIONS]], dtype=np.float32)


def frames_of(output: Array, name: str, path: Path, count: int, frame_shape: tuple[int, ...]) -> Array:
    """A model's output (1, T, ...) as (count, ...) float64; one frame more or less than `count` is rounding.

    Raises:
        InvalidInput: wrong shape or length, NaN or infinity; says what was expected.
    """
    text = f"(1, {count}, {', '.join(str(n) for n in frame_shape)})"
    if output.ndim != 2 + len(frame_shape) or output.shape[0] != 1 or output.shape[2:] != frame_shape:
        raise InvalidInput(f"the model '{path}' gave '{name}' of shape {output.shape}, expected {text}.")
    if abs(output.shape[1] - count) > 1 or (count and not output.shape[1]):
        raise InvalidInput(f"the model '{path}' gave {output.shape[1]} frames of '{name}', expected {count}: "
                           f"shape {text}.")
    if not np.isfinite(output).all():
        raise InvalidInput(f"the model '{path}' gave NaN or infinity in '{name}'; nothing of it is used.")
    frames = output[0, :count].astype(np.float64)
    if len(frames) < count:
        frames = np.concatenate([frames, frames[-1:]])
    return frames  # type: ignore[no-any-return]


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependency("onnxruntime", "onnx", _first_line(error)) from None
    if not hasattr(onnxruntime, "InferenceSession"):
        raise MissingDependency("onnxruntime", "onnx", "it is installed but broken; uninstall onnxruntime and "
                                "onnxruntime-gpu first")
    return onnxruntime


def _options(ort: Any, threads: int) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # Our errors say it; the library's log would say it again on stderr.
    return options


def _error_types(ort: Any) -> tuple[type[Exception], ...]:
    """Exceptions of onnxruntime, listed because they share no base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = tuple(v for v in vars(state).values() if isinstance(v, type) and issubclass(v, Exception))
    return (*own, RuntimeError, ValueError)


def _shape(dims: list[Any]) -> Shape:
    return tuple(n if isinstance(n, int) and n > 0 else None for n in dims)


def _accepts(has: Shape, wanted: Shape) -> bool:
    """A fixed size must be the same; where we need a free length, the model must not fix it."""
    return not has or (len(has) == len(wanted) and all(
        (h is None) if w is None else h in (None, w) for h, w in zip(has, wanted, strict=True)))


def _text(shapes: Mapping[str, Shape]) -> str:
    return "; ".join(f"{name} ({', '.join('any' if n is None else str(n) for n in s)})" for name, s in shapes.items())


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class OnnxEngine:
    """What engines that run a user's model share: loading, and checking it against the engine's table."""

    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    optional_inputs: Mapping[str, Shape]

    def __init__(self, model_path: str | Path, device: str = "auto"):
        """Load and check the model.

        Raises:
            InvalidInput: missing, not a model, or other inputs and outputs than in the engine's table.
            MissingDependency: onnxruntime is absent.
        """
        self._session = open_session(model_path, device)
        self._session.require(self.inputs, self.outputs, self.optional_inputs)

    @property
    def provider(self) -> str:
        """The execution provider that runs the model."""
        return self._session.provider
