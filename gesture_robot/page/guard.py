"""What stands between browsers and the page's own event loop: bounds on each connection, and who still answers.

The pages of other web sites are refused by their origin. A frame that no browser of ours sends ends its connection; a
browser that no longer answers pings is cut off, so that "somebody watches" is never said of a dead line.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from gesture_robot.page.address import LOOPBACK_ORIGIN

MAX_VISITORS = 16
LARGEST_FRAME = 64 * 1024
LONGEST_TEXT = 2000
OPEN_S, PING_PERIOD_S, CUT_OFF_S = 5.0, 0.2, 8.0
FRAMES_PER_S, FRAMES_AT_ONCE = 200.0, 400.0
TAKEN = frozenset({"GuiButtonHoldMessage", "GuiFormSubmitMessage", "GuiFormDirtyMessage", "ViewerCameraMessage"})
"""Frames of a browser that the page needs, besides new values; others are left aside."""
FIRST_VIEW = {"type": "ViewerCameraMessage", "wxyz": (1.0, 0.0, 0.0, 0.0), "position": (2.0, 0.0, 1.0), "fov": 0.7,
              "near": 0.01, "far": 1000.0, "image_height": 600, "image_width": 800, "look_at": (0.0, 0.0, 0.7),
              "up_direction": (0.0, 0.0, 1.0)}
_LOG = logging.getLogger(__name__)
_QUIET = logging.getLogger(f"{__name__}.websockets")
_QUIET.propagate = False
_QUIET.addHandler(logging.NullHandler())


class Guard:
    """Counts and watches the page's websockets. Its methods run on the page's event loop, `answers` anywhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._answered_s: dict[Any, float] = {}

    def answers(self, within_s: float) -> bool:
        """Whether a browser answered a ping not longer ago than this."""
        newest_s = max(list(self._answered_s.values()), default=-math.inf)
        return self._clock() - newest_s <= within_s

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Servers made inside are guarded."""
        from websockets.asyncio import server as websocket_server

        original = websocket_server.serve
        websocket_server.serve = partial(self._serve, original)  # type: ignore[assignment, misc]
        try:
            yield
        finally:
            websocket_server.serve = original  # type: ignore[misc]

    def _serve(self, original: Any, handler: Any, *args: Any, **options: Any) -> Any:
        options |= {"origins": [LOOPBACK_ORIGIN, None], "max_size": LARGEST_FRAME, "open_timeout": OPEN_S,
                    "close_timeout": 1.0, "ping_interval": None, "logger": _QUIET}
        return original(partial(self._visit, handler), *args, **options)

    async def _visit(self, handler: Any, connection: Any) -> None:
        import viser

        asyncio.get_running_loop().set_exception_handler(_refused)
        if connection.subprotocol != f"viser-v{viser.__version__}":
            await connection.close(1002, "not a browser of this page")
            return
        if len(self._answered_s) >= MAX_VISITORS:
            await connection.close(1013, "too many browsers show the page")
            return
        self._answered_s[connection] = self._clock()
        frames = self._frames(connection, connection.recv, Budget(self._clock))
        connection.recv = frames.__anext__
        pings = asyncio.create_task(self._ping(connection))
        try:
            await handler(connection)
        finally:
            pings.cancel()
            self._answered_s.pop(connection, None)

    @staticmethod
    async def _frames(connection: Any, receive: Callable[[], Awaitable[Any]], budget: Budget) -> AsyncIterator[bytes]:
        import msgspec

        # viser hears nobody, not even a press of STOP, before the first picture was drawn: so it gets a view at once.
        yield msgspec.msgpack.encode(FIRST_VIEW)
        while True:
            raw = await receive()  # raises once the connection is closed
            verdict = judge(raw) if budget.spend() else "too many frames"
            if verdict == "take":
                yield raw
            elif verdict != "ignore":
                await connection.close(1008, verdict)

    async def _ping(self, connection: Any) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                await asyncio.wait_for(await connection.ping(), CUT_OFF_S)
                self._answered_s[connection] = self._clock()
                await asyncio.sleep(PING_PERIOD_S)
        except ConnectionClosed:
            pass
        except asyncio.TimeoutError:
            connection.transport.abort()


class Budget:
    """How many frames a connection may send."""

    def __init__(self, clock: Callable[[], float]):
        self._clock, self._left, self._at_s = clock, FRAMES_AT_ONCE, clock()

    def spend(self) -> bool:
        """Take one; False when there is none left."""
        now_s = self._clock()
        self._left = min(self._left + (now_s - self._at_s) * FRAMES_PER_S, FRAMES_AT_ONCE) - 1.0
        self._at_s = now_s
        return self._left >= 0.0


def judge(raw: Any) -> str:
    """What to do with a browser's frame: "take", "ignore", or the reason why its connection ends."""
    import msgspec

    if not isinstance(raw, bytes):
        return "text is not taken"
    try:
        message = msgspec.msgpack.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return "no message"
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str):
        return "no message"
    if kind == "GuiUpdateMessage":
        return _judge_update(message)
    return "take" if kind in TAKEN else "ignore"


def _judge_update(message: dict[Any, Any]) -> str:
    """Values of controls are all that a browser may set; other properties are the server's."""
    updates = message.get("updates")
    if not isinstance(updates, dict) or not isinstance(message.get("uuid"), str):
        return "no update"
    if set(updates) != {"value"}:
        return "ignore"
    value = updates["value"]
    if isinstance(value, str):
        return "take" if len(value) <= LONGEST_TEXT else "the text is too long"
    if isinstance(value, (bool, int, float)):
        return "take" if math.isfinite(value) else "no number"
    return "ignore"


def _refused(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Handlers that fail on a strange value are no news: nothing was done."""
    _LOG.debug("the page refused a message: %s", context.get("exception") or context.get("message"))
