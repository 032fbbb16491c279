"""The drawn scenes: reproducible, true to their script, and shifting rightly with the camera."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.protocols import Camera
from gesture_robot.scene.acting import pose_at
from gesture_robot.scene.camera import SceneCamera, forward_camera
from gesture_robot.scene.faults import FailingCamera, NoiseCamera
from gesture_robot.scene.figure import base_from_head
from gesture_robot.scene.layout import CAMERA_M
from gesture_robot.scene.room import ROOM_HIGH, ROOM_LOW, box_points
from gesture_robot.scene.scripts import Actor, KeyFrame, load_scene, scene_names
from gesture_robot.scene.source import open_camera

HERE = forward_camera()


def people_at(camera: SceneCamera, now_s: float, base_from_camera: np.ndarray) -> np.ndarray:
    """Pixels that differ from the empty room."""
    empty = SceneCamera("empty", mount="head").draw(now_s, base_from_camera).astype(int)
    return np.abs(camera.draw(now_s, base_from_camera).astype(int) - empty).sum(axis=2) > 60


@pytest.mark.parametrize("name", scene_names())
def test_same_seed_same_pictures(name: str) -> None:
    first, again, other = (SceneCamera(name, seed=seed) for seed in (3, 3, 4))
    for now_s in (0.0, 2.0, 9.1):
        a, b, c = (camera.read(now_s, HERE) for camera in (first, again, other))
        assert a is not None and b is not None and c is not None
        assert a.rgb.shape == (480, 640, 3) and a.rgb.dtype == np.uint8
        assert np.array_equal(a.rgb, b.rgb)
        assert not np.array_equal(a.rgb, c.rgb)


def test_a_picture_is_delivered_once_per_frame_time() -> None:
    camera = SceneCamera("empty", fps=15.0)
    stamps = [image.stamp_s for i in range(200) if (image := camera.read(i * 0.01, HERE)) is not None]
    assert len(stamps) == 30
    assert np.allclose(np.diff(stamps), 1.0 / 15.0)


def test_pictures_do_not_depend_on_what_was_read_before() -> None:
    once, often = SceneCamera("visitor"), SceneCamera("visitor")
    for now_s in (1.0, 3.0, 5.0):
        often.read(now_s, HERE)
    a, b = once.read(9.0, HERE), often.read(9.0, HERE)
    assert a is not None and b is not None and np.array_equal(a.rgb, b.rgb)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="visitor"):
        SceneCamera("visiter")
    with pytest.raises(UnknownName, match="base, head"):
        SceneCamera("visitor", mount="hand")
    with pytest.raises(InvalidInput):
        Actor("a", (KeyFrame(1.0, 2.0, 0.0), KeyFrame(1.0, 2.0, 0.0)))


@pytest.mark.parametrize("yaw_deg", [-12.0, -5.0, 5.0, 12.0])
def test_turning_the_head_camera_moves_the_person_by_the_right_pixels(yaw_deg: float) -> None:
    camera = SceneCamera("visitor", mount="head")
    turned = forward_camera(yaw=np.radians(yaw_deg))
    centres = [np.nonzero(people_at(camera, 6.0, view)[:200])[1].mean() for view in (HERE, turned)]
    focal = camera.camera_matrix[0, 0]
    middle = camera.camera_matrix[0, 2]
    bearing = np.arctan((centres[0] - middle) / focal)
    assert centres[1] == pytest.approx(middle + focal * np.tan(bearing + np.radians(yaw_deg)), abs=2.5)


def test_room_and_person_shift_together_when_the_camera_pitches() -> None:
    camera = SceneCamera("visitor", mount="head")
    down = forward_camera(pitch=np.radians(4.0))
    focal = camera.camera_matrix[0, 0]
    straight, moved = camera.draw(0.0, HERE).astype(float), camera.draw(0.0, down).astype(float)
    shift = round(focal * np.tan(np.radians(4.0)))
    part = (slice(100, 400), slice(250, 390))
    assert np.abs(moved[part] - straight[100 + shift:400 + shift, 250:390]).mean() < 4.0
    assert np.abs(moved[part] - straight[part]).mean() > 8.0
    camera.read(6.0, HERE)
    before = camera.truth(6.0)[0].eyes_px
    camera.read(6.1, down)
    assert camera.truth(6.0)[0].eyes_px[1] - before[1] == pytest.approx(-shift, abs=3.0)


def test_base_mount_ignores_where_the_head_looks() -> None:
    camera = SceneCamera("visitor", mount="base")
    image = camera.read(6.0, forward_camera(yaw=0.5))
    other = SceneCamera("visitor", mount="base").read(6.0, HERE)
    assert image is not None and other is not None
    assert np.array_equal(image.rgb, other.rgb) and np.allclose(image.base_from_camera, HERE)


def test_visitor_comes_turns_stays_and_leaves() -> None:
    camera = SceneCamera("visitor")
    camera.read(0.0, HERE)
    seen = {now_s: camera.truth(now_s)[0] for now_s in (0.0, 3.6, 5.4, 10.0, 19.5)}
    assert not seen[0.0].visible and not seen[19.5].visible
    assert abs(np.degrees(seen[3.6].yaw_to_camera_rad)) == pytest.approx(50.0, abs=6.0)
    assert abs(np.degrees(seen[5.4].yaw_to_camera_rad)) < 6.0 and seen[5.4].distance_m == pytest.approx(2.4, abs=0.2)
    assert abs(np.degrees(seen[10.0].yaw_to_camera_rad)) < 6.0
    assert seen[10.0].distance_m == pytest.approx(1.55, abs=0.15)


def test_passers_by_never_stop() -> None:
    for name, speed, yaw_deg in (("passer_by", 1.1, 50.0), ("passer_by_facing", 1.4, 0.0)):
        actor = load_scene(name).actors[0]
        poses = [pose_at(actor, now_s) for now_s in np.arange(2.0, 5.0, 0.1)]
        steps = np.hypot(np.diff([p.x_m for p in poses]), np.diff([p.y_m for p in poses])) / 0.1
        assert steps.mean() == pytest.approx(speed, abs=0.1) and steps.min() > speed - 0.2
        camera = SceneCamera(name)
        camera.read(0.0, HERE)
        angles = [abs(np.degrees(camera.truth(now_s)[0].yaw_to_camera_rad)) for now_s in (2.5, 3.0, 3.5)]
        assert np.allclose(angles, yaw_deg, atol=6.0)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.floats(-3.1, 3.1), st.floats(-1.2, 1.2), st.floats(-1.0, 3.0), st.floats(-2.0, 2.0))
def test_rays_end_on_the_walls(yaw: float, pitch: float, x_m: float, y_m: float) -> None:
    view = forward_camera((x_m, y_m, 1.3), yaw, pitch)
    point = box_points(view[:3, 3], view[:3, 2])
    low, high = np.array(ROOM_LOW), np.array(ROOM_HIGH)
    assert ((point > low - 1e-6) & (point < high + 1e-6)).all()
    assert np.minimum(np.abs(point - low), np.abs(point - high)).min() < 1e-6
    way = point - view[:3, 3]
    assert np.allclose(way / np.linalg.norm(way), view[:3, 2], atol=1e-6)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.floats(1.2, 4.0), st.floats(-1.5, 1.5), st.floats(-60.0, 60.0))
def test_a_person_is_turned_as_far_as_the_script_says(x_m: float, y_m: float, face_deg: float) -> None:
    pose = pose_at(Actor("a", (KeyFrame(0.0, x_m, y_m, face_deg),), sway=0.0), 1.0)
    head = base_from_head(pose)
    to_camera = np.array(CAMERA_M[:2]) - head[:2, 3]
    yaw = np.arctan2(head[1, 0], head[0, 0]) - np.arctan2(to_camera[1], to_camera[0])
    assert abs((np.degrees(yaw) - face_deg + 180.0) % 360.0 - 180.0) < 1.0


def test_poses_move_without_jumps() -> None:
    for name in scene_names():
        for actor in load_scene(name).actors:
            poses = [pose_at(actor, now_s) for now_s in np.arange(0.0, 20.0, 0.02)]
            place = np.array([(p.x_m, p.y_m) for p in poses])
            turn = np.unwrap([p.head_yaw for p in poses])
            assert np.abs(np.diff(place, axis=0)).max() < 0.06
            assert np.abs(np.diff(turn)).max() < np.radians(4.0)


def test_noise_camera_is_noise_and_reproducible() -> None:
    a, b = NoiseCamera(seed=1).read(0.5, HERE), NoiseCamera(seed=1).read(0.5, HERE)
    assert a is not None and b is not None
    assert np.array_equal(a.rgb, b.rgb) and 60.0 < a.rgb.std() < 90.0


def test_failing_camera_recovers() -> None:
    from gesture_robot.errors import CameraUnavailable

    camera: Camera = FailingCamera(SceneCamera("visitor"), 1.0, 2.0)
    assert camera.read(0.9, HERE) is not None
    for now_s in (1.0, 1.9):
        with pytest.raises(CameraUnavailable):
            camera.read(now_s, HERE)
    assert camera.read(2.0, HERE) is not None


def test_open_camera_prefers_no_guessing() -> None:
    assert isinstance(open_camera(scene="empty"), SceneCamera)
    with pytest.raises(InvalidInput, match="not both"):
        open_camera(camera=0, video="x.mp4")
