"""Addresses to listen on, and who holds one that is taken. Knows no HTTP and no application."""

from __future__ import annotations

import errno
import os
import socket


class AddressInUse(OSError):
    """The address to listen on is taken; the text names it, its holder, and a port that is free."""

    def __init__(self, text: str) -> None:
        super().__init__(errno.EADDRINUSE, text)

    def __str__(self) -> str:
        return str(self.args[1])


def join_host_port(host: str, port: int) -> str:
    """Return the two as they stand in a URL, like "[::1]:80"."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address_family(host: str) -> int:
    """Return the socket family of a host: IPv6 where there is a colon in it."""
    return int(socket.AF_INET6 if ":" in host else socket.AF_INET)


def describe_address_in_use(host: str, port: int) -> str:
    """Return the sentence for `AddressInUse`: what is taken, by whom, and which port is free."""
    text = f"{join_host_port(host, port)} is in use"
    holder = _find_listener(port)
    text += f" by {holder}" if holder else ""
    for candidate in range(port + 1, min(port + 1 + 50, 65536)):
        if _is_free(host, candidate):
            return f"{text}; port {candidate} is free"
    return f"{text}; port 0 takes any that is free"


def _is_free(host: str, port: int) -> bool:
    try:
        socket.create_server((host, port), family=address_family(host)).close()
    except OSError:
        return False
    return True


def _find_listener(port: int) -> str:
    """Return name and number of who listens on *port*, "" where /proc does not tell."""
    inodes = set()
    try:
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as lines:
                for fields in map(str.split, lines):
                    # The local address is "0100007F:1388"; state 0A is LISTEN.
                    if fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
                        inodes.add(f"socket:[{fields[9]}]")
    except (OSError, IndexError):
        pass
    processes = filter(str.isdigit, os.listdir("/proc") if inodes else ())
    return next(filter(None, (_name_holder(process, inodes) for process in processes)), "")


def _name_holder(process: str, inodes: set[str]) -> str:
    try:
        folder = f"/proc/{process}/fd/"
        if any(os.readlink(folder + fd) in inodes for fd in os.listdir(folder)):
            with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as name:
                return f"{name.read().strip()} (process {process})"
    except OSError:
        pass  # Another user's process, or one that has ended meanwhile.
    return ""
