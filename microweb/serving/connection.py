"""One client's connection: bytes in and out of a socket, with time limits.

Law of this module: the socket never blocks unless a request's own thread waits for its own client,
and before it does, *step_aside* is called, so that nobody else waits with it. It knows no HTTP.
"""

from __future__ import annotations

import socket
import struct
from time import monotonic

from .body import BodyBroken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Seconds: for a whole head, for the next bytes of a body, for the client to take what is sent,
#: for the next request, and for the client to close after the server did.
HEAD_TIMEOUT = 10.0
BODY_TIMEOUT = 20.0
SEND_TIMEOUT = 30.0
IDLE_TIMEOUT = 15.0
LINGER_TIMEOUT = 2.0
# A body may take BODY_TIMEOUT plus the time that this many bytes a second need.
_MIN_BODY_RATE = 1024
_HEAD_BLOCK = 16384
_RECEIVE_BLOCK = 65536


class ClientConnection:
    """A connection that was accepted.

    `buffer` holds what was received and not used, of which the first `scanned` bytes have been
    searched for the end of a head, which is `head_end` or -1. `deadline` is the monotonic time at
    which waiting for the client ends; `watched`, whether the selector watches the socket;
    `lingering`, whether the server has closed its side.
    """

    __slots__ = (
        "_body_began",
        "_body_received",
        "_step_aside",
        "buffer",
        "deadline",
        "environ",
        "head_end",
        "lingering",
        "scanned",
        "sock",
        "watched",
    )

    def __init__(
        self, sock: socket.socket, environ: dict[str, Any], step_aside: Callable[[], None]
    ) -> None:
        self.sock = sock
        self.environ = environ
        self.buffer = bytearray()
        self.scanned = 0
        self.head_end = -1
        self.deadline = monotonic() + HEAD_TIMEOUT
        self.watched = False
        self.lingering = False
        self._step_aside = step_aside
        self._body_began = 0.0
        self._body_received = 0

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector."""
        return self.sock.fileno()

    def receive_now(self) -> bool | None:
        """Take in what is there: True if there was something, None if not yet, False at the end."""
        try:
            data = self.sock.recv(_HEAD_BLOCK)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return False
        if not self.lingering:
            if not self.buffer:
                self.deadline = monotonic() + HEAD_TIMEOUT
            self.buffer += data
        return bool(data)

    def begin_body(self) -> None:
        """Start the clock for a request's body."""
        self._body_began, self._body_received = monotonic(), 0

    def receive(self) -> bytes:
        """Return some bytes of a body, waiting for them; b"" at the end of the connection."""
        try:
            data = self.sock.recv(_RECEIVE_BLOCK)
        except (BlockingIOError, InterruptedError):
            data = self._wait_and_receive()
        self._body_received += len(data)
        return data

    def _wait_and_receive(self) -> bytes:
        self._step_aside()
        allowed = BODY_TIMEOUT + self._body_received / _MIN_BODY_RATE
        patience = min(BODY_TIMEOUT, self._body_began + allowed - monotonic())
        try:
            self.sock.settimeout(max(0.001, patience))
            return self.sock.recv(_RECEIVE_BLOCK)
        except socket.timeout:
            raise BodyBroken(408, "the client stopped sending the body") from None
        finally:
            self.sock.settimeout(0)

    def send(self, data: bytes) -> None:
        """Send all of *data*, waiting where the client is slow; raise OSError if that fails."""
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        if sent < len(data):
            self._step_aside()
            rest = memoryview(data)[sent:]
            self.sock.settimeout(SEND_TIMEOUT)
            try:
                while rest:
                    rest = rest[self.sock.send(rest) :]
            finally:
                self.sock.settimeout(0)

    def linger(self) -> bool:
        """Close the server's side, so that what was sent arrives; return if that is possible.

        Closing altogether while the client still sends would reset the connection, and the
        answer would be lost with it (RFC 9112 §9.6).
        """
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        self.lingering = True
        self.buffer.clear()
        self.deadline = monotonic() + LINGER_TIMEOUT
        return True

    def close(self, reset: bool = False) -> None:
        """Close the connection; with *reset* so that the client cannot take it for an end."""
        try:
            if reset:
                linger = struct.pack("ii", 1, 0)
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.sock.close()
        except OSError:
            pass
