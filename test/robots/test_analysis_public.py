"""Ten public robots, from their descriptions alone: every part found, every file as the command wrote it."""

import numpy as np
import pytest
import yaml
from public_robots import ROBOTS, needs_robots

from gesture_robot.datatypes import FINGER_NAMES
from gesture_robot.resources import resource_path
from gesture_robot.robots.analysis.analyse import analyse
from gesture_robot.robots.analysis.bodies import BodyTree
from gesture_robot.robots.model import load_model, tree_of, understood_model
from gesture_robot.robots.settings import Settings
from gesture_robot.robots.urdf import parse_urdf

pytestmark = needs_robots
UP = np.array([0.0, 0.0, 1.0])


def limbs_at(model, positions):
    """Upper arm and forearm directions, fingers and palm of both arms, and the root's left, at joint positions."""
    tree = BodyTree(tree_of(model))
    poses = tree.poses(dict(zip(model.joint_names, positions, strict=True)))

    def point(link, local):
        return poses[link][:3, :3] @ local + poses[link][:3, 3]

    found = {}
    for side, arm in (("left", model.limbs.left_arm), ("right", model.limbs.right_arm)):
        shoulder, elbow = point(arm.upper_arm_link, arm.shoulder_m), point(arm.forearm_link, arm.elbow_m)
        wrist, hand = point(arm.hand_link, arm.wrist_m), poses[arm.hand_link][:3, :3]
        upper, fore = (v / np.linalg.norm(v) for v in (elbow - shoulder, wrist - elbow))
        found[side] = upper, fore, hand @ arm.finger_axis, hand @ arm.palm_axis
    return found, np.cross(UP, model.limbs.front_axis)


@pytest.mark.parametrize("name", ROBOTS)
def test_the_right_joints_are_found(name):
    true, tree = ROBOTS[name], parse_urdf(ROBOTS[name].path.read_text())
    limbs = analyse(tree, name).limbs
    for number, arm in enumerate((limbs.left_arm, limbs.right_arm)):
        assert arm.joints == true.arm_joints(number)
        assert tree.parent_joint[arm.forearm_link] == true.elbow_joint(number)
        assert arm.upper_arm_link == tree.joints[arm.joints[arm.joints.index(true.elbow_joint(number)) - 1]].child
        assert arm.hand_link == tree.joints[arm.joints[-1]].child
        assert len(arm.hand_joints) == true.hand_joints == sum(len(finger.joints) for finger in arm.fingers)
        assert not any(tree.joints[joint].mimic for joint in arm.hand_joints)
        if arm.fingers:
            assert sorted(f for finger in arm.fingers for f in finger.shows) == sorted(FINGER_NAMES)
    assert (limbs.torso, limbs.neck) == (tuple(true.torso.split()), tuple(true.neck.split()))
    assert limbs.front_axis == true.front


@pytest.mark.parametrize("name", ROBOTS)
def test_the_neutral_pose_hangs_with_palms_inwards_inside_the_limits(name):
    model = load_model(name)
    assert ((model.lower <= model.rest) & (model.rest <= model.upper)).all()
    limbs, left = limbs_at(model, model.rest)
    for side, (upper, fore, fingers, palm) in limbs.items():
        inwards = -left if side == "left" else left
        assert -upper[2] > np.sin(np.radians(65)), f"{side} upper arm hangs"
        assert -fore[2] > np.sin(np.radians(58)) and fore @ model.limbs.front_axis > 0.0, f"{side} forearm"
        assert palm @ inwards > 0.85 and abs(palm @ fingers) < 0.1, f"{side} palm"
        assert fingers @ fore > 0.8
    mirror = np.eye(3) - 2.0 * np.outer(left, left)
    for one, other in zip(limbs["left"], limbs["right"], strict=True):
        np.testing.assert_allclose(mirror @ one, other, atol=0.03)


def test_limits_that_no_joint_reaches_are_replaced_and_told():
    alex, g1, icub, baxter, pr2 = (load_model(n) for n in ("alex", "g1", "icub", "baxter", "pr2"))
    assert alex.max_velocity[alex.index("RightShoulderPitch")] == 9.0  # the left one's; the file says 100
    assert g1.max_velocity[g1.index("left_shoulder_pitch_joint")] == 6.0
    assert g1.max_velocity[g1.index("left_hand_index_0_joint")] == 12.0  # sane: kept
    assert icub.max_velocity[icub.index("torso_yaw")] == 2.5
    assert baxter.max_velocity[baxter.index("head_pan")] == 5.0
    row = pr2.index("l_wrist_roll_joint")  # continuous: half a turn either way from the neutral pose
    np.testing.assert_allclose([pr2.lower[row], pr2.upper[row]], pr2.rest[row] + np.array([-np.pi, np.pi]))
    notes = yaml.safe_load(resource_path("config/robots/baxter.yaml").read_text())["notes"]
    assert any("head_pan: velocity limit 10000" in note for note in notes)


@pytest.mark.parametrize("name", ["centauro", "pr2", "icub"])
def test_the_file_that_ships_is_what_the_description_alone_gives(name):
    known = load_model(name)
    found, _ = understood_model(name, ROBOTS[name].path, Settings({}))
    assert repr(found.limbs) == repr(known.limbs) and found.may_touch == known.may_touch
    assert found.urdf_xml == known.urdf_xml and found.joint_names == known.joint_names
    for field in ("lower", "upper", "max_velocity", "max_acceleration", "rest", "max_jerk"):
        np.testing.assert_array_equal(getattr(found, field), getattr(known, field), err_msg=field)


def test_a_robot_whose_package_is_absent_says_how_to_get_it(monkeypatch):
    from gesture_robot.errors import InvalidModel

    monkeypatch.setattr("gesture_robot.robots.urdf_packages._candidates", lambda name: iter(()))
    with pytest.raises(InvalidModel, match="pip install example-robot-data"):
        load_model("g1")


@pytest.mark.parametrize("name", ["talos", "icub", "tiago_dual", "baxter", "pr2"])
def test_every_mesh_compiles_and_the_neutral_pose_is_free(name):
    """COLLADA, equal names in several folders, inertias of no body: MuJoCo takes them; what touches does by design."""
    mujoco = pytest.importorskip("mujoco")
    pytest.importorskip("collada")
    from gesture_robot.robots.mujoco_model import (
        adjoining,
        bare_spec,
        collision_pairs,
        compile_spec,
        contact_links,
        set_positions,
    )

    model = load_model(name)
    compiled = compile_spec(bare_spec(model, visuals=False), model)
    solid = sum(len(link.collisions) for link in tree_of(model).links.values())
    assert compiled.ngeom == solid and (compiled.body_inertia[1:] > 0).all()
    data = mujoco.MjData(compiled)
    set_positions(compiled, data, model, model.rest)
    mujoco.mj_forward(compiled, data)
    by_design = adjoining(model) | {frozenset(pair) for pair in model.may_touch}
    touching = {frozenset(pair) for pair in contact_links(compiled, data)} - by_design
    carried = {arm.joints[0] for arm in (model.limbs.left_arm, model.limbs.right_arm)}
    tree = BodyTree(tree_of(model))
    arms = {n for joint in carried for n in tree.links_below(tree.body_of[tree.tree.joints[joint].child])}
    assert not [pair for pair in touching if pair & arms]
    watched = collision_pairs(model)
    assert len(watched) > 100 and not {frozenset(p) for p in watched} & by_design
