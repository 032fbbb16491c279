"""Work for other processes that imports little."""

import os
import signal
import threading

from gesture_robot.retarget.bulk_rows import Row


def die_of(name, task):
    """Work that kills its process for one motion."""
    if task.name == name:
        os.kill(os.getpid(), signal.SIGKILL)
    return Row(task.name, True, frames=1)


def tell_and_wait(task):
    """Work that never ends; its process is told to the pipe at `source`."""
    with open(task.source, "w") as pids:
        print(os.getpid(), file=pids, flush=True)
        threading.Event().wait()
    return Row(task.name, True)


def first_waits_for_ever(task):
    """Work of which the one with a pipe never ends."""
    return tell_and_wait(task) if task.source else Row(task.name, True)
