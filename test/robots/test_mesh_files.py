"""Mesh files in the forms that robots' packages hold, as MuJoCo takes them."""

import numpy as np
import pytest

from gesture_robot.errors import InvalidModel
from gesture_robot.robots.mesh_files import read_mesh
from gesture_robot.robots.model import load_model
from gesture_robot.robots.mujoco_model import compile_model

trimesh = pytest.importorskip("trimesh")
pytest.importorskip("mujoco")
LIMIT = "<limit lower='-1' upper='1' velocity='2' effort='3'/>"


def robot(path, mesh, scale="1 1 1"):
    """One joint between a box and a mesh."""
    path.write_text(
        "<robot name='r'><link name='a'/><link name='b'><collision><geometry>"
        f"<mesh filename='{mesh}' scale='{scale}'/></geometry></collision></link>"
        f"<joint name='j' type='revolute'><parent link='a'/><child link='b'/>{LIMIT}</joint></robot>"
    )
    return load_model(str(path))


def size_m(model):
    """Edges of the box around the only geom."""
    compiled = compile_model(model)
    assert compiled.ngeom == 1
    turn = np.zeros(9)
    import mujoco

    mujoco.mju_quat2Mat(turn, compiled.geom_quat[0])
    points = compiled.mesh_vert @ turn.reshape(3, 3).T
    return np.ptp(points, axis=0)


@pytest.mark.parametrize("suffix", ["stl", "obj", "dae", "ascii"])
def test_every_form_keeps_its_size(suffix, tmp_path):
    if suffix == "dae":
        pytest.importorskip("collada")
    box = trimesh.creation.box((0.1, 0.2, 0.3))
    name = "box.stl" if suffix == "ascii" else f"box.{suffix}"
    box.export(tmp_path / name, file_type="stl_ascii" if suffix == "ascii" else suffix)
    np.testing.assert_allclose(size_m(robot(tmp_path / "r.urdf", name)), [0.1, 0.2, 0.3], atol=1e-6)
    np.testing.assert_allclose(size_m(robot(tmp_path / "s.urdf", name, "2 1 -1")), [0.2, 0.2, 0.3], atol=1e-6)


def test_equal_names_of_two_folders_are_two_meshes(tmp_path):
    for folder, edge in (("one", 0.1), ("two", 0.4)):
        (tmp_path / folder).mkdir()
        trimesh.creation.box((edge, edge, edge)).export(tmp_path / folder / "part.stl")
    path = tmp_path / "r.urdf"
    shapes = "".join(
        f"<collision><geometry><mesh filename='{f}/part.stl'/></geometry></collision>" for f in ("one", "two")
    )
    path.write_text(
        f"<robot name='r'><link name='a'/><link name='b'>{shapes}</link>"
        f"<joint name='j' type='revolute'><parent link='a'/><child link='b'/>{LIMIT}</joint></robot>"
    )
    compiled = compile_model(load_model(str(path)))
    assert compiled.nmesh == 2 and sorted(np.round(compiled.geom_rbound / np.sqrt(0.75), 3)) == [0.1, 0.4]


def test_a_sheet_becomes_a_slab(tmp_path):
    turn = trimesh.transformations.rotation_matrix(0.7, [1, 2, 3])
    sheet = trimesh.Trimesh([[0, 0, 0], [0.1, 0, 0], [0.1, 0.2, 0], [0, 0.2, 0]], [[0, 1, 2], [0, 2, 3]])
    sheet.apply_transform(turn)
    sheet.export(tmp_path / "sheet.stl")
    assert compile_model(robot(tmp_path / "r.urdf", "sheet.stl")).ngeom == 1


def test_a_file_that_changes_is_read_again(tmp_path):
    import os

    path = tmp_path / "part.stl"
    for stamp, edge in ((1.0, 0.1), (2.0, 0.3)):
        trimesh.creation.box((edge, edge, edge)).export(path)
        os.utime(path, (stamp, stamp))
        assert np.ptp(read_mesh(str(path)).vertices[:, 0]) == pytest.approx(edge)


@pytest.mark.parametrize("content", [b"solid nothing\nendsolid\n", b"\x00" * 90, b"<COLLADA/>", b"v 0 0 nan\n"])
@pytest.mark.parametrize("suffix", ["stl", "obj", "dae"])
def test_a_broken_file_is_one_clear_error(content, suffix, tmp_path):
    path = tmp_path / f"broken.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InvalidModel, match="broken.*xport it again as STL, OBJ or DAE"):
        read_mesh(str(path))
    assert compile_model(robot(tmp_path / "r.urdf", path.name)).ngeom == 0


