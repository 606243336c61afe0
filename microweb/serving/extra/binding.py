"""Sockets that are not plain TCP, and what keeps one from being bound.

A function here returns a socket or raises an OSError whose text is a sentence. It asks no name
service for a numeric address.
"""

from __future__ import annotations

import errno
import os
import socket
import sys
from time import monotonic

from ...text.hosts import join_host_port

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

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


def open_special_listener(
    host: str, port: int, fd: int | None = None, mode: int | None = None
) -> socket.socket:
    """Return a socket that listens: descriptor *fd* duplicated, a Unix socket, or a scoped address.

    *host* is "unix://" and a path, with *mode* the permissions of the file made there (a file that
    an ended server left behind is removed), or an address of IPv6 with a scope ("fe80::1%eth0").
    """
    if fd is not None:
        return _duplicate_listener(fd)
    if host.startswith("unix://"):
        return _listen_on_path(os.path.abspath(host[len("unix://") :]), mode)
    sock = socket.socket(socket.AF_INET6)
    try:
        # Only getaddrinfo reads a scope; given bytes, it needs no `unicodedata`.
        address = socket.getaddrinfo(host.encode("ascii"), port, socket.AF_INET6)[0][4]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        raise explain_bind_error(error, host, port) from None
    return sock


def explain_bind_error(error: OSError, host: str, port: int) -> OSError:
    """Return what to raise for *error*, which kept a socket from being bound: with what to do."""
    if error.errno == errno.EADDRINUSE:
        return AddressInUse(describe_address_in_use(host, port))
    if error.errno == errno.EACCES and port < 1024:
        text = "ports below 1024 are the administrator's; take a higher one"
        return PermissionError(error.errno, f"{os.strerror(error.errno)}: {text}")
    return error


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
            os.chmod(path, mode)  # Before a client can connect.
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
    raise AddressInUse(f"{path} is in use: a server answers on it")


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
