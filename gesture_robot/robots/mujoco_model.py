"""The robot as a MuJoCo model: position servos, gravity compensation, and the one list of links that may collide.

Both the self-collision guard and the simulation take their pairs from `collision_pairs`. Left out are
  * neighbours: links with only shapeless links between them, whose shells overlap by design at the joint;
  * links that touch at the rest pose (within 1 mm): they are mounted that way;
  * links that the robot's file lists in `may_touch`;
  * links of one hand among themselves: a closing hand touches itself, which is what it is for.
No GL is needed here.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidModel, MissingDependency
from gesture_robot.robots.model import tree_of
from gesture_robot.robots.mujoco_urdf import mujoco_urdf
from gesture_robot.robots.urdf_types import UrdfTree

if TYPE_CHECKING:
    import mujoco

SERVO_FREQUENCY_RAD_S = 50.0
"""Natural frequency of the simulated servos: an acceleration of a lags by a / 50^2 rad (10 mrad at 25 rad/s^2)."""
ARMATURE = 0.005
"""Rotor inertia behind the gear [kg m^2], that of a servo for arms of this size; a URDF cannot hold it."""
REST_MARGIN_M = 0.001


def compile_model(
    model: RobotModel, *, actuators: bool = True, timestep_s: float = 0.002, visuals: bool = True
) -> mujoco.MjModel:
    """Compile for simulation.

    Args:
        model: the robot.
        actuators: add one position servo per actuated joint, in the order of `model.joint_names`.
        timestep_s: physics step.
        visuals: keep the visual shapes (group 1); without them no mesh file of a visual is read.

    Raises:
        InvalidModel: MuJoCo cannot compile the description; its reason is passed on.
        MissingDependency: mujoco is not installed.
    """
    return compile_spec(build_spec(model, actuators=actuators, timestep_s=timestep_s, visuals=visuals), model)


def build_spec(
    model: RobotModel, *, actuators: bool = True, timestep_s: float = 0.002, visuals: bool = True
) -> mujoco.MjSpec:
    """Like `compile_model`, before compiling, so that a scene can be added."""
    spec = bare_spec(model, visuals)
    spec.option.timestep = timestep_s
    for first, second in _excluded(model):
        spec.add_exclude(bodyname1=first, bodyname2=second)
    if actuators:
        inertia, damping = joint_inertia(model)
        for name, moment, friction in zip(model.joint_names, inertia, damping, strict=True):
            kp = moment * SERVO_FREQUENCY_RAD_S**2
            servo = spec.add_actuator(name=name, target=name, trntype=_mujoco().mjtTrn.mjTRN_JOINT)
            servo.set_to_position(kp=kp, kv=max(2.0 * moment * SERVO_FREQUENCY_RAD_S - friction, 0.0))
    return spec


def compile_spec(spec: mujoco.MjSpec, model: RobotModel) -> mujoco.MjModel:
    """Compile, with MuJoCo's complaint as an InvalidModel."""
    try:
        return spec.compile()
    except ValueError as error:
        raise InvalidModel(f"robot '{model.name}': MuJoCo cannot use this description: {error}") from None


def collision_pairs(model: RobotModel) -> tuple[tuple[str, str], ...]:
    """Pairs of links whose contact is a self-collision; see the head of this module for what is left out."""
    tree = tree_of(model)
    solid = [name for name, link in tree.links.items() if link.collisions]
    excluded = {frozenset(pair) for pair in _excluded(model)}
    return tuple(p for p in combinations(solid, 2) if frozenset(p) not in excluded)


def joint_addresses(compiled: mujoco.MjModel, model: RobotModel) -> tuple[Array, Array]:
    """Index into qpos and into qvel, each (J,), of the actuated joints."""
    joints = [compiled.joint(name) for name in model.joint_names]
    return np.array([j.qposadr[0] for j in joints]), np.array([j.dofadr[0] for j in joints])


def set_positions(compiled: mujoco.MjModel, data: mujoco.MjData, model: RobotModel, positions: Array) -> None:
    """Write joint positions (J,) and what mimics them into `data.qpos`."""
    qpos, _ = joint_addresses(compiled, model)
    data.qpos[qpos] = positions
    tree = tree_of(model)
    for name in tree.order:
        mimic = tree.joints[name].mimic
        if mimic is not None:  # `order` is outwards, a leader in another branch may come later: follow the chain
            data.joint(name).qpos[0] = mimic.multiplier * _led(tree, mimic.joint, data) + mimic.offset


def _led(tree: UrdfTree, name: str, data: mujoco.MjData) -> float:
    mimic = tree.joints[name].mimic
    return (
        float(data.joint(name).qpos[0])
        if mimic is None
        else mimic.multiplier * _led(tree, mimic.joint, data) + mimic.offset
    )


