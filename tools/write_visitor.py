"""Writes worlds/visitor/visitor.obj: the person of the built-in scenes as a mesh for Gazebo, with the same texture.

Frame: on the floor below the neck, x where the person looks, z up [m]. Run it with: make docs
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gesture_robot.scene.figure import FigurePose, figure_surfaces, load_figure

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "worlds" / "visitor"
MATERIAL = """# Written by tools/write_visitor.py. The texture is that of the built-in scenes.
newmtl visitor
Ka 1 1 1
Kd 1 1 1
Ks 0 0 0
map_Kd ../../config/scene/figure.jpg
"""


def mesh() -> str:
    """The figure as Wavefront OBJ."""
    figure = load_figure()
    height_px, width_px = figure.texture.levels[0].shape[:2]
    lines, first = ["# Written by tools/write_visitor.py.", "mtllib visitor.mtl", "o visitor", "usemtl visitor"], 1
    for surface in figure_surfaces(figure, FigurePose(0.0, 0.0, 0.0, 0.0), np.eye(4)):
        lines += [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in surface.vertices_camera]
        lines += [f"vt {u / width_px:.5f} {1.0 - v / height_px:.5f}" for u, v in surface.uv]
        lines += ["f " + " ".join(f"{first + i}/{first + i}" for i in corner) for corner in surface.triangles]
        first += len(surface.vertices_camera)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in (("visitor.obj", mesh()), ("visitor.mtl", MATERIAL)):
        (FOLDER / name).write_text(content, encoding="utf-8")
        print(f"wrote {FOLDER / name}")
