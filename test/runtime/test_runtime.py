"""Jobs, senses, timeline and log, with fakes."""

import threading

import numpy as np
import pytest

from gesture_robot.datatypes import CameraImage, JointTrajectory, Phoneme, SocialScene, Speech, Word
from gesture_robot.errors import CameraUnavailable, OutputUnwritable
from gesture_robot.face.player import FacePlayer
from gesture_robot.page.manual import ManualJoints
from gesture_robot.page.state import PageEvent
from gesture_robot.pipeline import Tick
from gesture_robot.recording.log import RunLog, make_folder
from gesture_robot.recording.timeline import Mark, draw_timeline
from gesture_robot.recording.video import VideoRecorder
from gesture_robot.robots.model import load_model
from gesture_robot.runtime.build import _player
from gesture_robot.runtime.clock import WallClock
from gesture_robot.runtime.jobs import Worker
from gesture_robot.runtime.page_link import PageLink
from gesture_robot.runtime.senses import Senses
from gesture_robot.runtime.timing import Timings
from gesture_robot.runtime.voice import Piece


@pytest.fixture
def worker():
    made = Worker("test", live=False, latency_s=0.05)
    yield made
    made.close()


class Pictures:
    """A camera with one picture per read that fails in an interval."""

    fps = 10.0

    def __init__(self, fails=(1e9, 1e9)):
        self.fails, self.closed = fails, False

    def read(self, now_s, base_from_camera):
        if self.fails[0] <= now_s < self.fails[1]:
            raise CameraUnavailable("unplugged.")
        return CameraImage(now_s, "camera", np.zeros((4, 4, 3), np.uint8), np.eye(3), base_from_camera)

    def close(self):
        self.closed = True


class Stage:
    """A perception stage that sees nobody."""

    def process(self, image):
        return SocialScene(image.stamp_s)

    def close(self):
        pass


def test_a_job_is_taken_exactly_when_due(worker):
    job = worker.submit(lambda: 7, 1.0)
    assert not job.ready(1.04) and job.ready(1.05) and job.result() == 7


def test_a_job_hands_its_error_on(worker):
    job = worker.submit(lambda: 1 / 0, 0.0)
    with pytest.raises(ZeroDivisionError):
        job.result()


def run_senses(camera, worker, seconds):
    notices, fresh = [], []
    senses = Senses(camera, Stage(), worker, notices.append)
    for k in range(int(seconds * 100)):
        scene = senses.update(k / 100, lambda: np.eye(4))
        if scene is not None:
            fresh.append((k / 100, scene.stamp_s))
    return senses, notices, fresh


def test_scenes_arrive_once_and_one_latency_old(worker):
    _, notices, fresh = run_senses(Pictures(), worker, 1.0)
    assert not notices and len({s for _, s in fresh}) == len(fresh) > 10
    assert all(abs(t - s - 0.05) < 1e-6 for t, s in fresh)


def test_a_lost_camera_is_said_once_and_comes_back(worker):
    senses, notices, fresh = run_senses(Pictures((0.5, 2.0)), worker, 4.0)
    assert len(notices) == 2 and "unplugged" in notices[0] and "back" in notices[1]
    assert not [t for t, _ in fresh if 0.6 < t < 2.0] and [t for t, _ in fresh if t > 2.6]
    assert senses.age_s(4.0) < 0.2


def test_timeline_draws_the_active_word():
    marks = [Mark("word", 1.0, 1.4, "hello"), Mark("decision", 0.5, 2.0, "greet p1")]
    series = np.array([[0.9, 0.1], [1.0, 0.7], [1.1, 1.4]])
    active, later = (draw_timeline(marks, series, now, 480, 180) for now in (1.2, 40.0))
    assert active.shape == (180, 480, 3) and active.dtype == np.uint8
    assert (active != later).any() and later.std() > 0


def test_make_folder_refuses_what_it_cannot_write(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputUnwritable, match="--out"):
        make_folder(tmp_path / "file" / "out")
    assert make_folder(tmp_path / "new" / "out").is_dir()


def test_timings_add_up():
    timings = Timings()
    for _ in range(3):
        with timings.measure("stage"):
            pass
    assert timings.table()["stage"]["runs"] == 3


class Sick:
    """A perception stage whose library fails in an interval."""

    def __init__(self, fails):
        self.fails = fails

    def process(self, image):
        if self.fails[0] <= image.stamp_s < self.fails[1]:
            raise RuntimeError("the graph has failed.")
        return SocialScene(image.stamp_s)

    def close(self):
        pass


def test_perception_that_fails_counts_as_no_picture_and_recovers(worker):
    notices = []
    senses = Senses(Pictures(), Sick((0.5, 2.0)), worker, notices.append)
    ages = {}
    for k in range(400):
        senses.update(k / 100, lambda: np.eye(4))
        ages[k] = senses.age_s(k / 100)
    assert ages[190] > 1.3 and ages[399] < 0.2
    assert len(notices) == 2 and "graph has failed" in notices[0] and "back" in notices[1]


