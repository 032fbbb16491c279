"""Compile the kernels now, so that the first motion of the first process does not wait for it: `python -m` this module.

Every kernel has one signature whatever the robot, so one robot and a few frames compile all there is.
"""

from __future__ import annotations

import shutil
import sys
import time

import numpy as np


def prepare() -> float:
    """Run every kernel once; returns the seconds it took (little when all was compiled before)."""
    from gesture_robot.datatypes import BodyMotion
    from gesture_robot.retarget.retargeter import Retargeter
    from gesture_robot.robots.model import load_model

    start_s = time.perf_counter()
    retargeter = Retargeter(load_model("wren"))
    for angle in (0.0, 0.1, 0.3):
        retargeter.pose(np.full((55, 3), angle))
    retargeter.motion(BodyMotion(30.0, np.zeros((3, 55, 3)), np.zeros((3, 3))))
    return time.perf_counter() - start_s


def main() -> int:
    """Prepare and say so; what was compiled for other sources is removed."""
    from gesture_robot.compiled import COMPILED, cache_folder

    if not COMPILED:
        print("numba is not installed: retargeting runs as plain Python, slower (pip install 'gesture_robot[fast]').")
        return 0
    folder = cache_folder()
    for old in folder.parent.glob("kernels-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    print(f"retargeting kernels compiled in {prepare():.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
