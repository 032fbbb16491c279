"""How readily threads give way to others: what moves the robot before what could use all the processor there is.

As ros2_control does, more is tried and less is taken: below 0 needs a permission (docs/ros.md), without it all is as
usual.
"""

from __future__ import annotations

import os
import sys


def set_niceness(niceness: int) -> bool:
    """Set that of the calling thread (-20 to 19, Linux only); False when it is not allowed."""
    if sys.platform != "linux":  # elsewhere it would be the whole process
        return False
    try:
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    except PermissionError:
        return False
    return True
