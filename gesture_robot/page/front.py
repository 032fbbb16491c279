"""The door to the page from other machines: asks for the token, then passes browsers on to the page on loopback.

Threads: one of its own with an event loop; `close` may be called from any.
Safety: without a session there is nothing but the login form. Heads, bodies, times and the number of connections are
bounded; when too many wait, the oldest that has not logged in goes, so that strangers cannot lock out the operator.
Websockets pass as raw bytes: the pings of the page reach the browser itself. There is no encryption here.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from gesture_robot.errors import InvalidInput
from gesture_robot.page.access import SESSION_S, Login
from gesture_robot.page.http_head import LARGEST_HEAD, BadRequest, RequestHead, host_allowed, parse_head
from gesture_robot.page.login_page import HEADERS, login_page
from gesture_robot.page.tunnel import Inner, Tunnels

_LOG = logging.getLogger(__name__)
HEAD_S, SEND_S = 5.0, 30.0
"""For a request to arrive, and for an answer to be taken."""
LARGEST_BODY = 2048
MAX_WAITING = 64
"""Connections at a time that have not shown a session."""
REASONS = {200: "OK", 303: "See Other", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
           405: "Method Not Allowed", 413: "Content Too Large", 421: "Misdirected Request", 429: "Too Many Requests",
           431: "Request Header Fields Too Large", 503: "Service Unavailable"}


class FrontServer:
    """Listens at `host`:`port` and serves what listens on loopback at `inner_port`.

    Args:
        host: address to listen at.
        port: 0 takes any free one.
        inner_port: of the page, on 127.0.0.1.
        token: what opens it.
        robot: name for the form.
        names: further host names under which browsers reach it.
        clock: monotonic seconds.

    Raises:
        InvalidInput: nothing can listen there.
    """

    def __init__(self, host: str, port: int, inner_port: int, token: str, *, robot: str = "robot",
                 names: Sequence[str] = (), clock: Callable[[], float] = time.monotonic):
        self._login, self._robot, self._names = Login(token, clock), robot, tuple(names)
        self._inner = Inner(inner_port)
        self._tunnels = Tunnels(self._inner, self._login.sessions)
        self._waiting: dict[asyncio.Task[Any], None] = {}
        self._loop = asyncio.new_event_loop()
        self._listener = _listen(host, port)
        self.port = int(self._listener.getsockname()[1])
        self._cookie = f"gesture_robot_{self.port}"
        self._thread = threading.Thread(target=self._run, name="operator-page-front", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and cut all connections; may be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    # --- the loop ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connected, sock=self._listener, limit=LARGEST_HEAD, backlog=64))
        try:
            self._loop.run_forever()
        finally:
            server.close()
            self._loop.run_until_complete(self._cut_all())
            self._loop.close()

    @staticmethod
    async def _cut_all() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._waiting[task] = None
        while len(self._waiting) > MAX_WAITING:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            oldest.cancel()
        try:
            await self._serve(reader, writer, task)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            pass  # gone, or too slow
        except asyncio.CancelledError:
            pass  # too many, or the end; nobody waits for this task
        finally:
            self._waiting.pop(task, None)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[Any]) -> None:
        try:
            request = await asyncio.wait_for(self._head(reader), HEAD_S)
            if not host_allowed(request.headers.get("host", ""), self._names):
                raise BadRequest(421, "this host name is not known here; use the address, or name it in host_names")
            session = request.cookie(self._cookie)
            known = bool(session) and self._login.sessions.valid(session)
            if known:
                self._waiting.pop(task, None)
            if request.path.partition("?")[0] in ("/login", "/logout"):
                await self._in_or_out(request, reader, writer, session if known else "")
            elif known:
                await self._pass_on(request, reader, writer, session)
            elif request.websocket:
                raise BadRequest(403, "log in first")
            else:
                await self._form(writer, 200)
        except BadRequest as error:
            await self._answer(writer, error.status, str(error).encode(), {"Content-Type": "text/plain; charset=utf-8"})

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> RequestHead:
        try:
            return parse_head(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            raise BadRequest(431, "the head is too long") from None

    async def _in_or_out(self, request: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                         session: str) -> None:
        if request.method != "POST":
            await self._go(writer, "/")
            return
        if not request.same_origin:
            raise BadRequest(403, "the form of another site")
        if request.path.startswith("/logout"):
            self._login.sessions.close(session)
            await self._go(writer, "/", f"{self._cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
            return
        if request.length > LARGEST_BODY:
            raise BadRequest(413, "the form is too long")
        body = await asyncio.wait_for(reader.readexactly(request.length), HEAD_S)
        given = parse_qs(body.decode("utf-8", "replace"), max_num_fields=4).get("token", [""])[0]
        made, wait_s = self._login.enter(given, str(writer.get_extra_info("peername")[0]))
        if made:
            secure = "; Secure" if request.headers.get("origin", "").startswith("https:") else ""
            await self._go(writer, "/", f"{self._cookie}={made}; Path=/; Max-Age={SESSION_S:.0f}; HttpOnly; "
                                        f"SameSite=Strict{secure}")
        elif wait_s > 0.0:
            await self._form(writer, 429, f"Too many wrong tokens. Try again in {wait_s:.0f} s.",
                             {"Retry-After": f"{wait_s + 1.0:.0f}"})
        else:
            _LOG.warning("a wrong token for the page came from %s.", writer.get_extra_info("peername")[0])
            await self._form(writer, 401, "This token is wrong.")

    async def _pass_on(self, request: RequestHead, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                       session: str) -> None:
        if request.websocket:
            if not request.same_origin:
                raise BadRequest(403, "the page of another site")
            await self._tunnels.run(request, reader, writer, session)
        elif request.method == "POST":
            raise BadRequest(405, "only the login form is posted")
        else:
            await asyncio.wait_for(self._inner.fetch(request, writer), SEND_S)

    # --- answers ----------------------------------------------------------------------------------------------

    async def _form(self, writer: asyncio.StreamWriter, status: int, problem: str = "",
                    more: dict[str, str] | None = None) -> None:
        await self._answer(writer, status, login_page(self._robot, problem), HEADERS | (more or {}))

    async def _go(self, writer: asyncio.StreamWriter, path: str, cookie: str = "") -> None:
        await self._answer(writer, 303, b"", {"Location": path} | ({"Set-Cookie": cookie} if cookie else {}))

    @staticmethod
    async def _answer(writer: asyncio.StreamWriter, status: int, body: bytes, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"Content-Length: {len(body)}", "Connection: close",
                 *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        await asyncio.wait_for(writer.drain(), SEND_S)
        writer.close()  # sends what is left, where an abort would not
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), HEAD_S)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(64)
    except OSError as error:
        made.close()
        raise InvalidInput(f"cannot listen on {host}:{port} ({error.strerror}).") from None
    return made
