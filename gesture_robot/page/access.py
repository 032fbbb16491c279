"""Who may use the page from other machines: one token, sessions after it, and a brake on guessing.

Safety: the token is never printed or logged. It is compared in constant time; a session is a random cookie that ends.
Time is an argument (`clock`, monotonic seconds). Not thread-safe: used on the front server's event loop.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gesture_robot.errors import InvalidInput

TOKEN_VARIABLE = "GESTURE_ROBOT_PAGE_TOKEN"
SHORTEST_TOKEN = 16
MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(24))"'
SESSION_S = 12 * 3600.0
MAX_SESSIONS = 64
FREE_TRIES = 5
"""Wrong tokens of one address before it has to wait."""
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 900.0
FORGET_S = 3600.0
MAX_ADDRESSES = 2000
TRIES_PER_MINUTE = 60
"""Wrong tokens of all addresses together."""


def read_token(token_file: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """The token of a file, else of the environment, else an empty text.

    Raises:
        InvalidInput: the file cannot be read, or the token is short or not plain text. It is never quoted.
    """
    if token_file:
        try:
            token = Path(token_file).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise InvalidInput(f"the token file '{token_file}' cannot be read: {why}. Make one: "
                               f"{MAKE_ONE} > {token_file}") from None
        where = f"the token in '{token_file}'"
    else:
        token, where = environment.get(TOKEN_VARIABLE, "").strip(), f"the token in {TOKEN_VARIABLE}"
        if not token:
            return ""
    if len(token) < SHORTEST_TOKEN:
        raise InvalidInput(f"{where} has {len(token)} characters, at least {SHORTEST_TOKEN} are needed. "
                           f"Make one: {MAKE_ONE}")
    if len(token) > 500 or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput(f"{where} must be one line of at most 500 plain characters without spaces. "
                           f"Make one: {MAKE_ONE}")
    return token


@dataclass(slots=True)
class _Guesser:
    failures: int = 0
    until_s: float = 0.0
    last_s: float = 0.0


class GuessLimit:
    """Waiting times after wrong tokens: for each address and for all together; what it remembers is bounded."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()
        self._spent, self._refilled_s = 0.0, clock()

    def wait_s(self, address: str) -> float:
        """Seconds until this address may try again; 0: now."""
        now_s = self._clock()
        self._refill(now_s)
        guesser = self._guessers.get(network_of(address))
        own_s = guesser.until_s - now_s if guesser is not None else 0.0
        all_s = (self._spent + 1.0 - TRIES_PER_MINUTE) * 60.0 / TRIES_PER_MINUTE
        return max(own_s, all_s, 0.0)

    def failed(self, address: str) -> None:
        """A wrong token came."""
        now_s, key = self._clock(), network_of(address)
        self._refill(now_s)
        self._spent += 1.0
        guesser = self._guessers.pop(key, None) or _Guesser()
        if now_s - guesser.last_s > FORGET_S:
            guesser.failures = 0
        guesser.failures += 1
        guesser.last_s = now_s
        if guesser.failures >= FREE_TRIES:
            guesser.until_s = now_s + min(FIRST_WAIT_S * 2.0 ** min(guesser.failures - FREE_TRIES, 20), LONGEST_WAIT_S)
        self._guessers[key] = guesser
        while len(self._guessers) > MAX_ADDRESSES:
            self._guessers.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """The right token came: this address starts anew."""
        self._guessers.pop(network_of(address), None)

    def _refill(self, now_s: float) -> None:
        self._spent = max(self._spent - (now_s - self._refilled_s) * TRIES_PER_MINUTE / 60.0, 0.0)
        self._refilled_s = now_s


class Sessions:
    """Random cookies of browsers that showed the token."""

    def __init__(self, clock: Callable[[], float]):
        self._clock = clock
        self._ends_s: OrderedDict[str, float] = OrderedDict()

    def open(self) -> str:
        """A new session; the oldest one ends when there are too many."""
        name = secrets.token_urlsafe(32)
        self._ends_s[name] = self._clock() + SESSION_S
        while len(self._ends_s) > MAX_SESSIONS:
            self._ends_s.popitem(last=False)
        return name

    def valid(self, name: str) -> bool:
        """Whether this cookie belongs to a session that has not ended."""
        if self._ends_s.get(name, 0.0) > self._clock():
            return True
        self.close(name)
        return False

    def close(self, name: str) -> None:
        """End a session."""
        self._ends_s.pop(name, None)


class Login:
    """Token, sessions and the brake together."""

    def __init__(self, token: str, clock: Callable[[], float]):
        self._token = token.encode()
        self.sessions, self.limit = Sessions(clock), GuessLimit(clock)

    def enter(self, given: str, address: str) -> tuple[str, float]:
        """Try a token: (new session, 0), ("", 0) when it is wrong, ("", seconds) when it was not even looked at."""
        wait_s = self.limit.wait_s(address)
        if wait_s > 0.0:
            return "", wait_s
        if not hmac.compare_digest(given.strip().encode("utf-8", "replace"), self._token):
            self.limit.failed(address)
            return "", 0.0
        self.limit.succeeded(address)
        return self.sessions.open(), 0.0


def network_of(address: str) -> str:
    """What counts as one guesser: an IPv4 address, or the 64 bits of IPv6 that one customer holds."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
