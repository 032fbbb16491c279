"""Mesh files of any common kind (STL, OBJ, DAE, ...) in memory, and as what MuJoCo reads.

MuJoCo reads binary STL and OBJ, knows a mesh by its file's name alone, and refuses flat ones and more than 200,000
faces; robots' packages hold COLLADA, text STL, equal names in several folders, and empty files. What cannot be used
is left out and named; nothing here stops a robot from moving. Points come as the file holds them (see collada.py).
"""

from __future__ import annotations

import struct
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.errors import InvalidModel, MissingDependency

MOST_BYTES = 100_000_000
MOST_FACES = 200_000
_FLAT_M = 1e-5
_HALF_SHEET_M = 2e-4
_STL_HEAD, _STL_FACE = 84, 50


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles: `vertices` (N, 3) [m] and `faces` (M, 3) indices into them."""

    vertices: Array
    faces: Array


def read_mesh(path: str) -> Mesh:
    """Read a mesh file; the same file is read once per process as long as it does not change.

    Raises:
        InvalidModel: missing, too large, or not a mesh; the message says what would have worked.
        MissingDependency: trimesh, or pycollada for .dae, is not installed.
    """
    return _read(path, *_stamp(path))


def unusable(path: str) -> str:
    """Why a mesh file has to be left out, as its place and size tell; "" where nothing speaks against it.

    All missing files of one folder give one reason.
    """
    file = Path(path)
    if file.is_file():
        try:
            _stamp(path)
        except InvalidModel as error:
            return str(error)
        return ""
    folder, _, _ = path.rpartition("/")
    where = "its package is not on this machine" if "://" in path else "there is no such file"
    return f"mesh '{folder}/{file.name}': {where}." if not folder else f"meshes of '{folder}': {where}."


def mujoco_assets(robot: ElementTree.Element) -> tuple[dict[str, bytes], dict[str, str]]:
    """Point every <mesh> of a URDF element at bytes that MuJoCo reads; visuals and collisions without one go.

    Args:
        robot: the <robot> element, changed in place.

    Returns:
        Asset name -> file content, and mesh path -> why it could not be used.
    """
    assets: dict[str, bytes] = {}
    names: dict[tuple[str, str], str] = {}
    failed: dict[str, str] = {}
    for link in robot.findall("link"):
        for shape in [*link.findall("visual"), *link.findall("collision")]:
            mesh = shape.find("geometry/mesh")
            if mesh is None:
                continue
            path, scale = mesh.get("filename", ""), mesh.get("scale", "")
            if (path, scale) not in names and path not in failed:
                try:
                    content = _for_mujoco(path, *_stamp(path))
                    names[path, scale] = f"{Path(path).stem}_{len(names)}.stl"  # equal names of two folders differ
                    assets[names[path, scale]] = content
                except (InvalidModel, MissingDependency) as error:
                    failed[path] = str(error)
            if path in failed:
                link.remove(shape)
            else:
                mesh.set("filename", names[path, scale])
    return assets, failed


def _stamp(path: str) -> tuple[float, int]:
    """When a file was changed, and its size [bytes]."""
    try:
        state = Path(path).stat()
    except OSError:
        where = "its package is not on this machine" if "://" in path else "there is no such file"
        raise InvalidModel(f"mesh '{path}': {where}; put the file there or correct its filename.") from None
    if state.st_size > MOST_BYTES:
        size = state.st_size / 1e6
        raise InvalidModel(f"mesh '{path}' has {size:.0f} MB; simplify it to below {MOST_BYTES / 1e6:.0f} MB.")
    if state.st_size == 0:
        raise InvalidModel(f"mesh '{path}' is empty; export it again as STL, OBJ or DAE.")
    return state.st_mtime, state.st_size


@lru_cache(maxsize=256)
def _read(path: str, _changed_s: float, _size: int) -> Mesh:
    try:
        import trimesh
    except ImportError as error:
        raise MissingDependency("trimesh", "meshes", f"needed to read the mesh {path}: {error}") from None
    try:
        loaded: Any = trimesh.load(path, force="mesh", skip_materials=True)
        vertices = np.asarray(loaded.vertices, float).reshape(-1, 3)
        faces = np.asarray(loaded.faces, np.int64).reshape(-1, 3)
    except ImportError as error:
        raise MissingDependency("pycollada", "meshes", f"needed to read the mesh {path}: {error}") from None
    except _broken_file() as error:
        raise InvalidModel(f"mesh '{path}' cannot be read: {error}. Export it again as STL, OBJ or DAE.") from None
    if len(faces) == 0 or not np.isfinite(vertices).all():
        raise InvalidModel(f"mesh '{path}' holds no triangles of finite points; export it again as STL, OBJ or DAE.")
    return Mesh(vertices, faces)


def _broken_file() -> tuple[type[Exception], ...]:
    """What the readers of mesh formats raise on a broken file."""
    usual = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, NotImplementedError)
    collada = sys.modules.get("collada.common")
    return (*usual, SyntaxError, struct.error, *((collada.DaeError,) if collada else ()))


@lru_cache(maxsize=256)
def _for_mujoco(path: str, changed_s: float, size: int) -> bytes:
    """Binary STL."""
    if Path(path).suffix.lower() == ".stl":
        content = Path(path).read_bytes()
        count = int.from_bytes(content[_STL_HEAD - 4 : _STL_HEAD], "little")
        if len(content) == _STL_HEAD + _STL_FACE * count and 0 < count <= MOST_FACES:
            corners: Array = np.ndarray((count, 3, 3), "<f4", content, _STL_HEAD + 12, (_STL_FACE, 12, 4))
            if np.isfinite(corners).all() and _depth(corners.reshape(-1, 3))[0] > _FLAT_M:
                return content
    mesh = _read(path, changed_s, size)
    return _stl(_with_depth(_few_faces(mesh)))


def _few_faces(mesh: Mesh) -> Mesh:
    if len(mesh.faces) <= MOST_FACES:
        return mesh
    import trimesh

    hull = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).convex_hull
    return Mesh(np.asarray(hull.vertices), np.asarray(hull.faces))


def _with_depth(mesh: Mesh) -> Mesh:
    """A flat sheet becomes a thin slab: neither a volume nor a convex hull can be made of a sheet."""
    depth, across = _depth(mesh.vertices)
    if depth > _FLAT_M:
        return mesh
    count, shift = len(mesh.vertices), _HALF_SHEET_M * across
    vertices = np.concatenate([mesh.vertices + shift, mesh.vertices - shift])
    return Mesh(vertices, np.concatenate([mesh.faces, mesh.faces[:, ::-1] + count]))


def _depth(points: Array) -> tuple[float, Array]:
    """Standard deviation [m] of points (N, 3) along the direction (3,) in which they spread least."""
    spread, axes = np.linalg.eigh(np.cov(points.astype(float), rowvar=False, bias=True))
    return float(np.sqrt(max(spread[0], 0.0))), axes[:, 0]


def _stl(mesh: Mesh) -> bytes:
    """Binary STL; the normals are left zero, since readers compute them."""
    faces = np.zeros(len(mesh.faces), np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("flag", "<u2")]))
    faces["corners"] = mesh.vertices[mesh.faces]
    return bytes(80) + np.array([len(faces)], "<u4").tobytes() + faces.tobytes()
