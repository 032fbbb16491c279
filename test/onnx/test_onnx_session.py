"""Opening models: providers, missing files, clashes."""

from __future__ import annotations

import builtins
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from stand_in_models import face_model

from gesture_robot import onnx_session
from gesture_robot.errors import InvalidInput, MissingDependency
from gesture_robot.onnx_session import installed_clash, open_session


def test_auto_uses_what_is_there(tmp_path: Path) -> None:
    session = open_session(face_model(tmp_path / "m.onnx"))
    assert session.provider in onnxruntime.get_available_providers()
    assert session.inputs == {"audio": (1, None)} and session.outputs == {"weights": (1, None, 52)}


def test_auto_without_cuda_runs_on_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = ["AzureExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: offered)
    assert open_session(face_model(tmp_path / "m.onnx"), "auto").provider == "CPUExecutionProvider"


def test_cuda_without_its_provider_says_what_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(InvalidInput, match="'auto' or 'cpu'.*onnx-gpu"):
        open_session(face_model(tmp_path / "m.onnx"), "cuda")


def test_an_unknown_device_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="auto, cpu, cuda"):
        open_session(tmp_path / "m.onnx", "gpu")


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere\.onnx"):
        open_session(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize("content", [b"", b"this is not a model", bytes(range(256)) * 8])
def test_a_file_that_is_no_model_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(InvalidInput) as error:
        open_session(tmp_path / "bad.onnx", "cpu")
    assert "bad.onnx" in str(error.value) and "\n" not in str(error.value)


def test_input_of_the_wrong_shape_is_an_error(tmp_path: Path) -> None:
    session = open_session(face_model(tmp_path / "m.onnx"), "cpu")
    with pytest.raises(InvalidInput, match=r"\(2, 3, 4\)"):
        session.run({"audio": np.zeros((2, 3, 4))})


def test_without_onnxruntime_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = face_model(tmp_path / "m.onnx"), builtins.__import__

    def refuse(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".")[0] == "onnxruntime":
            raise ImportError("No module named 'onnxruntime'")
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingDependency, match=r"gesture_robot\[onnx\]"):
        open_session(path)


def test_both_packages_installed_is_a_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_session, "version", lambda name: "1.20.0")
    assert "pip uninstall -y onnxruntime onnxruntime-gpu" in str(installed_clash())


def test_one_package_is_no_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_cpu(name: str) -> str:
        if name == "onnxruntime":
            return "1.20.0"
        raise onnx_session.PackageNotFoundError(name)

    monkeypatch.setattr(onnx_session, "version", only_cpu)
    assert installed_clash() is None
