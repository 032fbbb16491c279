"""Many motions: nothing lost, nothing twice, nothing half-written, the same bytes however they were made."""

import json
import os
import select
import signal
import subprocess
import sys
import types
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from bulk_work_for_tests import die_of, first_waits_for_ever

from gesture_robot.body.motion_file import save_motion
from gesture_robot.cli import main
from gesture_robot.datatypes import BodyMotion
from gesture_robot.errors import InvalidInput, MissingDependency, UnknownName
from gesture_robot.retarget import bulk_engines
from gesture_robot.retarget.bulk import find_motions, retarget_many, summary
from gesture_robot.retarget.bulk_engines import QUEUE_PER_JOB, LocalEngine, open_engine
from gesture_robot.retarget.bulk_manifest import MANIFEST, TABLE
from gesture_robot.retarget.bulk_rows import Row, Settings, Task
from gesture_robot.retarget.bulk_work import work
from gesture_robot.robots.trajectory_file import load_trajectory

WREN = Settings("wren")


def make_motion(path, seed, count=8):
    """A short motion of the arms out of the T-pose."""
    rng = np.random.default_rng(seed)
    rotations = np.zeros((count, 55, 3))
    rotations[:, 16, 2], rotations[:, 17, 2] = -1.0, 1.0
    rotations[:, 18, 1] = -0.5 * rng.random() * np.sin(np.arange(count) / 5.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_motion(path, BodyMotion(30.0, rotations, np.zeros((count, 3))))


def make_folder(path):
    for seed, name in enumerate(("a", "b", "c", "deep/a", "deep/er/d")):
        make_motion(path / f"{name}.npz", seed)
    return path


@pytest.fixture
def folder(tmp_path):
    """Five motions, two of them in a folder below."""
    return make_folder(tmp_path / "in")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What becomes of the folder, one after the other in one go."""
    path = tmp_path_factory.mktemp("whole")
    run(make_folder(path / "in"), path / "out")
    return contents(path / "out")


def contents(out):
    """Trajectories by name, as bytes."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*.npz"))}


def parts(out):
    return [path.name for path in out.rglob(".*.part")]


def run(folder, out, **options):
    return retarget_many(find_motions([str(folder)], out), WREN, out, LocalEngine(1), **options)


