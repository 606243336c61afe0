"""Listening sockets: making one, and saying who holds the port when that fails.

Law of this module: it knows addresses and the system's tables, no HTTP and no application.
"""

from __future__ import annotations

import errno
import os
import socket

_NEXT_PORTS_TRIED = 50


class AddressInUse(OSError):
    """The address to listen on is taken; the text names it, its holder, and a port that is free.

    >>> from microweb.serving import AddressInUse
    >>> str(AddressInUse("127.0.0.1:5000 is in use"))
    '127.0.0.1:5000 is in use'
    """

    def __init__(self, text: str) -> None:
        super().__init__(errno.EADDRINUSE, text)

    def __str__(self) -> str:
        return str(self.args[1])


def join_host_port(host: str, port: int) -> str:
    """Return the two as they stand in a URL.

    >>> from microweb.serving.binding import join_host_port
    >>> join_host_port("::1", 80)
    '[::1]:80'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address_family(host: str) -> int:
    """Return the socket family of a host: IPv6 where there is a colon in it."""
    return int(socket.AF_INET6 if ":" in host else socket.AF_INET)


def describe_address_in_use(host: str, port: int) -> str:
    """Return the sentence for `AddressInUse`: what is taken, by whom, and which port is free."""
    text = f"{join_host_port(host, port)} is in use"
    holder = _find_listener(port)
    if holder:
        text += f" by {holder}"
    elif port == 5000 and os.uname().sysname == "Darwin" if hasattr(os, "uname") else False:
        text += " (on macOS by AirPlay Receiver, unless it is switched off)"
    for candidate in range(port + 1, min(port + 1 + _NEXT_PORTS_TRIED, 65536)):
        if _is_free(host, candidate):
            return f"{text}; port {candidate} is free"
    return f"{text}; port 0 takes any that is free"


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.socket(address_family(host), socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
        return True
    except OSError:
        return False


def _find_listener(port: int) -> str:
    """Return name and number of the process that listens on *port*, "" where /proc does not tell.

    Linux lists listening sockets with an inode (proc(5)), and the descriptors of those processes
    that this user may look at.
    """
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as lines:
                for fields in map(str.split, lines):
                    # The local address is "0100007F:1388"; state 0A is LISTEN.
                    if len(fields) > 9 and fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
                        inodes.add(f"socket:[{fields[9]}]")
        except OSError:
            continue
    for process in filter(str.isdigit, os.listdir("/proc") if inodes else ()):
        try:
            links = (f"/proc/{process}/fd/{fd}" for fd in os.listdir(f"/proc/{process}/fd"))
            if any(os.readlink(link) in inodes for link in links):
                with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as name:
                    return f"{name.read().strip()} (process {process})"
        except OSError:
            continue
    return ""