def test_live_the_camera_is_read_beside_the_loop():
    live = Worker("test", live=True, latency_s=0.0)
    threads, notices = [], []

    class Device(Pictures):
        def read(self, now_s, base_from_camera):
            threads.append(threading.current_thread())
            return super().read(now_s, base_from_camera)

    senses = Senses(Device((0.0, 0.5)), Stage(), live, notices.append)

    def update(now_s):
        senses.update(now_s, lambda: np.eye(4))
        live.submit(lambda: None, now_s).result()  # all that was handed in before is done

    try:
        for now_s in (0.0, 0.1, 0.8, 0.9):
            update(now_s)
    finally:
        live.close()
    assert threads and threading.main_thread() not in threads
    assert senses.images == 1 and len(notices) == 2 and "unplugged" in notices[0]


def test_wall_clock_paces_and_leaves_out_lost_time():
    real, slept = [100.0], []
    clock = WallClock(lambda: real[0], slept.append)
    real[0] = 107.0
    clock.restart()
    assert clock.now_s() == 0.0
    clock.wait_until(0.5)
    assert slept == [0.5]
    real[0] = 107.6
    clock.wait_until(0.5)  # a little late: catch up
    assert clock.now_s() == pytest.approx(0.6)
    real[0] = 167.0
    clock.wait_until(0.51)  # slept for a minute: go on from here
    assert clock.now_s() == pytest.approx(0.51) and slept == [0.5]


class Page:
    """What PageLink needs of OperatorPage."""

    def __init__(self, events, stop=False):
        self.events, self.stop_pressed = events, threading.Event()
        if stop:
            self.stop_pressed.set()

    def poll(self):
        return self.events


@pytest.mark.parametrize(("events", "done"), [
    (["release"], ["stop"]),  # the stop came after the poll: the release is older
    (["stop", "release"], ["stop", "release"]),
    (["stop", "release", "stop"], ["stop"]),
])
def test_what_was_pressed_before_stop_is_void(events, done):
    did = []

    class Robot:
        def stop(self, reason):
            did.append("stop")

        def release(self):
            did.append("release")

    link = PageLink.__new__(PageLink)
    link._pipeline, link._page, link._notice = Robot(), Page([PageEvent(kind) for kind in events], stop=True), print
    link._manual = ManualJoints(load_model("wren"))
    link.take_events()
    assert did == done


def tick(now_s, piece=None, silenced=False, rows=4):
    times = np.arange(rows) * 0.01
    sent = JointTrajectory(("a",), now_s, times, np.full((rows, 1), now_s), np.linspace(1.0, 0.0, rows)[:, None])
    return Tick(now_s, sent, None, None, piece, silenced=silenced)


def spoken(heard_s):
    words = (Word("one", 0.0, 0.4), Word("two", 0.5, 0.9))
    speech = Speech("s", "one two", 1000, np.ones(1000, np.float32), words, (Phoneme("o", 0.0, 0.4),))
    return Piece(speech, None, None, heard_s)


def run_log(ticks):
    log = RunLog(("a",))
    for k in ticks:
        log.add(k, np.array([k.now_s + 0.01]), FacePlayer())
    return log


def test_the_log_is_what_was_commanded_and_ends_at_rest():
    log = run_log([tick(k * 0.01) for k in range(3)])
    saved = log.trajectory()
    assert np.allclose(saved.times_s, np.arange(6) * 0.01) and saved.velocities[-1] == 0.0
    assert np.allclose(saved.positions[:, 0], [0.0, 0.01, 0.02, 0.02, 0.02, 0.02])
    assert np.allclose(np.ravel(log.measured), log.times_s), "measured at the times of the ticks"
    assert all(row.base is None for row in (*log.positions, *log.velocities)), "keeps whole braking paths alive"


def test_what_was_silenced_is_not_recorded_as_heard():
    log = run_log([tick(0.0, spoken(0.1)), tick(0.01, spoken(1.1)), tick(0.6, silenced=True)])
    samples, rate = log.audio()
    assert np.flatnonzero(samples)[[0, -1]] / rate == pytest.approx([0.1, 0.599], abs=2e-3)
    assert [w.text for p in log.pieces for w in p.speech.words] == ["one"]


def test_sound_is_played_at_the_voice_s_rate_and_on_the_clock_of_the_loop(monkeypatch):
    asked = []
    fake = "gesture_robot.speech.playback.open_player"
    monkeypatch.setattr(fake, lambda clock, rate_hz: asked.append((clock, rate_hz)))
    clock = WallClock()
    _player(clock, True, 16000)
    assert asked == [(clock.now_s, 16000)]


def test_a_failed_drawing_thread_holds_nothing_up_and_close_says_why(tmp_path, monkeypatch):
    def fails(*_):
        raise RuntimeError("no context")

    monkeypatch.setattr("gesture_robot.robots.render.open_renderer", fails)
    video = VideoRecorder(tmp_path / "demo.mp4", None)
    video._thread.join()
    for _ in range(20):
        video.add(None)
    with pytest.raises(RuntimeError, match="no context"):
        video.close()
