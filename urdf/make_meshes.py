"""Write the robot's shells to meshes/*.stl: smooth lofts of squircle sections, in the frames of their links.

Run `python urdf/make_meshes.py [FOLDER]`, then make_wren.py. Metres. The same numbers always give the same files.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Triangles = NDArray[np.float64]  # (F, 3, 3) corner points
HERE = Path(__file__).resolve().parent
AXES = {"x": [2, 0, 1], "y": [1, 2, 0], "z": [0, 1, 2]}  # which of (u, v, s) becomes x, y, z


def loft(
    sections: list[tuple[float, ...]],
    *,
    axis: str = "z",
    squareness: float = 2.0,
    around: int = 32,
    along: int = 10,
    round_start: float = 0.005,
    round_end: float = 0.005,
) -> Triangles:
    """A closed shell through superellipse sections.

    Args:
        sections: rows (s, half width u, half width v[, centre u, centre v]) with s increasing along `axis`; axis z has
            (u, v) = (x, y), axis x has (y, z), axis y has (z, x). Between rows the sizes follow a monotone cubic.
        axis: direction of the loft.
        squareness: exponent of the superellipse; 2 is an ellipse, 4 a rounded square.
        around: points on a section.
        along: sections between the rounded rims.
        round_start: radius of the rim at the first section; as large as the half width it makes a dome.
        round_end: the same at the last section.
    """
    table = np.array([(*row, 0.0, 0.0)[:5] for row in sections])
    at = PchipInterpolator(table[:, 0], table[:, 1:])
    s0, s1 = table[0, 0], table[-1, 0]
    arc = np.linspace(0.0, np.pi / 2, 6)
    rows = [(s0 + round_start * (1 - np.cos(a)), round_start * (1 - np.sin(a))) for a in arc]
    rows += [(s, 0.0) for s in np.linspace(s0 + round_start, s1 - round_end, along + 2)[1:-1]]
    rows += [(s1 - round_end * (1 - np.cos(a)), round_end * (1 - np.sin(a))) for a in arc[::-1]]
    angle = np.linspace(0.0, 2 * np.pi, around, endpoint=False)
    circle = [np.sign(f) * np.abs(f) ** (2 / squareness) for f in (np.cos(angle), np.sin(angle))]
    rings = []
    for s, inset in rows:
        u, v, cu, cv = at(s)
        rings.append(
            np.stack(
                [cu + max(u - inset, 0.0) * circle[0], cv + max(v - inset, 0.0) * circle[1], np.full(around, s)], axis=1
            )
        )
    return _close(np.array(rings))[:, :, AXES[axis]]


def _close(rings: NDArray[np.float64]) -> Triangles:
    """Quads between rings, fans at both ends, outward normals."""
    lower, upper = rings[:-1], rings[1:]
    lower_next, upper_next = np.roll(lower, -1, axis=1), np.roll(upper, -1, axis=1)
    sides = np.concatenate(
        [
            np.stack([lower, lower_next, upper_next], axis=2).reshape(-1, 3, 3),
            np.stack([lower, upper_next, upper], axis=2).reshape(-1, 3, 3),
        ]
    )
    fans = []
    for ring, flip in ((rings[0], True), (rings[-1], False)):
        centre = np.broadcast_to(ring.mean(axis=0), ring.shape)
        corners = [centre, np.roll(ring, -1, axis=0), ring] if flip else [centre, ring, np.roll(ring, -1, axis=0)]
        fans.append(np.stack(corners, axis=1))
    triangles = np.concatenate([sides, *fans])
    area = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1)
    return triangles[area > 1e-10]


def dome(
    radius: float, squash: float = 1.0, at: tuple[float, float, float] = (0, 0, 0), *, axis: str = "z", around: int = 28
) -> Triangles:
    """An ellipsoid: `radius` across, radius * squash along `axis`."""
    heights = -np.cos(np.linspace(0, np.pi, 15))
    rows = [
        (h * radius * squash, radius * np.sqrt(max(1 - h * h, 0.0)), radius * np.sqrt(max(1 - h * h, 0.0)))
        for h in heights
    ]
    rings = []
    angle = np.linspace(0.0, 2 * np.pi, around, endpoint=False)
    for s, u, v in rows:
        rings.append(np.stack([u * np.cos(angle), v * np.sin(angle), np.full(around, s)], axis=1))
    return _close(np.array(rings))[:, :, AXES[axis]] + np.array(at)


def capsule(
    start: tuple[float, float, float], end: tuple[float, float, float], r0: float, r1: float, around: int = 14
) -> Triangles:
    """A finger segment: rounded at both ends, from radius r0 to r1."""
    a, b = np.array(start), np.array(end)
    length = float(np.linalg.norm(b - a))
    tube = loft(
        [(-r0, r0, r0), (0.0, r0, r0), (length, r1, r1), (length + r1, r1, r1)],
        around=around,
        along=2,
        round_start=r0,
        round_end=r1,
    )
    z = (b - a) / length
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    return tube @ np.stack([x, np.cross(z, x), z]) + a


def ring(radius: float, thickness: float, height: float, axis: str = "z", around: int = 40) -> Triangles:
    """A band around a limb."""
    return loft(
        [(-height / 2, radius, radius), (height / 2, radius, radius)],
        axis=axis,
        around=around,
        along=2,
        round_start=thickness,
        round_end=thickness,
    )


def pedestal_shells() -> dict[str, Triangles]:
    """Foot, column and waist."""
    column = [
        (0.022, 0.178, 0.178),
        (0.04, 0.165, 0.165),
        (0.08, 0.125, 0.125),
        (0.15, 0.092, 0.094),
        (0.28, 0.076, 0.08),
        (0.42, 0.074, 0.08),
        (0.53, 0.078, 0.085),
        (0.562, 0.074, 0.08),
    ]
    waist = [
        (-0.045, 0.058, 0.064),
        (-0.02, 0.062, 0.068),
        (0.0, 0.058, 0.063),
        (0.02, 0.061, 0.067),
        (0.04, 0.058, 0.063),
        (0.06, 0.06, 0.066),
    ]
    return {
        "pedestal": loft(column, around=48, along=22, round_start=0.008, round_end=0.02),
        "pedestal_foot": loft(
            [(0.0, 0.19, 0.19), (0.03, 0.184, 0.184)], around=48, along=1, round_start=0.004, round_end=0.012
        ),
        "pedestal_ring": ring(0.0795, 0.003, 0.012) * [1.0, 1.06, 1.0] + [0, 0, 0.5],
        "waist": loft(waist, around=32, along=20, round_start=0.008, round_end=0.008),
    }


def torso_shells() -> dict[str, Triangles]:
    """Chest with its light, shoulder sockets, neck."""
    chest = [
        (0.0, 0.062, 0.076),
        (0.05, 0.067, 0.082),
        (0.13, 0.076, 0.096, 0.003),
        (0.22, 0.086, 0.113, 0.006),
        (0.3, 0.088, 0.121, 0.004),
        (0.355, 0.082, 0.119),
        (0.39, 0.068, 0.098),
        (0.412, 0.05, 0.07),
        (0.42, 0.042, 0.055),
    ]
    seam = [(0.112, 0.0755, 0.0945, 0.0025), (0.118, 0.0762, 0.0955, 0.0026)]
    sockets = [
        loft([(-0.012, 0.043, 0.043), (0.02, 0.036, 0.036)], axis="y", around=32, along=3) * [1, s, 1]
        + [0, s * 0.12, 0.35]
        for s in (1, -1)
    ]
    sockets[1] = sockets[1][:, ::-1]
    return {
        "torso": loft(chest, squareness=2.5, around=48, along=26, round_start=0.012, round_end=0.012),
        "torso_panel": np.concatenate(sockets),
        "torso_seam": loft(seam, squareness=2.5, around=48, along=1, round_start=0.001, round_end=0.001),
        "torso_light": loft(
            [(0.0, 0.022, 0.022), (0.0085, 0.022, 0.022)], axis="x", around=36, along=1, round_end=0.004
        )
        + [0.086, 0, 0.285],
        "torso_lens": loft([(0.0, 0.013, 0.013), (0.0105, 0.013, 0.013)], axis="x", around=28, along=1, round_end=0.003)
        + [0.086, 0, 0.285],
        "neck_base": loft(
            [(-0.02, 0.046, 0.05), (0.0, 0.042, 0.045), (0.03, 0.036, 0.038)], around=36, along=8, round_end=0.008
        ),
        "neck": loft(
            [(-0.03, 0.03, 0.032), (0.0, 0.034, 0.036), (0.03, 0.034, 0.036)], around=36, along=6, round_end=0.01
        ),
    }


def head_shells() -> dict[str, Triangles]:
    """Head, glass front, ears, camera lens. The front is flat at x = 0.1 so that the screen lies on it."""
    shell = [
        (-0.092, 0.094, 0.092, 0, 0.11),
        (-0.05, 0.104, 0.102, 0, 0.11),
        (0.0, 0.11, 0.107, 0, 0.109),
        (0.05, 0.112, 0.108, 0, 0.109),
        (0.1, 0.108, 0.104, 0, 0.108),
    ]
    ears = [
        loft([(-0.01, 0.034, 0.034), (0.011, 0.03, 0.03)], axis="y", around=36, along=3, round_end=0.008) * [1, s, 1]
        + [0.0, s * 0.108, 0.108]
        for s in (1, -1)
    ]
    ears[1] = ears[1][:, ::-1]
    return {
        "head": loft(shell, axis="x", squareness=2.9, around=56, along=14, round_start=0.07, round_end=0.03),
        "head_face": loft(
            [(0.085, 0.095, 0.09, 0, 0.108), (0.1015, 0.095, 0.09, 0, 0.108)],
            axis="x",
            squareness=4.2,
            around=56,
            along=2,
            round_end=0.006,
        ),
        "head_ears": np.concatenate(ears),
        "head_lens": loft(
            [(0.098, 0.009, 0.009, 0, 0.1785), (0.104, 0.0075, 0.0075, 0, 0.1785)],
            axis="x",
            around=28,
            along=2,
            round_end=0.003,
        ),
    }


def arm_shells() -> dict[str, Triangles]:
    """One arm, the same for both sides."""
    thumb_tip = (0.026, 0.0, -0.045)
    palm = [
        (-0.098, 0.031, 0.0125),
        (-0.088, 0.035, 0.0145),
        (-0.055, 0.036, 0.0165),
        (-0.03, 0.029, 0.0175),
        (-0.012, 0.021, 0.0165),
    ]
    fingers = [(-0.0225, 0.031), (0.0, 0.034), (0.0225, 0.032)]
    return {
        "shoulder": dome(0.052, 0.92, axis="y", around=36),
        "shoulder_cuff": loft([(-0.056, 0.033, 0.033), (0.0, 0.036, 0.036)], around=32, along=6, round_end=0.03),
        "upper_arm": loft(
            [
                (-0.226, 0.0325, 0.0325),
                (-0.19, 0.036, 0.0355),
                (-0.12, 0.0385, 0.037),
                (-0.058, 0.036, 0.036),
                (-0.046, 0.035, 0.035),
            ],
            around=32,
            along=14,
            round_start=0.012,
            round_end=0.012,
        ),
        "elbow": loft(
            [(-0.033, 0.031, 0.031), (0.0, 0.033, 0.033), (0.033, 0.031, 0.031)],
            axis="y",
            around=32,
            along=3,
            round_start=0.01,
            round_end=0.01,
        )
        + [0, 0, -0.25],
        "forearm": loft(
            [(-0.119, 0.034, 0.0335), (-0.07, 0.0355, 0.034), (-0.028, 0.032, 0.03)],
            around=32,
            along=8,
            round_start=0.004,
            round_end=0.014,
        ),
        "wrist_cuff": loft(
            [(-0.088, 0.0265, 0.0235), (-0.05, 0.031, 0.029), (0.0, 0.034, 0.0335)],
            around=32,
            along=8,
            round_start=0.01,
            round_end=0.004,
        ),
        "wrist_ring": ring(0.0325, 0.002, 0.01) + [0, 0, 0.003],
        "wrist": dome(0.0215),
        "palm": loft(palm, squareness=2.4, around=32, along=12, round_start=0.009, round_end=0.008),
        "fingers": np.concatenate([capsule((x, 0, 0.0), (x, 0, -length), 0.0102, 0.0098) for x, length in fingers]),
        "fingertips": np.concatenate(
            [capsule((x, 0, length * 0.0), (x, 0, -length + 0.006), 0.0099, 0.0086) for x, length in fingers]
        ),
        "thumb": capsule((0.0, 0.0, 0.004), thumb_tip, 0.0118, 0.0095),
    }


def write_stl(path: Path, triangles: Triangles) -> None:
    """Binary STL with face normals."""
    points = np.ascontiguousarray(triangles, dtype="<f4")
    normals = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    record = np.zeros(len(points), dtype=[("data", "<f4", 12), ("attribute", "<u2")])
    record["data"] = np.hstack([normals, points.reshape(-1, 9)])
    path.write_bytes(b"wren".ljust(80) + np.uint32(len(points)).tobytes() + record.tobytes())


def all_shells() -> dict[str, Triangles]:
    """Every mesh by name."""
    return pedestal_shells() | torso_shells() | head_shells() | arm_shells()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "meshes"
    folder.mkdir(exist_ok=True)
    for name, triangles in all_shells().items():
        write_stl(folder / f"{name}.stl", triangles)
    print(f"wrote {len(all_shells())} meshes, {sum(p.stat().st_size for p in folder.glob('*.stl')) / 1e6:.2f} MB")
