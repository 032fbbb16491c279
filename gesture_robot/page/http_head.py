"""The head of one HTTP/1.1 request, read strictly: what is unusual is refused, so that no two readers disagree."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gesture_robot.errors import GestureRobotError

LARGEST_HEAD = 16 * 1024
METHODS = ("GET", "HEAD", "POST")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH = re.compile(r"/[!-~]*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


class BadRequest(GestureRobotError):
    """A request that is not answered with more than its status."""

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestHead:
    """Method, path and headers (names in lower case)."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def websocket(self) -> bool:
        """Whether the client asks for a websocket."""
        return "upgrade" in self.headers

    @property
    def length(self) -> int:
        """Bytes of the body; raises BadRequest."""
        text = self.headers.get("content-length", "0")
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise BadRequest(400, "bad length")
        return int(text)

    def cookie(self, name: str) -> str:
        """Value of a cookie; empty when it is not there or there twice."""
        pairs = [part.strip().partition("=") for part in self.headers.get("cookie", "").split(";")]
        found = [value for key, _, value in pairs if key == name]
        return found[0] if len(found) == 1 else ""

    @property
    def same_origin(self) -> bool:
        """Whether the page that asks came from the host it asks."""
        _, _, place = self.headers.get("origin", "").partition("://")
        return bool(place) and place.lower() == self.headers.get("host", "").lower()


def parse_head(raw: bytes) -> RequestHead:
    """Read a head that ends with an empty line; raises BadRequest."""
    try:
        lines = raw.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    except UnicodeDecodeError:
        raise BadRequest(400, "the head is not ASCII") from None
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0") or not _PATH.fullmatch(parts[1]):
        raise BadRequest(400, "not an HTTP/1.1 request")
    if parts[0] not in METHODS:
        raise BadRequest(405, f"methods are {', '.join(METHODS)}")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name) or any(c < " " for c in value.replace("\t", " ")):
            raise BadRequest(400, "bad header")
        name = name.lower()
        if name in headers:
            if name != "cookie":
                raise BadRequest(400, "a header came twice")
            value = f"{headers[name]};{value}"
        headers[name] = value.strip()
    if "transfer-encoding" in headers:
        raise BadRequest(400, "bodies in chunks are not taken")
    return RequestHead(parts[0], parts[1], headers)


def host_allowed(host: str, names: Sequence[str]) -> bool:
    """Whether a Host header names this machine: an address, a name of its own, or one of `names`.

    Another name would be a web site whose entry in the name service was turned to this machine.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].removeprefix("[").removesuffix("]").lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in own_names() or name in {n.lower() for n in names}
    return True


@lru_cache(1)
def own_names() -> frozenset[str]:
    """Names under which this machine is usually reached."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return frozenset({"localhost", name, short, f"{short}.local", f"{short}.lan", f"{short}.home"})
