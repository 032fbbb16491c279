"""Jobs, senses, timeline and log, with fakes."""

import numpy as np
import pytest

from gesture_robot.datatypes import CameraImage, SocialScene
from gesture_robot.errors import CameraUnavailable, OutputUnwritable
from gesture_robot.recording.log import make_folder
from gesture_robot.recording.timeline import Mark, draw_timeline
from gesture_robot.runtime.jobs import Worker
from gesture_robot.runtime.senses import Senses
from gesture_robot.runtime.timing import Timings


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
