"""The whole robot in the drawn scenes: real pixels, real perception, real speech, simulated body."""

from functools import lru_cache

import numpy as np
import pytest

from gesture_robot.control.audit import audit
from gesture_robot.decision.scripted import ScriptedPolicy
from gesture_robot.errors import CameraUnavailable
from gesture_robot.evaluation.scene_run import run_scene
from gesture_robot.recording.report import face_turned_s, head_angle, lip_sync
from gesture_robot.scene.camera import SceneCamera
from gesture_robot.scene.faults import FailingCamera, NoiseCamera

pytestmark = pytest.mark.slow


@lru_cache(maxsize=8)
def run_of(scene, mount="head", seconds=None):
    return run_scene(scene, seconds, mount=mount)


def assert_safe(run):
    found = audit([run.log.trajectory()], run.model)
    assert found.violations == 0, found
    assert run.contacts == 0


def test_visitor_is_greeted_once_and_seen_off_once():
    run = run_of("visitor")
    assert (run.count("greet"), run.count("farewell")) == (1, 1), run.log.decisions
    turned_s = face_turned_s(run.camera, run.log.duration_s)
    greeted_s = next(t for t, d in run.log.decisions if d.act == "greet")
    assert turned_s <= greeted_s <= turned_s + 1.0
    assert_safe(run)


def test_lips_follow_the_sound():
    run = run_of("visitor")
    assert abs(lip_sync(run.log, run.channels)["lag_ms"]) <= 33.0


@pytest.mark.parametrize("scene", ["passer_by", "passer_by_facing"])
def test_passers_by_are_left_alone(scene):
    run = run_of(scene)
    assert run.count("greet") == 0 and run.count("farewell") == 0, run.log.decisions
    assert any(s.people for s in run.log.scenes), "nobody was seen at all"
    assert_safe(run)


def test_of_two_people_the_one_who_looks_is_greeted():
    run = run_of("two_people")
    greets = [(t, d) for t, d in run.log.decisions if d.act == "greet"]
    assert len(greets) == 1
    t_s, decision = greets[0]
    looker = min(run.camera.truth(t_s), key=lambda p: abs(p.yaw_to_camera_rad))
    assert np.linalg.norm(decision.look_at_base[:2] - looker.base_from_head[:2, 3]) < 0.5
    assert_safe(run)


@pytest.mark.parametrize("mount", ["head", "base"])
def test_a_person_at_20_degrees_is_held_for_30_seconds(mount):
    run = run_of("still_20deg", mount, 34.0)
    seen = [(s.stamp_s, p.position_base) for s in run.log.scenes for p in s.people if s.stamp_s > 3.0]
    bearing = np.rad2deg([np.arctan2(p[1], p[0]) for _, p in seen])
    assert len(bearing) > 400 and np.abs(bearing - 20.0).max() <= 3.0, (bearing.min(), bearing.max())
    times, angle = head_angle(run.log, run.model, run.camera)
    assert np.rad2deg(np.nanmax(angle[times > 4.0])) <= 6.0
    assert_safe(run)


def test_without_decision_nothing_is_said():
    run = run_scene("visitor", 6.0, policy=ScriptedPolicy())
    assert not run.log.pieces


def test_noise_is_nobody():
    run = run_scene(NoiseCamera(), 3.0)
    assert not any(s.people for s in run.log.scenes) and run.count("greet") == 0
    assert_safe(run)


def test_camera_unplugged_midway_holds_still_and_recovers():
    run = run_scene(FailingCamera(SceneCamera("still_20deg", mount="base"), 8.0, 13.0), 16.0)
    assert len([n for n in run.notices if "camera" in n]) == 2, run.notices
    times, speed = np.array(run.log.times_s), np.abs(np.stack(run.log.velocities)).max(axis=1)
    assert speed[(times > 11.5) & (times < 13.0)].max() < 1e-3, "moves without seeing"
    assert any(s.stamp_s > 13.5 and s.people for s in run.log.scenes)
    assert run.count("greet") == 1
    assert_safe(run)


def test_stop_midway_brakes_at_once_and_release_begins_anew():
    stopped_at, released_at = 6.0, 9.0

    def operator(pipeline):
        if abs(pipeline.now_s - stopped_at) < 1e-6:
            pipeline.stop("test")
        if abs(pipeline.now_s - released_at) < 1e-6:
            pipeline.release()

    run = run_scene("still_20deg", 14.0, each_tick=operator)
    times, velocities = np.array(run.log.times_s), np.stack(run.log.velocities)
    speed = np.abs(velocities).max(axis=1)
    longest = (np.abs(velocities[times <= stopped_at + 0.02][-1]) / run.model.max_acceleration).max()
    resting = (times > stopped_at + 0.1 + longest + 0.02) & (times < released_at)
    assert speed[resting].max() < 1e-9
    held = np.stack(run.log.positions)[resting]
    assert np.ptp(held, axis=0).max() < 1e-9
    assert speed[times > released_at + 0.5].max() > 0.01
    assert_safe(run)


def test_a_camera_that_never_works_is_an_error():
    class Dead:
        fps, duration_s = 15.0, 2.0

        def read(self, now_s, base_from_camera):
            raise CameraUnavailable("no camera; use --video FILE.")

        def close(self):
            pass

    run = run_scene(Dead(), 2.0)
    assert run.count("greet") == 0 and len(run.notices) == 1