DAE = """<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1"><asset>{unit}
<up_axis>{up}</up_axis></asset><library_geometries><geometry id="g"><mesh><source id="p"><float_array id="a"
count="12">{points}</float_array><technique_common><accessor source="#a" count="4" stride="3"><param name="X"
type="float"/><param name="Y" type="float"/><param name="Z" type="float"/></accessor></technique_common></source>
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices><triangles count="4"><input semantic="VERTEX"
source="#v" offset="0"/><p>0 1 2 0 2 3 0 3 1 1 3 2</p></triangles></mesh></geometry></library_geometries>
<library_visual_scenes><visual_scene id="s"><node><instance_geometry url="#g"/></node></visual_scene>
</library_visual_scenes><scene><instance_visual_scene url="#s"/></scene></COLLADA>"""
BONE = np.array([[0, 0, 0], [0.05, 0, 0], [0, 0.05, 0], [0.01, 0.01, -0.5]])
"""A bone that hangs half a metre down from its joint."""


def bones(tmp_path, up, points, unit='<unit name="meter" meter="1"/>'):
    """Three links in a row, each half a metre below the one before."""
    numbers = " ".join(f"{v:g}" for v in np.ravel(points))
    (tmp_path / "bone.dae").write_text(DAE.format(unit=unit, up=up, points=numbers))
    shape = "<collision><geometry><mesh filename='bone.dae'/></geometry></collision>"
    links = "".join(f"<link name='k{k}'>{shape}</link>" for k in range(3))
    joints = "".join(
        f"<joint name='j{k}' type='revolute'><parent link='k{k}'/><child link='k{k + 1}'/>"
        f"<origin xyz='0 0 -0.5'/>{LIMIT}</joint>"
        for k in range(2)
    )
    path = tmp_path / "r.urdf"
    path.write_text(f"<robot name='r'>{links}{joints}</robot>")
    return path


@pytest.mark.parametrize("case", ["z up", "y up, made for tools that turn", "y up, made for tools that do not"])
def test_collada_shapes_reach_from_joint_to_joint(case, tmp_path):
    """Whether the up axis counts is told by the robot itself; whoever reads the file as it is gets it right."""
    pytest.importorskip("collada")
    points = BONE[:, [0, 2, 1]] * [1, 1, -1] if case == "y up, made for tools that turn" else BONE
    from gesture_robot.robots.collada import settled
    from gesture_robot.robots.model import tree_of

    model = load_model(str(bones(tmp_path, "Z_UP" if case == "z up" else "Y_UP", points)))
    shape = tree_of(model).links["k1"].collisions[0]
    lowest = (read_mesh(shape.mesh).vertices * shape.size) @ shape.link_from_shape[:3, :3].T
    assert lowest[:, 2].min() == pytest.approx(-0.5) and lowest[:, 2].max() == pytest.approx(0.0, abs=1e-9)
    expected = {"z up": "", "y up, made for tools that turn": "applied"}.get(case, "ignored")
    assert settled(model.urdf_xml) == expected


def test_collada_in_another_unit(tmp_path):
    pytest.importorskip("collada")
    from gesture_robot.robots.model import tree_of

    unit = '<unit name="millimeter" meter="0.001"/>'
    model = load_model(str(bones(tmp_path, "Z_UP", 1000 * BONE, unit)))
    shape = tree_of(model).links["k0"].collisions[0]
    assert (read_mesh(shape.mesh).vertices * shape.size)[:, 2].min() == pytest.approx(-0.5)


def test_a_collision_shape_far_from_what_is_seen_is_put_there(tmp_path):
    """A maker's slip: the turn of a shape written as its place."""
    from gesture_robot.robots.model import robot_and_notes, tree_of

    trimesh.creation.box((0.1, 0.1, 0.1)).export(tmp_path / "part.stl")
    mesh = "<geometry><mesh filename='part.stl'/></geometry>"
    path = tmp_path / "r.urdf"
    path.write_text(
        f"<robot name='r'><link name='a'/><link name='b'><visual><origin rpy='0 1.57 0'/>{mesh}</visual>"
        f"<collision><origin xyz='0 1.57 0'/>{mesh}</collision></link>"
        f"<joint name='j' type='revolute'><parent link='a'/><child link='b'/>{LIMIT}</joint></robot>"
    )
    model, notes = robot_and_notes(str(path))
    link = tree_of(model).links["b"]
    np.testing.assert_array_equal(link.collisions[0].link_from_shape, link.visuals[0].link_from_shape)
    assert any(note.startswith("b: its collision shape lies 1.57 m off") for note in notes)
