"""From the front door to the page on loopback: single answers, and websockets as raw bytes."""

from __future__ import annotations

import asyncio
from typing import Any

from gesture_robot.page.access import Sessions
from gesture_robot.page.http_head import BadRequest, RequestHead

CONNECT_S, LOOK_S = 3.0, 1.0
MAX_TUNNELS = 12
PIECE = 64 * 1024
PASSED_ON = ("accept", "accept-encoding", "accept-language", "user-agent", "if-none-match", "if-modified-since")
WEBSOCKET_PASSED_ON = ("user-agent", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol")
GUARDS = b"X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"


class Inner:
    """The page on this machine."""

    def __init__(self, port: int):
        self._place = f"127.0.0.1:{port}"
        self._port = port

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises BadRequest when it does not answer."""
        try:
            return await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self._port), CONNECT_S)
        except (OSError, asyncio.TimeoutError):
            raise BadRequest(503, "the page does not answer") from None

    def head(self, request: RequestHead, names: tuple[str, ...], more: dict[str, str]) -> bytes:
        """The request as the page shall see it: from this machine, with few headers and without the cookie."""
        headers = {name: request.headers[name] for name in names if name in request.headers} | more
        lines = [f"{request.method} {request.path} HTTP/1.1", f"Host: {self._place}",
                 *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode("ascii")

    async def fetch(self, request: RequestHead, writer: asyncio.StreamWriter) -> None:
        """Pass one answer on."""
        source, sink = await self.connect()
        try:
            sink.write(self.head(request, PASSED_ON, {"Connection": "close"}))
            head = await source.readuntil(b"\r\n\r\n")
            status, _, rest = head.partition(b"\r\n")
            writer.write(status + b"\r\n" + GUARDS + rest)
            await _pump(source, writer)
            writer.close()
            await writer.wait_closed()
        finally:
            sink.transport.abort()

    def handshake(self, request: RequestHead) -> bytes:
        """The request for a websocket."""
        return self.head(request, WEBSOCKET_PASSED_ON,
                         {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": f"http://{self._place}"})


class Tunnels:
    """Open websockets; each ends with its session."""

    def __init__(self, inner: Inner, sessions: Sessions):
        self._inner, self._sessions, self._count = inner, sessions, 0

    async def run(self, request: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                  session: str) -> None:
        """Pass bytes both ways until one side ends."""
        if self._count >= MAX_TUNNELS:
            raise BadRequest(503, "too many browsers show the page")
        self._count += 1
        try:
            source, sink = await self._inner.connect()
            sink.write(self._inner.handshake(request))
            pumps: set[asyncio.Task[Any]] = {asyncio.create_task(_pump(reader, sink)),
                                             asyncio.create_task(_pump(source, writer))}
            try:
                while self._sessions.valid(session):
                    done, _ = await asyncio.wait(pumps, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                    if done:
                        break
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
                sink.transport.abort()
        finally:
            self._count -= 1


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(PIECE):
        sink.write(piece)
        await sink.drain()
