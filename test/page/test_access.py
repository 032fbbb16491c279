"""Token, sessions, the brake on guessing, and request heads: pure, with a clock of the test."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.errors import InvalidInput
from gesture_robot.page import access
from gesture_robot.page.access import GuessLimit, Login, Sessions, network_of, read_token
from gesture_robot.page.http_head import BadRequest, RequestHead, host_allowed, parse_head

TOKEN = "correct-horse-battery"


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_token_comes_from_the_file_or_the_environment_and_is_never_quoted(tmp_path) -> None:
    path = tmp_path / "token"
    path.write_text(f"  {TOKEN}\n")
    assert read_token(str(path), {access.TOKEN_VARIABLE: "another-token-of-length"}) == TOKEN
    assert read_token("", {access.TOKEN_VARIABLE: TOKEN}) == TOKEN
    assert read_token("", {}) == ""
    for bad in ("short-secret", "secret with spaces in it", "secret" + 12 * "\u00e4",
                "secret-secret-1\nsecret-secret-2"):
        path.write_text(bad)
        with pytest.raises(InvalidInput, match="secrets.token_urlsafe") as error:
            read_token(str(path), {})
        assert "secret-" not in str(error.value).replace("secrets", "") and error.value.exit_code == 2
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_token(str(tmp_path / "absent"), {})


def test_guessing_is_slowed_down_for_one_address_only() -> None:
    clock = Clock()
    login = Login(TOKEN, clock)
    for _ in range(access.FREE_TRIES):
        assert login.enter("wrong", "10.0.0.1") == ("", 0.0)
    waits = []
    for _ in range(12):
        session, wait_s = login.enter(TOKEN, "10.0.0.1")
        assert not session and wait_s > 0.0  # not even looked at
        waits.append(wait_s)
        clock.now_s += wait_s
        login.enter("wrong", "10.0.0.1")
    assert waits == sorted(waits) and waits[1] >= 2.0 * waits[0] - 1e-9 and waits[-1] == access.LONGEST_WAIT_S
    session, wait_s = login.enter(TOKEN, "10.0.0.2")
    assert session and wait_s == 0.0
    clock.now_s += access.LONGEST_WAIT_S
    assert login.enter(f" {TOKEN} ", "10.0.0.1")[0]
    assert login.enter("wrong", "10.0.0.1") == ("", 0.0)  # success: the count begins anew


def test_guesses_from_everywhere_are_bounded_and_so_is_the_memory() -> None:
    clock = Clock()
    limit = GuessLimit(clock)
    tries = 0
    for number in range(5 * access.MAX_ADDRESSES):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        if limit.wait_s(address) == 0.0:
            limit.failed(address)
            tries += 1
        clock.now_s += 0.01
    assert tries <= access.TRIES_PER_MINUTE * (1.0 + 5 * access.MAX_ADDRESSES * 0.01 / 60.0) + 1
    for number in range(5 * access.MAX_ADDRESSES):
        limit.failed(f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limit._guessers) <= access.MAX_ADDRESSES


def test_one_customer_of_ipv6_is_one_guesser() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")
    assert network_of("fe80::1%eth0") == network_of("fe80::2")


def test_sessions_end_differ_and_stay_few() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    names = [sessions.open() for _ in range(access.MAX_SESSIONS + 5)]
    assert len(set(names)) == len(names) and min(map(len, names)) >= 40
    assert [sessions.valid(name) for name in names].count(True) == access.MAX_SESSIONS
    sessions.close(names[-1])
    assert not sessions.valid(names[-1]) and sessions.valid(names[-2]) and not sessions.valid("")
    clock.now_s += access.SESSION_S
    assert not any(sessions.valid(name) for name in names)


def head(*lines: str) -> RequestHead:
    return parse_head("\r\n".join([*lines, "", ""]).encode("latin-1"))


def test_a_usual_request_is_read() -> None:
    request = head("GET /a?b=c HTTP/1.1", "Host: robot:8080", "Cookie: x=1; gesture_robot_80=abc",
                   "Origin: http://Robot:8080")
    assert (request.method, request.path, request.length, request.websocket) == ("GET", "/a?b=c", 0, False)
    assert request.cookie("gesture_robot_80") == "abc" and request.cookie("y") == "" and request.same_origin
    assert not head("GET / HTTP/1.1", "Host: robot", "Origin: http://evil.example").same_origin
    assert not head("GET / HTTP/1.1", "Host: robot").same_origin
    assert head("GET / HTTP/1.1", "Cookie: a=1; a=2").cookie("a") == ""


@pytest.mark.parametrize("lines", [
    ("",), ("GET /",), ("GET / HTTP/2",), ("DELETE / HTTP/1.1",), ("GET http://evil/ HTTP/1.1",), ("GET  / HTTP/1.1",),
    ("GET / HTTP/1.1", "no colon"), ("GET / HTTP/1.1", " folded: x"), ("GET / HTTP/1.1", "Host : x"),
    ("GET / HTTP/1.1", "Host: a", "Host: b"), ("POST / HTTP/1.1", "Transfer-Encoding: chunked"),
    ("GET / HTTP/1.1", "X: a\x00b"), ("GET / HTTP/1.1", "X: \xe9"), ("GET / HTTP/1.1", "X: a\nY: b"),
])
def test_unusual_requests_are_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(BadRequest):
        head(*lines)


@given(st.binary(max_size=300))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for given_bytes in (raw, b"GET / HTTP/1.1\r\n" + raw + b"\r\n\r\n"):
        try:
            request = parse_head(given_bytes)
            assert isinstance(request.cookie("a"), str) and request.same_origin in (True, False) and request.length >= 0
        except BadRequest as error:
            assert error.status in (400, 405)


@pytest.mark.parametrize(("host", "allowed"), [
    ("192.168.1.7:8080", True), ("127.0.0.1", True), ("[::1]:8080", True), ("localhost:1", True),
    ("Robot.example", True),
    ("evil.example", False), ("", False), ("a b", False), ("robot.example.evil.example", False), ("[::1", False),
])
def test_only_names_of_this_machine_are_served(host: str, allowed: bool) -> None:
    assert host_allowed(host, ("robot.example",)) is allowed
