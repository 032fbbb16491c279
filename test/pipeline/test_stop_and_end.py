"""Stop, release and the end of a run, also the end that nobody planned: no physics and no model, all in a moment."""

import json

import numpy as np
import pytest

from gesture_robot import cli
from gesture_robot.datatypes import Decision
from gesture_robot.decision.scripted import ScriptedPolicy
from gesture_robot.perception.scripted import ScriptedBackend
from gesture_robot.pipeline import Pipeline
from gesture_robot.recording.log import RunLog
from gesture_robot.runtime.build import Engines, build
from gesture_robot.runtime.clock import SimulatedClock
from gesture_robot.runtime.voice import Utterance
from gesture_robot.scene.faults import NoiseCamera

pytestmark = pytest.mark.slow  # whole scenes

LONG = "This is a sentence that goes on for quite a while so that it can be cut. "


@pytest.fixture
def make():
    made = []

    def one(policy=None):
        pipeline = build(Engines(body="echo", tts="tone"), NoiseCamera(), SimulatedClock(),
                         policy=policy or ScriptedPolicy(), backend=ScriptedBackend(()), notice=lambda line: None)
        made.append(pipeline)
        return pipeline

    yield one
    for pipeline in made:
        pipeline.close()


def run(pipeline, seconds):
    ticks, until = [], pipeline.now_s + seconds
    while pipeline.now_s < until - 1e-9:
        ticks.append(pipeline.tick())
    return ticks


def test_a_plan_that_fails_does_not_keep_stop_from_stopping(make):
    pipeline = make()
    pipeline.say("...")
    run(pipeline, 0.02)
    pipeline.stop("test")
    assert pipeline.stopped and not [t for t in run(pipeline, 0.5) if t.piece is not None]


def test_a_held_stop_button_stops_once(make):
    pipeline = make()
    for _ in range(3):
        pipeline.stop("held")
    first, second = run(pipeline, 0.02)
    assert (first.act, first.silenced) == ("stop: held", True) and (second.act, second.silenced) == ("", False)


def test_a_release_at_once_does_not_resume_the_old_motion(make):
    pipeline = make()
    run(pipeline, 0.5)
    pipeline.gesture("wave")
    run(pipeline, 1.0)
    assert pipeline.stages.motions.active_until_s > pipeline.now_s
    pipeline.stop("test")
    pipeline.tick()
    pipeline.release()
    assert pipeline.stages.motions.active_until_s < pipeline.now_s


def test_who_comes_while_stopped_is_greeted_after_the_release(make):
    pipeline = make(ScriptedPolicy(((0.3, Decision("greet", "told so", text="Hello there.")),)))
    pipeline.stop("test")
    while_stopped = run(pipeline, 1.0)
    assert not [t for t in while_stopped if t.piece or (t.decision and t.decision.act == "greet")]
    pipeline.release()
    after = run(pipeline, 1.0)
    assert [t.decision.act for t in after if t.decision].count("greet") == 1 and any(t.piece for t in after)


def test_the_end_in_the_middle_of_a_motion_is_a_rest(make):
    pipeline = make()
    run(pipeline, 0.5)
    pipeline.gesture("wave")
    run(pipeline, 1.0)
    assert np.abs(pipeline.stages.robot.read().velocities).max() > 0.01
    pipeline.close()
    pipeline.close()
    assert np.abs(pipeline.stages.robot.read().velocities).max() < 1e-9


def test_a_face_that_nobody_looks_at_does_not_grow(make):
    pipeline = make()
    pipeline.stages.voice.say(Utterance(LONG * 8))
    run(pipeline, 15.0)
    assert len(pipeline.stages.faces._clips) <= 3


def test_a_log_of_what_was_said_ends_where_it_was_stopped(make):
    pipeline = make()
    log = RunLog(pipeline.stages.model.joint_names)
    pipeline.say(LONG * 2)
    for seconds in (1.5, 0.5):
        for tick in run(pipeline, seconds):
            log.add(tick, pipeline.stages.robot.read().positions, pipeline.stages.faces)
        pipeline.stop("test")
    samples, rate = log.audio()
    assert np.flatnonzero(np.abs(samples) > 0)[-1] / rate <= 1.5


@pytest.mark.parametrize("after_ticks", [0, 1, 250])
def test_a_loop_that_breaks_off_leaves_its_files(tmp_path, monkeypatch, after_ticks):
    whole = Pipeline.tick

    def broken(self):
        if self.now_s >= after_ticks * 0.01 - 1e-9:
            raise ZeroDivisionError("on purpose")
        return whole(self)

    monkeypatch.setattr(Pipeline, "tick", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["demo", "--headless", "--scene", "empty", "--no-mp4", "--tts", "tone", "--out", str(tmp_path)])
    report = json.loads((tmp_path / "report.json").read_text())
    assert "on purpose" in report["error"]
    assert (tmp_path / "trajectory.npz").exists() == (after_ticks > 0)
    if after_ticks:
        assert np.abs(np.load(tmp_path / "trajectory.npz")["velocities"][-1]).max() == 0.0


@pytest.mark.parametrize("command", [["demo", "--headless"], ["gesture", "show", "wave"]])
def test_a_negative_seed_is_one_clear_line(command, capsys):
    assert cli.main([*command, "--seed", "-1"]) == 2
    assert "--seed" in capsys.readouterr().err
