"""`gesture_robot doctor`: what is installed, what clashes, what is missing and what installs it.

Versions and clashes come from package metadata; nothing heavy is imported, except onnxruntime for its providers and
sounddevice for its devices.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from gesture_robot import __version__, registry
from gesture_robot.commands import system

PACKAGE = "gesture_robot"
SAME_FOLDER = (  # distributions that own the same import folder: the later one breaks the earlier one in silence
    ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml"),
    ("opencv-contrib-python", "opencv-python", "opencv-python-headless", "opencv-contrib-python-headless"),
)
ENGINE_KINDS = ("perception", "decision", "tts", "gesture", "face", "robot")
UNREADABLE = " (not readable: sudo usermod -aG video $USER)"
Version = Callable[[str], "str | None"]


@dataclass(frozen=True)
class Finding:
    """Something that does not work, and the command that mends it."""

    problem: str
    remedy: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Print the report and return it. Findings are no error: the exit code stays 0."""
    report = examine()
    _print(report)
    return report


def examine() -> dict[str, Any]:
    """The report as plain values."""
    clashes = find_clashes(installed_version)
    broken_onnx = any("onnxruntime" in clash.problem for clash in clashes)
    return {
        "package": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": library_versions(),
        "engines": {kind: registry.names(kind) for kind in ENGINE_KINDS},
        "onnx_providers": [] if broken_onnx else onnx_providers(),
        "clashes": [asdict(clash) for clash in clashes],
        "missing_system": [asdict(finding) for finding in find_missing_system()],
        "audio_devices": audio_devices(),
        "cameras": cameras(Path("/dev")),
    }


def installed_version(distribution: str) -> str | None:
    """Version of an installed distribution, None when it is not there."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def library_versions() -> dict[str, dict[str, Any]]:
    """Every library that the package may use: its version (None: not installed) and the extras that bring it."""
    try:
        requirements = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for requirement in requirements:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)
        extra = re.search(r"""extra\s*==\s*["']([^"']+)""", requirement)
        if name is None or (extra is not None and extra.group(1) in ("demo", "test")):
            continue
        entry = found.setdefault(name.group(0), {"version": installed_version(name.group(0)), "extras": []})
        if extra is not None:
            entry["extras"].append(extra.group(1))
    return dict(sorted(found.items()))


def find_clashes(version: Version) -> list[Finding]:
    """Combinations that break although pip is content. `version` maps a distribution to its version or None."""
    found = []
    for group in SAME_FOLDER:
        present = [name for name in group if version(name)]
        if len(present) > 1:
            keep = "onnxruntime-gpu" if "onnxruntime-gpu" in present else group[0]
            found.append(Finding(f"{' and '.join(present)} are both installed and overwrite each other",
                                 f"pip uninstall -y {' '.join(present)} && pip install {keep}"))
    mediapipe, numpy = version("mediapipe"), version("numpy")
    if mediapipe and not (0, 10, 18) <= _numbers(mediapipe) < (0, 10, 22):
        found.append(Finding(f"mediapipe {mediapipe} does not carry the models that are used",
                             f"pip install '{PACKAGE}[perception]'"))
    elif mediapipe and numpy and _numbers(numpy) >= (2,):
        found.append(Finding(f"mediapipe {mediapipe} needs numpy below 2, numpy {numpy} is installed",
                             "pip install 'numpy<2'"))
    return found


def find_missing_system() -> list[Finding]:
    """System libraries and programs that are not there, each with the command that installs it."""
    found = []
    for need in system.missing(("demo", "test")):
        packages = system.choose_packages(need) if system.has_program("apt-cache") else need.packages[0]
        remedy = system.apt_line(packages) if packages else need.elsewhere or "not among this distribution's packages"
        found.append(Finding(f"{need.name} ({need.purpose})", remedy))
    return found


def onnx_providers() -> list[str]:
    """Execution providers of the installed onnxruntime, empty without it."""
    try:
        import onnxruntime
    except ImportError:
        return []
    return list(onnxruntime.get_available_providers())


def audio_devices() -> list[str]:
    """Names of the output devices; empty without PortAudio or without a device."""
    try:
        import sounddevice
    except (ImportError, OSError):  # OSError: the library PortAudio is absent
        return []
    try:
        devices = sounddevice.query_devices()
    except sounddevice.PortAudioError:
        return []
    return [str(device["name"]) for device in devices if device["max_output_channels"] > 0]


def cameras(devices: Path) -> list[dict[str, Any]]:
    """Video devices: the number for `--camera` and whether this user may read it."""
    numbers = sorted(int(path.name[5:]) for path in devices.glob("video*") if path.name[5:].isdigit())
    return [{"camera": number, "readable": os.access(devices / f"video{number}", os.R_OK)} for number in numbers]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _print(report: dict[str, Any]) -> None:
    print(f"gesture_robot {report['package']}, Python {report['python']}, {report['system']}")
    if not report["libraries"]:
        print("\nThis checkout is not installed, so library versions are unknown. "
              "Install it with: pip install -e '.[demo]'")
    for name, entry in report["libraries"].items():
        extras = f"  (extra {', '.join(entry['extras'])})" if entry["extras"] else ""
        print(f"  {name:<24}{entry['version'] or 'not installed':<16}{extras}")
    lists = {
        "onnxruntime providers": report["onnx_providers"],
        "audio outputs": report["audio_devices"],
        "cameras": [f"{c['camera']}{'' if c['readable'] else UNREADABLE}" for c in report["cameras"]],
        **{f"{kind} engines": names for kind, names in report["engines"].items()},
    }
    print()
    for title, entries in lists.items():
        print(f"  {title:<24}{', '.join(entries) or 'none'}")
    findings = [*report["clashes"], *report["missing_system"]]
    print(f"\n{'Problems:' if findings else 'No problems found.'}")
    for finding in findings:
        print(f"  {finding['problem']}\n      {finding['remedy']}")
