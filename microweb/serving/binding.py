"""Sockets to listen on: of TCP, of Unix, or inherited; and who holds an address that is taken.

Law of this module: it opens a socket or raises an OSError whose text is a sentence. It asks no
name service for a numeric address and knows no HTTP and no application.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LISTEN_BACKLOG = 1024
# The first descriptor that systemd passes, as sd_listen_fds(3) says.
_FIRST_SYSTEMD_DESCRIPTOR = 3
# Seconds for finding out who holds a port.
_HOLDER_SEARCH_SECONDS = 0.2


class AddressInUse(OSError):
    """The address to listen on is taken; the text names it, its holder, and a port that is free."""

    def __init__(self, text: str) -> None:
        super().__init__(errno.EADDRINUSE, text)

    def __str__(self) -> str:
        return str(self.args[1])


def unix_family() -> int | None:
    """Return the family of Unix sockets; None where Python has none, as on Windows."""
    return getattr(socket, "AF_UNIX", None)


def join_host_port(host: str, port: int) -> str:
    """Return the two as they stand in a URL, like "[::1]:80"."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback_host(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on *host*."""
    return host in ("localhost", "::1", "[::1]") or host.startswith(("127.", "unix://"))


def open_listener(
    host: str, port: int, fd: int | None = None, mode: int | None = None
) -> socket.socket:
    """Return a socket that listens on *host* and *port*, or is descriptor *fd* duplicated.

    *host* is a name, an address of IPv4 or IPv6 ("::" takes both), or "unix://" and a path, with
    *mode* the permissions of the file made there: one left behind that nobody answers on goes.
    """
    if fd is not None:
        return _duplicate_listener(fd)
    if host.startswith("unix://"):
        return _listen_on_path(os.path.abspath(host[len("unix://") :]), mode)
    host = host[1:-1] if host[:1] == "[" and host[-1:] == "]" else host
    if type(port) is not int:
        raise TypeError(f"the port is {port!r:.40}; it must be a number, 0 for any that is free")
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    address: Any = (host, port)
    try:
        if "%" in host:  # A scope, which only getaddrinfo reads; bytes spare it `unicodedata`.
            address = socket.getaddrinfo(host.encode("ascii"), port, sock.family)[0][4]
        if host == "::":
            with suppress(OSError, AttributeError):
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # On Windows the first of these options would let two servers share a port.
        shared = "SO_REUSEADDR" if sys.platform != "win32" else "SO_EXCLUSIVEADDRUSE"
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, shared), 1)
        sock.bind(address)
        sock.listen(_LISTEN_BACKLOG)
        # Inherited by what is accepted: an answer in pieces must not wait for acknowledgements.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, OverflowError) as error:
        sock.close()
        code = error.errno if isinstance(error, OSError) else 0
        if code == errno.EADDRINUSE:
            raise AddressInUse(describe_address_in_use(host, port)) from None
        if code == errno.EACCES and port < 1024:
            reason = os.strerror(code)
            text = f"{reason}: ports below 1024 are the administrator's; take a higher one"
            raise PermissionError(code, text) from None
        raise
    return sock


def _duplicate_listener(fd: int) -> socket.socket:
    try:
        sock = socket.socket(fileno=socket.dup(fd))
        if sock.type == socket.SOCK_STREAM and sock.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        ):
            return sock
        sock.close()
    except (OSError, OverflowError, TypeError):
        pass
    raise OSError(errno.ENOTSOCK, f"descriptor {fd!r:.40} is no socket that listens")


def _listen_on_path(path: str, mode: int | None) -> socket.socket:
    family = unix_family()
    if family is None:
        raise OSError(errno.EAFNOSUPPORT, "this system has no Unix sockets; give a host and a port")
    sock = socket.socket(family)
    try:
        try:
            sock.bind(path)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            _remove_stale_socket(path)
            sock.bind(path)
        if mode is not None:
            os.chmod(path, mode)  # Before anybody can connect.
        sock.listen(_LISTEN_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def _remove_stale_socket(path: str) -> None:
    """Remove the socket that an ended server left behind; raise if it is anything else."""
    from stat import S_ISSOCK

    if not S_ISSOCK(os.lstat(path).st_mode):
        raise AddressInUse(f"{path} is in use: it is no socket, and it is not removed for one")
    with socket.socket(unix_family() or 0) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except OSError:
            pass
    raise AddressInUse(f"{path} is in use: somebody answers on it")


def find_systemd_descriptor() -> int | None:
    """Return the descriptor of the socket that systemd passes to this process, if it does."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    count = os.environ.get("LISTEN_FDS", "0")
    if count != "1":
        text = f"systemd passes {count:.10} sockets; one can be served: one ListenStream= is needed"
        raise OSError(errno.EINVAL, text)
    return _FIRST_SYSTEMD_DESCRIPTOR


def describe_address_in_use(host: str, port: int) -> str:
    """Return the sentence for `AddressInUse`: what is taken, by whom, and which port is free."""
    holder = _find_listener(port)
    text = f"{join_host_port(host, port)} is in use" + (f" by {holder}" if holder else "")
    if port in (5000, 7000) and sys.platform == "darwin":
        text += " (on a Mac often by the AirPlay receiver, which System Settings can switch off)"
    for candidate in range(port + 1, min(port + 1 + 50, 65536)):
        if _is_free(host, candidate):
            return f"{text}; port {candidate} is free"
    return f"{text}; port 0 takes any that is free"


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError:
        return False
    return True


def _find_listener(port: int) -> str:
    """Return name and number of who listens on *port*, "" where /proc does not tell in time."""
    inodes, end = set(), monotonic() + _HOLDER_SEARCH_SECONDS
    try:
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as lines:
                for fields in map(str.split, lines):
                    # The local address is "0100007F:1388"; state 0A is LISTEN.
                    if fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
                        inodes.add(f"socket:[{fields[9]}]")
    except (OSError, IndexError):
        pass
    # The youngest first: what was forgotten in another terminal has not run for long.
    processes = sorted(filter(str.isdigit, os.listdir("/proc") if inodes else ()), key=int)
    for process in reversed(processes):
        holder = _name_holder(process, inodes) if monotonic() < end else ""
        if holder:
            return holder
    return ""


def _name_holder(process: str, inodes: set[str]) -> str:
    try:
        folder = f"/proc/{process}/fd/"
        if any(os.readlink(folder + fd) in inodes for fd in os.listdir(folder)):
            with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as name:
                return f"{name.read().strip()} (process {process})"
    except OSError:
        pass  # Another user's process, or one that has ended meanwhile.
    return ""
