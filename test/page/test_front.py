"""The page behind its login, attacked over real sockets: nothing without a session, everything bounded, STOP works."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest
from page_clients import WAIT_S, Browser, ask, comes_true, log_in, place, send
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gesture_robot.datatypes import RobotModel
from gesture_robot.page import access
from gesture_robot.page.front import MAX_WAITING
from gesture_robot.page.guard import LONGEST_TEXT, Budget, judge
from gesture_robot.page.http_head import LARGEST_HEAD
from gesture_robot.page.server import OperatorPage

TOKEN = "correct-horse-battery"


@pytest.fixture(scope="module")
def page(wren: RobotModel) -> Iterator[OperatorPage]:
    with OperatorPage(wren, "0.0.0.0:0", gestures=("wave",), token=TOKEN, shows=("joints",)) as page:
        page.url = f"http://127.0.0.1:{place(page)[1]}/"
        yield page


@pytest.fixture(scope="module")
def cookie(page: OperatorPage) -> str:
    return log_in(page, TOKEN).cookie


def test_without_a_session_there_is_only_the_form(page: OperatorPage) -> None:
    for path in ("/", "/index.html", "/assets/x.js", "/?token=x"):
        for headers in ({}, {"Cookie": "gesture_robot=x"}, {"Cookie": f"gesture_robot_{place(page)[1]}=guess"}):
            answer = ask(page, "GET", path, **headers)
            assert answer.status == 200 and b'name="token"' in answer.body and b"viser" not in answer.body.lower()
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert b"http://" not in answer.body and b"https://" not in answer.body


def test_the_right_token_opens_the_page_with_a_cookie_that_scripts_cannot_read(page: OperatorPage) -> None:
    answer = log_in(page, TOKEN)
    assert answer.status == 303 and answer.headers["location"] == "/"
    for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="):
        assert part in answer.headers["set-cookie"]
    assert TOKEN not in answer.headers["set-cookie"]
    inside = ask(page, "GET", "/", Cookie=answer.cookie)
    assert inside.status == 200 and b"<html" in inside.body and inside.headers["x-frame-options"] == "DENY"
    assert len(inside.body) == int(inside.headers["content-length"])
    host = ":".join(map(str, place(page)))
    assert ask(page, "POST", "/logout", Cookie=answer.cookie, Origin=f"http://{host}").status == 303
    assert b'name="token"' in ask(page, "GET", "/", Cookie=answer.cookie).body


def test_a_wrong_token_is_refused_slowed_down_and_not_logged(
        wren: RobotModel, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    with OperatorPage(wren, "127.0.0.1:0", token=TOKEN) as page:  # with a token, loopback asks for it too
        statuses = [log_in(page, f"wrong-guess-{k}").status for k in range(access.FREE_TRIES + 2)]
        assert statuses == [401] * access.FREE_TRIES + [429] * 2
        late = log_in(page, TOKEN)
        assert late.status == 429 and int(late.headers["retry-after"]) >= 1 and not late.cookie
    said = caplog.text + "".join(capfd.readouterr())
    assert "wrong token" in said and "guess" not in said and TOKEN not in said


@pytest.mark.parametrize(("headers", "status"), [
    ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403), ({}, 403), ({"Host": "evil.example"}, 421),
])
def test_the_form_of_another_site_is_not_taken(page: OperatorPage, headers: dict[str, str], status: int) -> None:
    assert ask(page, "POST", "/login", f"token={TOKEN}", **headers).status == status


def test_websockets_need_session_and_origin(page: OperatorPage, cookie: str) -> None:
    for given, origin in (("", None), ("gesture_robot=x", None), (cookie, "http://evil.example")):
        with pytest.raises(InvalidStatus, match="403"):
            Browser(page, given, origin)


def test_a_browser_with_a_session_presses_stop_and_ends_with_it(page: OperatorPage) -> None:
    entered = log_in(page, TOKEN)
    browser = Browser(page, entered.cookie)
    page.stop_pressed.clear()
    browser.set("STOP", True)
    assert page.stop_pressed.wait(WAIT_S)
    ask(page, "POST", "/logout", Cookie=entered.cookie, Origin=page.url.rstrip("/"))
    assert browser.ended.wait(WAIT_S)


@pytest.mark.parametrize(("raw", "status"), [
    (b"\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400), (b"GET /\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * LARGEST_HEAD + b"\r\n\r\n", 431),
    (b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Length: 99999999\r\n\r\n", 413),
    (b"PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405), (b"GET / HTTP/1.1\r\n\r\n", 421),
])
def test_strange_and_oversized_requests_get_their_status(page: OperatorPage, raw: bytes, status: int) -> None:
    assert send(page, raw).status == status


def test_the_slow_and_the_many_do_not_lock_the_operator_out(page: OperatorPage, cookie: str) -> None:
    browser = Browser(page, cookie)
    page.stop_pressed.clear()
    with ExitStack() as lines:
        held = [lines.enter_context(socket.create_connection(place(page), WAIT_S)) for _ in range(MAX_WAITING + 20)]
        for line in held:
            with suppress(OSError):
                line.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        assert log_in(page, TOKEN).cookie  # newcomers push out who waits longest
        browser.set("STOP", True)
        assert page.stop_pressed.wait(WAIT_S)
        with suppress(OSError):
            assert held[-1].recv(10) == b""  # cut off by the time limit
    browser.close()


RUBBISH = (b"", b"\x00" * 100, b"\xff" * 5000, b"\x93" * 20000, b"\x81\xa4type\xa1x", "text")


@pytest.mark.parametrize("behind_login", [True, False])
def test_fifty_clients_with_rubbish_do_not_hinder_stop(wren: RobotModel, behind_login: bool,
                                                       capfd: pytest.CaptureFixture[str]) -> None:
    with OperatorPage(wren, "127.0.0.1:0", token=TOKEN if behind_login else "") as page:
        cookie = log_in(page, TOKEN).cookie if behind_login else ""
        browser = Browser(page, cookie)

        def disturb(number: int) -> None:
            with suppress(ConnectionClosed, InvalidStatus, OSError, EOFError, TimeoutError):
                other = Browser(page, cookie)
                for k in range(20):
                    other.socket.send(RUBBISH[(number + k) % len(RUBBISH)])
                other.close()

        with ThreadPoolExecutor(10) as pool:
            waiting = [pool.submit(disturb, number) for number in range(50)]
            for _ in range(5):
                page.stop_pressed.clear()
                browser.set("STOP", True)
                assert page.stop_pressed.wait(WAIT_S)
            for one in waiting:
                one.result(60.0)
        assert page.answers(5.0)
        browser.set("STOP", True)
        browser.close()
    assert "Traceback" not in capfd.readouterr().err


def test_frames_are_judged_before_the_page_reads_them() -> None:
    import msgspec

    def update(**updates: object) -> str:
        return judge(msgspec.msgpack.encode({"type": "GuiUpdateMessage", "uuid": "a", "updates": updates}))

    assert update(value=1.5) == update(value=True) == update(value="hello") == "take"
    assert update(removed=True) == update(value=1.0, disabled=True) == update(value=[1]) == "ignore"
    for bad in (float("nan"), float("inf"), "x" * (LONGEST_TEXT + 1)):
        assert update(value=bad) not in ("take", "ignore")
    assert judge(msgspec.msgpack.encode({"type": "ShareUrlRequest"})) == "ignore"
    for raw in (*RUBBISH[:4], "text", msgspec.msgpack.encode([1, 2]), msgspec.msgpack.encode({"type": 3})):
        assert judge(raw) not in ("take", "ignore")
    now = [0.0]
    budget = Budget(lambda: now[0])
    assert [budget.spend() for _ in range(401)] == [True] * 400 + [False]
    now[0] = 1.0
    assert budget.spend()


def test_without_an_answer_nobody_watches(wren: RobotModel) -> None:
    with OperatorPage(wren, "127.0.0.1:0") as page:
        assert not page.answers(60.0)
        browser = Browser(page)
        assert page.answers(60.0) and comes_true(page.has_visitor)
        browser.close()
        assert comes_true(lambda: not page.answers(60.0))

