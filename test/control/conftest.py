import numpy as np
import pytest

from gesture_robot.datatypes import Command, JointTrajectory, RobotState
from gesture_robot.robots.model import load_model


@pytest.fixture(scope="session")
def wren():
    return load_model("wren")


@pytest.fixture(scope="session")
def at_rest(wren):
    return RobotState(0.0, wren.joint_names, wren.rest, np.zeros(len(wren.rest)))


@pytest.fixture
def hold(wren):
    """hold("gesture", now_s, {joint: angle}, others) -> a command that stands still at these angles."""

    def make(source, now_s, angles, only=None):
        target = wren.rest.copy()
        for name, angle in angles.items():
            target[wren.index(name)] = angle
        names = wren.joint_names if only is None else only
        rows = [wren.index(name) for name in names]
        return Command(
            source, now_s, JointTrajectory(tuple(names), now_s, [0.0], [target[rows]], [np.zeros(len(rows))])
        )

    return make


class Driver:
    """Runs a controller tick by tick; keeps what was sent."""

    def __init__(self, controller, tick=0):
        self.controller, self.tick, self.sent = controller, tick, []

    @property
    def now_s(self):
        return self.tick * 0.01

    def run(self, seconds, command=None, every=20, **senses):
        """Advance; `command(now_s)` is sent again and again. Returns (positions, velocities) of the part."""
        first = len(self.sent)
        for k in range(int(round(seconds * 100))):
            if command is not None and k % every == 0:
                self.controller.submit(command(self.now_s), self.now_s)
            self.sent.append(self.controller.step(self.now_s, **senses))
            self.tick += 1
        part = self.sent[first:]
        return np.array([s.positions[0] for s in part]), np.array([s.velocities[0] for s in part])


@pytest.fixture
def drive():
    return Driver