def _mujoco() -> Any:
    try:
        import mujoco
    except ImportError as error:
        raise MissingDependency("mujoco", "mujoco", str(error)) from None
    return mujoco


def bare_spec(model: RobotModel, visuals: bool) -> mujoco.MjSpec:
    """The robot alone, without servos and without any pair left out."""
    mujoco = _mujoco()
    text, assets = mujoco_urdf(model, visuals)
    try:
        spec = mujoco.MjSpec.from_string(text, assets=assets)
    except ValueError as error:
        raise InvalidModel(f"robot '{model.name}': MuJoCo cannot read this description: {error}") from None
    solid = {geom.meshname for geom in spec.geoms if geom.contype}
    for mesh in spec.meshes:  # makers' meshes are seldom closed: a volume is only asked of their hulls
        kind = mujoco.mjtMeshInertia
        mesh.inertia = kind.mjMESH_INERTIA_CONVEX if mesh.name in solid else kind.mjMESH_INERTIA_SHELL
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    for body in spec.bodies[1:]:
        body.gravcomp = 1.0
    for joint in spec.joints:
        joint.armature = ARMATURE
    if not spec.equalities:  # newer versions of MuJoCo read <mimic> themselves
        _couple(spec, model)
    for equality in spec.equalities:
        equality.solref[0] = 0.005
    return spec


def _couple(spec: mujoco.MjSpec, model: RobotModel) -> None:
    kind = _mujoco().mjtEq.mjEQ_JOINT
    for joint in tree_of(model).joints.values():
        if joint.mimic is not None:
            data = [joint.mimic.offset, joint.mimic.multiplier] + [0.0] * 9
            spec.add_equality(type=kind, name1=joint.name, name2=joint.mimic.joint, data=data)


def _excluded(model: RobotModel) -> list[tuple[str, str]]:
    solid = [name for name, link in tree_of(model).links.items() if link.collisions]
    left_out = adjoining(model) | _touching_at_rest(model) | {frozenset(pair) for pair in model.may_touch}
    return [pair for pair in combinations(solid, 2) if frozenset(pair) in left_out]


def adjoining(model: RobotModel) -> set[frozenset[str]]:
    """Pairs of links that are neighbours, or parts of one hand."""
    tree = tree_of(model)
    solid = [name for name, link in tree.links.items() if link.collisions]
    hands = [tree.carried_by(arm.hand_link) for arm in (model.limbs.left_arm, model.limbs.right_arm) if arm]
    return {
        frozenset((a, b))
        for a, b in combinations(solid, 2)
        if tree.nearest_before(a, solid) == b
        or tree.nearest_before(b, solid) == a
        or any(a in hand and b in hand for hand in hands)
    }


def _touching_at_rest(model: RobotModel) -> set[frozenset[str]]:
    mujoco = _mujoco()
    spec = bare_spec(model, visuals=False)
    for geom in spec.geoms:
        geom.margin = REST_MARGIN_M / 2
    compiled = compile_spec(spec, model)
    data = mujoco.MjData(compiled)
    set_positions(compiled, data, model, model.rest)
    mujoco.mj_forward(compiled, data)
    return {frozenset(pair) for pair in contact_links(compiled, data)}


def contact_links(compiled: mujoco.MjModel, data: mujoco.MjData) -> list[tuple[str, str]]:
    """Names of the two links of every contact in `data`."""
    bodies = compiled.geom_bodyid[np.array([c.geom for c in data.contact], dtype=int).reshape(-1, 2)]
    return [(compiled.body(int(a)).name, compiled.body(int(b)).name) for a, b in bodies]


def joint_inertia(model: RobotModel) -> tuple[Array, Array]:
    """Largest inertia [kg m^2] each actuated joint sees over poses across its range, and its damping; both (J,)."""
    mujoco = _mujoco()
    compiled = compile_spec(bare_spec(model, visuals=False), model)
    data = mujoco.MjData(compiled)
    _, dofs = joint_addresses(compiled, model)
    column, largest = np.zeros(compiled.nv), np.zeros(len(dofs))
    for fraction in (None, 0.5, 0.25, 0.75):
        pose = model.rest if fraction is None else model.lower + fraction * (model.upper - model.lower)
        set_positions(compiled, data, model, pose)
        mujoco.mj_forward(compiled, data)
        for row, dof in enumerate(dofs):
            mujoco.mj_mulM(compiled, data, column, np.eye(compiled.nv)[dof])
            largest[row] = max(largest[row], column[dof])
    return largest, compiled.dof_damping[dofs].copy()
