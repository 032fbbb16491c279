"""The operator's page: a viser server that shows the robot and hands back what its visitor does.

Threads: `update` and `poll` are called by the robot's loop and return at once. A worker sends the newest state to
the browsers, at most 30 times a second, and does nothing while nobody looks. Presses arrive on the server's event loop,
where `on_event` is called at once.
Safety: STOP sets `stop_pressed` before anything else and drops presses that still wait; this is a software stop.
Presses are only events: nothing here moves the robot.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gesture_robot.datatypes import RobotModel
from gesture_robot.errors import InvalidInput, MissingDependency
from gesture_robot.page.address import EXAMPLE, check_free, is_loopback, parse_bind, shown_url
from gesture_robot.page.front import FrontServer
from gesture_robot.page.guard import Guard
from gesture_robot.page.joints import JointSliders
from gesture_robot.page.panels import Controls, Readouts
from gesture_robot.page.robot_view import RobotView
from gesture_robot.page.state import PageEvent, PageState
from gesture_robot.priority import set_niceness

MOTION_PERIOD_S = 1.0 / 30.0
PICTURE_PERIOD_S = 1.0 / 12.0
MAX_WAITING_EVENTS = 100
CONTROL_WIDTH_PX, VIEW_WIDTH_PX = 300, 340


class OperatorPage:
    """A page at http://HOST:PORT/ for one robot.

    Args:
        model: the robot that is shown.
        bind: "HOST:PORT" on this machine, with a token also beyond; port 0 takes any free one.
        gestures: names for the gesture buttons.
        token: when given, the page asks for it, on loopback too.
        host_names: further names under which browsers reach the page.
        shows: which parts it has besides: "pause", "greet", "joints", "nodes".
        on_event: called with each press on the server's event loop, at once; must return at once.
        clock: monotonic seconds; only limits how often things are sent.

    Raises:
        InvalidInput: a bad address, one beyond this machine without a token, or a taken port.
        MissingDependency: viser is not installed.
    """

    def __init__(self, model: RobotModel, bind: str = EXAMPLE, *, gestures: Sequence[str] = (), token: str = "",
                 host_names: Sequence[str] = (), shows: Collection[str] = (),
                 on_event: Callable[[PageEvent], None] | None = None, clock: Callable[[], float] = time.monotonic):
        host, port = parse_bind(bind, beyond_loopback=bool(token))
        check_free(host, port)
        self._joint_count, self._clock, self._on_event = len(model.joint_names), clock, on_event
        self._latest: PageState | None = None
        self._events: deque[PageEvent] = deque(maxlen=MAX_WAITING_EVENTS)
        self._fresh, self._closing = threading.Event(), threading.Event()
        self.stop_pressed = threading.Event()
        """Set the moment STOP is pressed; whoever acts on it clears it."""
        self._guard = Guard()
        inner = ("127.0.0.1", 0) if token else (host, port)
        self._server = _start_server(*inner, model.name, self._guard)
        self._build(model, gestures, shows)
        self._front: FrontServer | None = None
        if token:
            self._front = self._open_front(host, port, token, model.name, host_names)
        self.url = shown_url(host, self._front.port if self._front is not None else self._server.get_port())
        self.beyond_loopback = not is_loopback(host)
        """Whether other machines can reach it; what they send is not encrypted."""
        self._worker = threading.Thread(target=self._work, name="operator-page", daemon=True)
        self._worker.start()

    def update(self, state: PageState) -> None:
        """Show `state` as soon as the page has time; states in between are skipped.

        Raises:
            InvalidInput: joint positions of another robot.
        """
        if state.joint_positions is not None and len(state.joint_positions) != self._joint_count:
            raise InvalidInput(f"PageState.joint_positions must have {self._joint_count} entries, "
                               f"got {len(state.joint_positions)}.")
        self._latest = state
        self._fresh.set()

    def poll(self) -> list[PageEvent]:
        """What was pressed since the last call, oldest first."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def has_visitor(self) -> bool:
        """Whether a browser shows the page."""
        return bool(self._server.get_clients())

    def visitors(self) -> int:
        """How many browsers show the page."""
        return len(self._server.get_clients())

    def answers(self, within_s: float) -> bool:
        """Whether a browser that shows the page answered not longer ago than this."""
        return self._guard.answers(within_s)

    def close(self) -> None:
        """Stop serving; may be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._front is not None:
            self._front.close()
        self._fresh.set()
        self._worker.join()
        with _quiet_viser():
            self._server.stop()

    def __enter__(self) -> OperatorPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_front(self, host: str, port: int, token: str, robot: str, names: Sequence[str]) -> FrontServer:
        try:
            return FrontServer(host, port, self._server.get_port(), token, robot=robot, names=names)
        except InvalidInput:
            with _quiet_viser():
                self._server.stop()
            raise

    def _build(self, model: RobotModel, gestures: Sequence[str], shows: Collection[str]) -> None:
        server = self._server
        server.gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False, control_width="medium")
        _build_scene(server)
        self._robot = RobotView(server.scene, model)
        self._controls = Controls(server.gui, gestures, self._send, self._clock, shows)
        server.gui.main_panel.dock_right()
        server.gui.main_panel.set_width(CONTROL_WIDTH_PX)
        views = server.gui.add_panel()
        with views.add_tab("Sees and thinks"):
            self._readouts = Readouts(server.gui, self._controls.face, self._robot.show_face)
        self._sliders: JointSliders | None = None
        if "joints" in shows:
            with views.add_tab("Joints"):
                self._sliders = JointSliders(server.gui, model, self._send, self._clock)
        if "nodes" in shows:
            with views.add_tab("Nodes"):
                self._readouts.nodes = server.gui.add_html("")
        views.dock_left()
        views.set_width(VIEW_WIDTH_PX)

    def _send(self, kind: str, value: str = "", number: float = 0.0) -> None:
        event = PageEvent(kind, value, number)
        if kind == "stop":
            self.stop_pressed.set()
            self._events.clear()  # what waits was pressed before the stop
        if self._on_event is not None:
            self._on_event(event)
        else:
            self._events.append(event)

    def _work(self) -> None:
        set_niceness(5)  # what is shown gives way to what is pressed
        pictures_due_s = 0.0
        while not self._closing.is_set():
            self._fresh.wait()
            if not self.has_visitor():  # keep the flag: the newest state is sent when somebody comes
                self._closing.wait(MOTION_PERIOD_S * 3)
                continue
            self._fresh.clear()
            state = self._latest
            if state is not None:
                self._show(state, pictures=self._clock() >= pictures_due_s)
                if self._clock() >= pictures_due_s:
                    pictures_due_s = self._clock() + PICTURE_PERIOD_S
            self._closing.wait(MOTION_PERIOD_S)

    def _show(self, state: PageState, pictures: bool) -> None:
        with self._server.atomic():
            if state.joint_positions is not None:
                self._robot.show(state.joint_positions)
            self._controls.show(state)
            if self._sliders is not None:
                self._sliders.show(state)
            self._readouts.show_text(state)
            if pictures:
                self._readouts.show_pictures(state)


def _build_scene(server: Any) -> None:
    """Floor, light, and a camera that looks at the front of a robot of human size."""
    scene, camera = server.scene, server.initial_camera
    scene.add_grid("/floor", width=8.0, height=8.0, cell_size=0.5, section_size=1.0, cell_color=(70, 76, 84),
                   section_color=(96, 104, 114))
    scene.configure_default_lights(cast_shadow=False)  # eight times the pictures per second without a graphics card
    scene.configure_environment_map("studio", environment_intensity=0.6)
    scene.world_axes.visible = False
    camera.position, camera.look_at, camera.fov = (2.25, 0.7, 1.25), (0.0, 0.0, 0.72), 0.7


def _start_server(host: str, port: int, label: str, guard: Guard) -> Any:
    try:
        import viser
    except ImportError as error:
        raise MissingDependency("viser", "page", str(error)) from None
    with _quiet_viser(), guard.installed():
        server: Any = viser.ViserServer(host=host, port=port, label=label, verbose=False)
    if port and server.get_port() != port:  # lost a race: viser silently moves to the next port
        with _quiet_viser():
            server.stop()
        check_free(host, port)
        raise InvalidInput(f"port {port} on {host} was taken meanwhile. Start again or use another port with --bind")
    server.request_share_url = lambda verbose=True: None  # never a public tunnel to a robot
    return server


@contextmanager
def _quiet_viser() -> Iterator[None]:
    """Keep viser's banner out of standard output, which may carry the command's JSON."""
    import rich

    console = rich.get_console()
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before
