"""Who works on many motions: the cores of this machine, or a Ray cluster.

An engine takes tasks from an iterator only as fast as it finishes them, so that neither a long list nor its results
pile up in memory, and yields rows in the order in which they are done. What a row holds never depends on the engine,
the number of jobs or that order. Workers see the same files under the same paths.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Any, Protocol

from gesture_robot.errors import InvalidInput, MissingDependency, UnknownName
from gesture_robot.retarget.bulk_rows import Row, Task

Work = Callable[[Task], Row]
"""Picklable, and raises nothing."""
Rows = Generator[Row, None, None]
"""To be closed when not read to the end: that ends the workers."""
QUEUE_PER_JOB = 2
"""Tasks in flight for each job: one at work, one waiting."""
_DIED = "the process that worked on it died; was there enough memory for it? Split the motion, or use fewer --jobs."
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Engine(Protocol):
    """Runs work on tasks."""

    jobs: int

    def rows(self, work: Work, tasks: Iterable[Task]) -> Rows:
        """One row per task, as they get done; a worker that dies costs no other task its row."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_engine(name: str, jobs: int | None = None) -> Engine:
    """Engine `local` or `ray` with so many jobs; None: one per core.

    Raises:
        UnknownName: another engine.
        InvalidInput: no positive number of jobs, or no cluster is reached.
        MissingDependency: Ray is not installed.
    """
    if jobs is not None and not 1 <= jobs <= 4096:
        raise InvalidInput(f"--jobs must be 1 to 4096, got {jobs}; this machine has {cores()} cores.")
    if name == "local":
        return LocalEngine(jobs or cores())
    if name == "ray":
        return RayEngine(jobs)
    raise UnknownName("engine", name, ("local", "ray"))


class LocalEngine:
    """Processes of this machine; with one job, this process itself."""

    def __init__(self, jobs: int):
        self.jobs = jobs

    def rows(self, work: Work, tasks: Iterable[Task]) -> Rows:
        """One row per task; a task whose process dies is tried once more, alone, and then given up."""
        jobs = min(self.jobs, len(tasks)) if isinstance(tasks, Sized) else self.jobs
        if jobs <= 1:
            yield from map(work, tasks)
            return
        waiting = iter(tasks)
        while True:
            suspects = yield from _until_one_dies(work, waiting, jobs)
            if not suspects:
                return
            for task in suspects:
                if (yield from _until_one_dies(work, iter([task]), 1)):
                    yield Row(task.name, False, _DIED)


class RayEngine:
    """A Ray cluster: the one that RAY_ADDRESS names, or one made on this machine.

    Raises:
        MissingDependency: Ray is not installed.
        InvalidInput: the cluster is not reached.
    """

    def __init__(self, jobs: int | None):
        try:
            import ray
        except ImportError as error:
            raise MissingDependency("ray", "ray", str(error)) from None
        self._ray: Any = ray
        if not ray.is_initialized():
            self._connect(jobs)
        self.jobs = jobs or max(1, int(ray.cluster_resources().get("CPU", 1)))

    def rows(self, work: Work, tasks: Iterable[Task]) -> Rows:
        """One row per task; Ray itself starts a task anew whose worker died, once."""
        ray, waiting = self._ray, iter(tasks)
        remote = ray.remote(num_cpus=1, max_retries=1)(_call)
        shared = ray.put(work)
        running: dict[Any, Task] = {}
        while True:
            for task in islice(waiting, QUEUE_PER_JOB * self.jobs - len(running)):
                running[remote.remote(shared, task)] = task
            if not running:
                return
            for reference in ray.wait(list(running), num_returns=1)[0]:
                task = running.pop(reference)
                try:
                    row = ray.get(reference)
                except ray.exceptions.RayError as error:
                    row = Row(task.name, False, f"{_DIED} Ray says: {' '.join(str(error).split())[:200]}")
                yield row

    def _connect(self, jobs: int | None) -> None:
        address = os.environ.get("RAY_ADDRESS")
        options: dict[str, Any] = {"address": address} if address else {"num_cpus": jobs or cores()}
        try:
            self._ray.init(log_to_driver=False, include_dashboard=False, **options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:300]
            raise InvalidInput(
                f"no Ray cluster at {address or 'this machine'} ({reason}). Start one with `ray start --head` and set "
                "RAY_ADDRESS, or use --engine local."
            ) from None


def _call(work: Work, task: Task) -> Row:
    return work(task)


def _until_one_dies(work: Work, waiting: Iterator[Task], jobs: int) -> Generator[Row, None, list[Task]]:
    """Rows of the tasks until all are done, or until a process dies: returns the tasks that were in flight then."""
    running: dict[Future[Row], Task] = {}
    finished = False
    context = multiprocessing.get_context("spawn")  # a forked child would inherit locks of threads
    with _one_thread_each():
        pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_process)
        try:
            while True:
                for task in islice(waiting, QUEUE_PER_JOB * jobs - len(running)):
                    future: Future[Row] = Future()
                    running[future] = task  # before it is submitted: the pool may be broken already
                    running[pool.submit(work, task)] = running.pop(future)
                if not running:
                    finished = True
                    return []
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    row = done.result()
                    del running[done]
                    yield row
        except BrokenProcessPool:
            finished = True
            return list(running.values())
        finally:
            if not finished:  # interrupted: what is half-written is no result
                for process in list(getattr(pool, "_processes", {}).values()):
                    process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)


def _begin_process() -> None:
    """A worker leaves Ctrl-C to its parent and ends when that is gone, killed or not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile use one thread each: there is one for every core already."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