def test_a_folder_becomes_a_folder_of_trajectories_with_a_table(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["retarget", str(folder), "--out", str(out), "--jobs", "1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out.strip().split("\n")[-1])
    assert (report["motions"], report["done"], report["failed"], report["frames"]) == (5, 5, [], 40)
    assert 0.0 <= report["errors_deg"]["left_upper_arm"] < 1.0
    assert set(report["guard_shares"]) == {"velocity", "collision"}
    assert list(contents(out)) == ["a.npz", "b.npz", "c.npz", "deep/a.npz", "deep/er/d.npz"]
    assert load_trajectory(out / "deep" / "a.npz").positions.shape[1] == 21
    table = (out / TABLE).read_text().split("\n")
    assert table[0].startswith("motion,done,frames,motion_s,work_s,frames_per_s,")
    assert [line.split(",")[:3] for line in table[1:3]] == [["a.npz", "True", "8"], ["b.npz", "True", "8"]]


def test_jobs_change_nothing_but_the_time(folder, tmp_path, whole):
    tasks = find_motions([str(folder)], tmp_path / "two")
    result = retarget_many(tasks, WREN, tmp_path / "two", LocalEngine(2))
    assert contents(tmp_path / "two") == whole and len(whole) == 5
    assert [row.name for row in result.rows] == sorted(task.name for task in tasks)


def test_the_same_files_by_pattern_by_name_and_by_folder(folder, tmp_path):
    by_folder = find_motions([str(folder)], tmp_path / "out")
    assert find_motions([f"{folder}/**/*.npz"], tmp_path / "out") == by_folder
    (tmp_path / "out").mkdir()
    (folder / "face.npz").write_bytes(b"")
    np.savez(folder / "face.npz", fps=60.0, channels=np.array(["jawOpen"]), weights=np.zeros((3, 1)))
    (folder / "notes.txt").write_text("no motion")
    assert find_motions([str(folder)], tmp_path / "out") == by_folder, "what is no motion is passed over"
    one = find_motions([str(folder / "deep" / "a.npz")], tmp_path / "out")
    assert [task.name for task in one] == ["a.npz"]
    inside = folder / "results"
    run(folder, inside)
    assert {task.source for task in find_motions([str(folder)], inside)} == {task.source for task in by_folder}


def test_what_cannot_be_meant_is_one_clear_error(folder, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(InvalidInput, match="no motion .* found"):
        find_motions([str(folder / "*.bvh")], out)
    with pytest.raises(InvalidInput, match=r"no motion file at .*absent\.npz"):
        find_motions([str(folder / "absent.npz"), str(folder)], out)
    with pytest.raises(InvalidInput, match="overwritten"):
        find_motions([str(folder)], folder)
    with pytest.raises(InvalidInput, match="both become"):
        find_motions([str(folder / "a.npz"), str(folder / "deep" / "a.npz")], out)
    with pytest.raises(UnknownName, match="local, ray"):
        open_engine("dask")
    with pytest.raises(InvalidInput, match="--jobs must be 1 to"):
        open_engine("local", 0)
    with pytest.raises(UnknownName, match="wren"):
        retarget_many(find_motions([str(folder)], out), Settings("wran"), out, LocalEngine(1))
    assert not out.exists()


@pytest.mark.parametrize(("words", "says"), [
    (("a.npz", "b.npz", "--out", "t.npz"), "--out must be a folder for many motions"),
    (("a.npz", "b.npz", "--out", "out", "--video", "v.mp4"), "--video cannot be used with many motions"),
    (("a.npz", "--out", "t.npz", "--resume", "--jobs", "2"), "--jobs, --resume cannot be used with one motion"),
    ((".", "--out", "a.npz"), "--out must be a folder"),
    ((".", "--out", "out", "--device", "cuda"), "--device cpu"),
])
def test_options_that_do_not_fit_are_refused(folder, monkeypatch, capsys, words, says):
    monkeypatch.chdir(folder)
    assert main(["retarget", *words]) == 2
    assert says in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_a_bad_motion_costs_only_itself(folder, tmp_path, capsys):
    out = tmp_path / "out"
    (folder / "b.npz").write_bytes((folder / "b.npz").read_bytes()[:200])
    np.savez(folder / "deg.npz", poses=np.full((4, 165), 30.0), mocap_frame_rate=30.0)
    assert main(["retarget", str(folder), "--out", str(out), "--jobs", "1"]) == 1
    said = capsys.readouterr()
    assert "2 of 6 motions failed: b.npz, deg.npz." in said.err and "--resume" in said.err
    assert "failed: deg.npz: " in said.out and "degrees" in said.out
    assert list(contents(out)) == ["a.npz", "c.npz", "deep/a.npz", "deep/er/d.npz"]
    make_motion(folder / "b.npz", 1)
    make_motion(folder / "deg.npz", 9)
    assert main(["retarget", str(folder), "--out", str(out), "--jobs", "1", "--resume"]) == 0
    assert len(contents(out)) == 6 and "4 of them before" in capsys.readouterr().out


def test_results_are_not_overwritten_unless_asked(folder, tmp_path):
    out = tmp_path / "out"
    run(folder, out)
    with pytest.raises(InvalidInput, match="--resume"):
        run(folder, out)
    new = []
    assert run(folder, out, resume=True, report=new.append).done_before == 5 and new == []
    make_motion(folder / "c.npz", 77, count=9)  # changed since
    (out / "a.npz").unlink()  # lost since
    (out / "b.npz").write_bytes(b"cut")
    run(folder, out, resume=True, report=new.append)
    assert [row.name for row in new] == ["a.npz", "b.npz", "c.npz"]
    (out / MANIFEST).write_text((out / MANIFEST).read_text().replace('"robot": "wren"', '"robot": "wran"'))
    with pytest.raises(InvalidInput, match="begun with robot wran, this run has robot wren; give another folder"):
        run(folder, out, resume=True)
    (out / MANIFEST).write_text("my notes\n")
    with pytest.raises(InvalidInput, match="no manifest"):
        run(folder, out, resume=True)


def test_two_runs_do_not_share_a_folder(folder, tmp_path):
    out = tmp_path / "out"

    def second(row):
        with pytest.raises(InvalidInput, match="another run"):
            run(folder, out, resume=True)

    assert run(folder, out, report=second).failed == ()


_KILLED = """
import os, signal, sys
from gesture_robot.retarget import bulk, bulk_work
from gesture_robot.retarget.bulk_engines import LocalEngine
folder, out, where, at = sys.argv[1:]
left = int(at)
replace, add = os.replace, bulk.Manifest.add
def dying(*args):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return (replace if where == "rename" else add)(*args)
if where == "rename":
    bulk_work.os.replace = dying
else:
    bulk.Manifest.add = dying
out = bulk.Path(out)
bulk.retarget_many(bulk.find_motions([folder], out), bulk_work.Settings("wren"), out, LocalEngine(1))
"""


@pytest.mark.parametrize("where", ["rename", "manifest"])
def test_after_kill_9_only_what_is_missing_is_done_and_the_bytes_are_the_same(folder, tmp_path, whole, where):
    out = tmp_path / "out"
    killed = subprocess.run([sys.executable, "-c", _KILLED, folder, out, where, "2"], cwd=Path.cwd(), timeout=60)
    assert killed.returncode == -signal.SIGKILL
    left = contents(out)
    assert len(left) == (2 if where == "rename" else 3), "the third is there, but not in the manifest"
    assert all(data == whole[name] for name, data in left.items())
    assert len(parts(out)) == (where == "rename")
    with open(out / MANIFEST, "a") as file:
        file.write('{"name": "c.npz", "done": tr')  # as a crash of the machine leaves it
    new = []
    result = run(folder, out, resume=True, report=new.append)
    assert result.done_before == 2 and len(new) == 3
    assert contents(out) == whole and parts(out) == []
    assert all(json.loads(line) for line in (out / MANIFEST).read_text().strip().split("\n"))


def test_a_process_that_dies_takes_no_other_motion_with_it():
    tasks = [Task(f"/{k}", f"{k}.npz", f"/out/{k}.npz") for k in range(5)]
    rows = {row.name: row for row in LocalEngine(2).rows(partial(die_of, "3.npz"), tasks)}
    assert sorted(rows) == sorted(task.name for task in tasks)
    assert [name for name, row in rows.items() if not row.done] == ["3.npz"]
    assert "memory" in rows["3.npz"].message


def test_an_interrupted_run_ends_its_workers_at_once(tmp_path):
    os.mkfifo(tmp_path / "pids")
    pids = os.open(tmp_path / "pids", os.O_RDONLY | os.O_NONBLOCK)
    tasks = [Task(str(tmp_path / "pids"), "first", ""), *(Task("", str(k), "") for k in range(9))]
    rows = LocalEngine(2).rows(first_waits_for_ever, tasks)
    assert next(rows).name != "first"
    assert int(_next(pids)) != os.getpid()
    rows.close()
    assert _next(pids) == b"", "its process has closed the pipe"
    os.close(pids)


def test_workers_end_with_their_parent(tmp_path):
    """Also when it is killed and can tell them nothing."""
    os.mkfifo(tmp_path / "pids")
    pids = os.open(tmp_path / "pids", os.O_RDONLY | os.O_NONBLOCK)
    code = (
        "import sys\n"
        "from bulk_work_for_tests import tell_and_wait\n"
        "from gesture_robot.retarget.bulk_engines import LocalEngine\n"
        "from gesture_robot.retarget.bulk_rows import Task\n"
        "list(LocalEngine(2).rows(tell_and_wait, [Task(sys.argv[1], str(k), '') for k in range(4)]))\n"
    )
    path = os.pathsep.join((str(Path(__file__).parent), str(Path.cwd())))
    parent = subprocess.Popen([sys.executable, "-c", code, tmp_path / "pids"], env=os.environ | {"PYTHONPATH": path})
    try:
        assert int(_next(pids).split()[0]) != parent.pid
    finally:
        parent.kill()
        parent.wait()
    while _next(pids):  # ends when the last worker has closed its end
        pass
    os.close(pids)


def _next(pipe):
    """What comes next; nothing at the end."""
    assert select.select([pipe], [], [], 60.0)[0]
    return os.read(pipe, 1000)


@pytest.mark.parametrize("jobs", [1, 3])
def test_tasks_are_taken_only_as_fast_as_they_are_done(monkeypatch, jobs):
    monkeypatch.setattr(bulk_engines, "ProcessPoolExecutor", InThreads)
    taken = []

    def tasks():
        for k in range(200):
            taken.append(k)
            yield Task(f"/{k}", str(k), "")

    for done, _ in enumerate(LocalEngine(jobs).rows(lambda task: Row(task.name, True), tasks()), start=1):
        assert len(taken) <= done + QUEUE_PER_JOB * jobs
    assert len(taken) == 200


class InThreads:
    """A pool with the interface of the one of processes."""

    def __init__(self, jobs, mp_context=None, initializer=None):
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(jobs)
        self.submit, self.shutdown = self._pool.submit, self._pool.shutdown


class FakeRay(types.ModuleType):
    """What is used of Ray, in this process; results come in the order that a cluster might choose."""

    def __init__(self, dies=()):
        super().__init__("ray")
        self.exceptions = types.SimpleNamespace(RayError=type("RayError", (Exception,), {}))
        self.options, self.most, self._dies, self._running, self._started = None, 0, dies, {}, False

    def is_initialized(self):
        return self._started

    def init(self, **options):
        if options.get("address") == "nowhere:1":
            raise ConnectionError("could not connect")
        self.options, self._started = options, True

    def cluster_resources(self):
        return {"CPU": 3.0}

    def remote(self, **options):
        return lambda function: types.SimpleNamespace(remote=partial(self._start, function))

    def put(self, value):
        return value

    def _start(self, function, shared, task):
        reference = object()
        self._running[reference] = (function, shared, task)
        self.most = max(self.most, len(self._running))
        return reference

    def wait(self, references, num_returns):
        return references[-num_returns:], references[:-num_returns]

    def get(self, reference):
        function, shared, task = self._running.pop(reference)
        if task.name in self._dies:
            raise self.exceptions.RayError("worker\ndied")
        return function(shared, task)


def test_ray_gives_the_same_bytes(folder, tmp_path, whole, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    ray = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    out = tmp_path / "ray"
    result = retarget_many(find_motions([str(folder)], out), WREN, out, open_engine("ray", 2))
    assert ray.options["num_cpus"] == 2 and ray.most <= 2 * QUEUE_PER_JOB
    assert contents(out) == whole and result.failed == ()


def test_ray_is_told_of_the_cluster_and_what_dies_there_is_one_row(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    ray = FakeRay(dies=("3",))
    monkeypatch.setitem(sys.modules, "ray", ray)
    engine = open_engine("ray")
    assert ray.options["address"] == "head:6379" and "num_cpus" not in ray.options and engine.jobs == 3
    rows = list(engine.rows(lambda task: Row(task.name, True), (Task("", str(k), "") for k in range(9))))
    assert sorted(row.name for row in rows) == [str(k) for k in range(9)]
    assert ["worker died" in row.message for row in rows if not row.done] == [True]


def test_without_ray_or_its_cluster_one_line_says_what_to_do(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingDependency, match=r"gesture_robot\[ray\]"):
        open_engine("ray")
    monkeypatch.setitem(sys.modules, "ray", FakeRay())
    monkeypatch.setenv("RAY_ADDRESS", "nowhere:1")
    assert main(["retarget", str(folder), "--out", str(tmp_path / "out"), "--engine", "ray"]) == 2
    assert "nowhere:1" in capsys.readouterr().err


def test_every_fault_of_a_file_becomes_its_row(folder, tmp_path, monkeypatch):
    task = find_motions([str(folder / "a.npz")], tmp_path / "out")[0]
    assert work(WREN, task).done
    faults = MemoryError("4 GB"), ZeroDivisionError("x"), np.linalg.LinAlgError("no\nway"), OSError(28, "No space")
    for fault in faults:

        def broken(*args, fault=fault, **options):
            raise fault

        monkeypatch.setattr("gesture_robot.retarget.bulk_work.retarget", broken)
        row = work(WREN, task)
        assert not row.done and type(fault).__name__ in row.message and "\n" not in row.message


def test_notes_are_kept_in_the_table_and_told_once(folder, tmp_path, capsys):
    with np.load(folder / "a.npz") as data:
        arrays = {key: data[key] for key in data.files}
    for name in "abc":
        np.savez(folder / f"{name}.npz", **(arrays | {"gender": "female"}))
    assert main(["retarget", str(folder), "--out", str(tmp_path / "out"), "--jobs", "1"]) == 0
    assert capsys.readouterr().out.count("betas") == 1
    assert (tmp_path / "out" / TABLE).read_text().count("betas") == 3


def test_totals_are_weighted_by_frames(folder, tmp_path):
    make_motion(folder / "long.npz", 5, count=40)
    result = run(folder, tmp_path / "out")
    totals = summary(result)
    frames = np.array([row.frames for row in result.rows])
    errors = np.array([row.errors_deg["left_forearm"] for row in result.rows])
    assert totals["frames"] == frames.sum() == 80
    assert totals["errors_deg"]["left_forearm"] == pytest.approx((errors * frames).sum() / 80.0, abs=1e-3)
