"""Where the page listens: this machine only unless there is a token, on a port that is free.

The page drives a robot. Without a token it never listens beyond loopback, and it answers only to browsers whose address
bar shows this machine, so that no other web site can press its buttons. With one, `front` listens in its place.
"""

from __future__ import annotations

import ipaddress
import re
import socket

from gesture_robot.errors import InvalidInput
from gesture_robot.page.access import TOKEN_VARIABLE

EXAMPLE = "127.0.0.1:8080"
LOOPBACK_ORIGIN = re.compile(r"https?://(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?")
PORTS_TO_TRY = 200


def parse_bind(bind: str, *, beyond_loopback: bool = False) -> tuple[str, int]:
    """Split "HOST:PORT" (port 0: any free one) into an address and a port.

    Args:
        bind: the text.
        beyond_loopback: there is a token, so other machines may reach it.

    Raises:
        InvalidInput: not HOST:PORT, or an address that other machines can reach; the message gives the ssh tunnel.
    """
    host, colon, port_text = bind.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port_text.isascii() or not port_text.isdigit() or int(port_text) > 65535:
        raise InvalidInput(f"--bind '{bind}' is not HOST:PORT with a port of 0 to 65535. "
                           f"Use for example --bind {EXAMPLE}")
    port = int(port_text)
    if host == "localhost":
        return "127.0.0.1", port
    if is_loopback(host):
        return host, port
    if not beyond_loopback:
        raise InvalidInput(_refusal(host, port))
    return _numeric(bind, host), port


def shown_url(host: str, port: int) -> str:
    """What to open in a browser; every address of this machine is shown as its name."""
    if not is_loopback(host) and ipaddress.ip_address(host).is_unspecified:
        host = socket.gethostname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def check_free(host: str, port: int) -> None:
    """Raise InvalidInput, naming a free port, if nothing can listen at `host`:`port`."""
    error = _bind_error(host, port)
    if error is None:
        return
    if isinstance(error, PermissionError):
        problem = f"port {port} needs more rights than this user has"
    elif error.errno is not None and "in use" in str(error):
        problem = f"port {port} on {host} is taken by another program"
    else:
        problem = f"cannot listen on {host}:{port} ({error.strerror})"
    shown = f"[{host}]" if ":" in host else host
    raise InvalidInput(f"{problem}. Use a free one: --bind {shown}:{_free_port(host, port)}")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _numeric(bind: str, host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise InvalidInput(f"--bind '{bind}': give the address to listen at in numbers, 0.0.0.0 for all of this "
                           f"machine's. Use for example --bind 0.0.0.0:8080") from None


def _refusal(host: str, port: int) -> str:
    try:
        wildcard = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        wildcard = False
    machine = socket.gethostname() if wildcard else host
    return (f"--bind {host}:{port} would let everybody on the network drive the robot, so the page listens on this "
            f"machine only. Use --bind 127.0.0.1:{port}, then on the other machine: "
            f"ssh -L {port}:127.0.0.1:{port} USER@{machine} and open http://127.0.0.1:{port} there. "
            f"Or set a token, which the page then asks for: --token-file FILE, or {TOKEN_VARIABLE} in the environment")


def _bind_error(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server does: a port whose last connections still linger counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return error
    return None


def _free_port(host: str, taken: int) -> int:
    first = taken + 1 if taken >= 1024 else 8080
    for port in range(first, min(first + PORTS_TO_TRY, 65536)):
        if _bind_error(host, port) is None:
            return port
    return 0
