"""One client's connection: bytes in and out of a socket, with time limits.

Law of this module: before the socket blocks for its own client, *step_aside* is called, so that
nobody else waits with it. It knows no HTTP.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from time import monotonic

from .body import BodyBroken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Seconds: for a whole head, for the next bytes of a body, for the client to take what is sent,
# for the next request, and for the client to close after the server did.
HEAD_TIMEOUT = 10.0
BODY_TIMEOUT = 20.0
SEND_TIMEOUT = 30.0
IDLE_TIMEOUT = 15.0
LINGER_TIMEOUT = 2.0
# All waits for a client during one request may add up to such a time-out and what the bytes that
# were waited for need at so many a second: a client that trickles does not hold a thread for ever.
_MIN_CLIENT_RATE = 1024
# Where no thread is left to serve others, a wait in which nothing moves ends after such a time.
CROWDED_TIMEOUT = 1.0
_HEAD_BLOCK, _RECEIVE_BLOCK = 16384, 65536


class ClientConnection:
    """A connection that was accepted.

    `buffer` holds what was received and not used, `scanned` bytes of it searched for `head_end`,
    the end of the `head`, which has been parsed. Waiting for the client, while it is `watched`,
    ends at `deadline`. When one has closed its side, the connection has `ended` (the client) or is
    `lingering` (the server).
    """

    scanned, head_end = 0, -1
    head: Any = None
    watched = lingering = ended = handshaking = False
    # What a socket that does not block raises when nothing can be done now.
    not_now: tuple[type[OSError], ...] = (BlockingIOError, InterruptedError)
    _waited, _waited_bytes = 0.0, 0

    def __init__(
        self, sock: socket.socket, environ: dict[str, Any], step_aside: Callable[[], bool]
    ) -> None:
        self.sock, self.environ, self._step_aside = sock, environ, step_aside
        self.buffer = bytearray()
        self.deadline = monotonic() + HEAD_TIMEOUT

    def receive_now(self) -> bool:
        """Take in what is there; return whether that was something of a request."""
        try:
            data = self.sock.recv(_HEAD_BLOCK)
        except self.not_now:
            return False
        except OSError:
            data = b""
        self.ended = not data
        if self.ended or self.lingering:
            return False
        if not self.buffer:
            self.deadline = monotonic() + HEAD_TIMEOUT
        self.buffer += data
        return True

    def begin_request(self) -> None:
        """Take the head out of the buffer and start the clock for a body."""
        del self.buffer[: self.head_end + 4]
        self.scanned, self.head_end = 0, -1
        self._waited, self._waited_bytes = 0.0, 0

    def receive(self) -> bytes:
        """Return some bytes of a body, waiting for them; b"" at the end of the connection."""
        try:
            return self.sock.recv(_RECEIVE_BLOCK)
        except self.not_now:
            self._step_aside()
        try:
            data: bytes = self._wait_for_client(self.sock.recv, _RECEIVE_BLOCK, BODY_TIMEOUT)
        except socket.timeout:
            raise BodyBroken(408, "the client stopped sending the body") from None
        self._waited_bytes += len(data)
        return data

    def send(self, data: bytes) -> None:
        """Send all of *data*, waiting where the client is slow; raise OSError if that fails."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self.sock.send(rest) :]
        except self.not_now:
            self._step_aside()
        while rest:
            sent = self._wait_for_client(self.sock.send, rest, SEND_TIMEOUT)
            self._waited_bytes += sent
            rest = rest[sent:]

    def _wait_for_client(self, action: Callable[[Any], Any], argument: Any, timeout: float) -> Any:
        """Return what *action* of the socket returns, which may block within the limits.

        While it blocks, it looks now and then whether others need this thread more.
        """
        began = monotonic()
        left = min(timeout, timeout + self._waited_bytes / _MIN_CLIENT_RATE - self._waited)
        try:
            while True:
                self.sock.settimeout(max(0.001, min(left, CROWDED_TIMEOUT)))
                try:
                    return action(argument)
                except socket.timeout:
                    left -= CROWDED_TIMEOUT
                    if left <= 0 or not self._step_aside():
                        raise
        finally:
            self.sock.settimeout(0)
            self._waited += monotonic() - began

    def linger(self) -> bool:
        """Close the server's side only, lest the answer be lost (RFC 9112 §9.6); return if done."""
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
        with suppress(OSError):
            if reset:
                no_linger = struct.pack("ii", 1, 0)
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            self.sock.close()
