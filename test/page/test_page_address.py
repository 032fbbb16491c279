"""Where the page listens: this machine only; every refusal says what works."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gesture_robot.errors import InvalidInput
from gesture_robot.page.address import LOOPBACK_ORIGIN, check_free, parse_bind, shown_url


@pytest.mark.parametrize(("bind", "expected"), [
    ("127.0.0.1:8080", ("127.0.0.1", 8080)), ("localhost:1", ("127.0.0.1", 1)), (" 127.0.0.5:0 ", ("127.0.0.5", 0)),
    ("[::1]:65535", ("::1", 65535)),
])
def test_addresses_of_this_machine_are_accepted(bind: str, expected: tuple[str, int]) -> None:
    assert parse_bind(bind) == expected


@pytest.mark.parametrize("bind", ["0.0.0.0:8080", "192.168.1.7:8080", "[::]:8080", "robot.local:8080", "8.8.8.8:8080"])
def test_beyond_this_machine_is_refused_with_the_tunnel(bind: str) -> None:
    with pytest.raises(InvalidInput, match=r"ssh -L 8080:127\.0\.0\.1:8080 USER@\S+") as error:
        parse_bind(bind)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == 2
    assert "--token-file" in str(error.value) and "GESTURE_ROBOT_PAGE_TOKEN" in str(error.value)


@pytest.mark.parametrize(("bind", "expected"), [
    ("0.0.0.0:8080", ("0.0.0.0", 8080)), ("[::]:1", ("::", 1)), ("192.168.1.7:0", ("192.168.1.7", 0)),
    ("127.0.0.1:8080", ("127.0.0.1", 8080)),
])
def test_with_a_token_other_machines_may_reach_it(bind: str, expected: tuple[str, int]) -> None:
    assert parse_bind(bind, beyond_loopback=True) == expected
    assert shown_url(*expected).startswith("http://") and "0.0.0.0" not in shown_url(*expected)


def test_with_a_token_the_address_is_still_given_in_numbers() -> None:
    with pytest.raises(InvalidInput, match="in numbers"):
        parse_bind("robot.local:8080", beyond_loopback=True)


@pytest.mark.parametrize("bind", ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                                  "127.0.0.1:-1", "127.0.0.1:8080:", "127.0.0.1:\u0663"])
def test_what_is_no_address_is_refused_with_an_example(bind: str) -> None:
    with pytest.raises(InvalidInput, match=r"Use for example --bind 127\.0\.0\.1:8080"):
        parse_bind(bind)


@given(st.text(max_size=30))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_any_text_is_loopback_or_refused(bind: str) -> None:
    try:
        host, port = parse_bind(bind)
    except InvalidInput:
        return
    assert host.startswith("127.") or host in ("::1", "0:0:0:0:0:0:0:1")
    assert 0 <= port <= 65535


def test_a_taken_port_is_named_with_one_that_is_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        taken = other.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"port {taken} .*taken.*--bind 127.0.0.1:") as error:
            check_free("127.0.0.1", taken)
        offered = int(str(error.value).rsplit(":", 1)[1])
        assert offered != taken
        check_free("127.0.0.1", offered)


@pytest.mark.parametrize(("origin", "accepted"), [
    ("http://127.0.0.1:8080", True), ("http://localhost:9000", True), ("http://[::1]:8080", True),
    ("http://evil.example", False), ("http://127.0.0.1.evil.example:8080", False),
    ("https://localhost.evil.example", False), ("null", False),
])
def test_only_pages_of_this_machine_may_press_buttons(origin: str, accepted: bool) -> None:
    assert bool(LOOPBACK_ORIGIN.fullmatch(origin)) is accepted
