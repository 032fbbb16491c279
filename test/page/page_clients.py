"""Clients of the page that are no browser: raw HTTP, and a websocket that speaks viser's language.

A page is anything with a `url`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import viser
import zstandard
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

WAIT_S = 20.0


class Answer:
    """Status, headers and body of one HTTP answer."""

    def __init__(self, raw: bytes):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if len(lines[0].split()) > 1 else 0
        self.headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}

    @property
    def cookie(self) -> str:
        return self.headers.get("set-cookie", "").partition(";")[0]


def place(page: Any) -> tuple[str, int]:
    parts = urlsplit(page.url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


def send(page: Any, raw: bytes) -> Answer:
    """Send bytes as they are and read until the server closes."""
    with socket.create_connection(place(page), WAIT_S) as line:
        line.sendall(raw)
        got = b""
        while piece := line.recv(65536):
            got += piece
    return Answer(got)


def ask(page: Any, method: str, path: str, body: str = "", **headers: str) -> Answer:
    """One request as a browser would send it; headers with _ for -."""
    host = ":".join(map(str, place(page)))
    given = {"Host": host} | ({"Content-Length": str(len(body))} if method == "POST" else {})
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    return send(page, "\r\n".join(lines).encode() + body.encode())


def log_in(page: Any, token: str) -> Answer:
    host = ":".join(map(str, place(page)))
    return ask(page, "POST", "/login", f"token={quote(token)}", Origin=f"http://{host}")


class Browser:
    """A websocket that knows the page's controls by their labels; a thread of its own reads, so pings are answered."""

    def __init__(self, page: Any, cookie: str = "", origin: str | None = None):
        host = ":".join(map(str, place(page)))
        self.socket = connect(f"ws://{host}/", origin=origin or f"http://{host}",  # type: ignore[arg-type]
                              subprotocols=[f"viser-v{viser.__version__}"], max_size=None,  # type: ignore[list-item]
                              additional_headers={"Cookie": cookie} if cookie else {}, open_timeout=WAIT_S)
        self._controls: dict[str, str] = {}
        self._texts: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self.form = ""
        """Id of the say box."""
        self.ended = Event()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        try:
            for raw in self.socket:
                assert isinstance(raw, bytes)
                packed = raw[16:16 + int.from_bytes(raw[8:16], "little")]
                for message in msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(packed))["messages"]:
                    self._take(message)
        except ConnectionClosed:
            pass
        finally:
            self.ended.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("type") == "GuiFormMessage":
            self.form = message["uuid"]
        for props in (message.get("props"), message.get("updates")):
            if isinstance(props, dict) and isinstance(message.get("uuid"), str):
                if isinstance(props.get("label"), str):
                    self._controls[props["label"]] = message["uuid"]
                if isinstance(props.get("content"), str):
                    self._texts[message["uuid"]] = props["content"]
                if "value" in props:
                    self._values[message["uuid"]] = props["value"]
                for name in props.get("options") or ():
                    self._controls[name] = message["uuid"]

    @property
    def text(self) -> str:
        """All that the page says."""
        return "\n".join(list(self._texts.values()))

    def knows(self, label: str) -> bool:
        """Whether a control with this label was shown."""
        return label in self._controls

    def value(self, label: str) -> Any:
        """What a control shows that the server changed."""
        return self._values.get(self._controls.get(label, ""))

    def set(self, label: str, value: Any) -> None:
        """Press a button or move a slider, as soon as it is there."""
        assert comes_true(lambda: self.knows(label)), label
        self.send({"type": "GuiUpdateMessage", "uuid": self._controls[label], "updates": {"value": value}})

    def send(self, message: dict[str, Any]) -> None:
        self.socket.send(msgspec.msgpack.encode(message))

    def close(self) -> None:
        self.socket.close()
        self._reader.join(WAIT_S)


def comes_true(condition: Callable[[], bool]) -> bool:
    """Wait for it."""
    return any(condition() or Event().wait(0.02) for _ in range(1000))
