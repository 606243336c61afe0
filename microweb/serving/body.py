"""The body of a request (RFC 9112 §6).

It never reads beyond its own end, and holds no more than what came. One that ends too early raises
`BodyBroken`, so an application never takes half of it for the whole.
"""

from __future__ import annotations

import io
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Of a body that the application left unread, so many bytes are read for so many seconds, to keep
# the connection or to let the client read the answer.
_DRAIN_LIMIT, _DRAIN_SECONDS = 8 * 1024 * 1024, 5.0
_BODY_BLOCK = 65536


class BodyBroken(OSError):
    """The rest of a body cannot be read: `status` (400, 408, 413) is to be answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestBody(io.RawIOBase):
    r"""A body of *length* bytes. ``wsgi.input`` is a buffer around it.

    *buffer* holds what has been received already. *receive* brings more: some bytes, b"" at the end
    of the connection, or a `BodyBroken`. *limit* is the most bytes of a body without a length. If
    `invite` is set, it is called before the first wait, to send 100 (RFC 9110 §10.1.1).

    >>> import io
    >>> from microweb.serving.body import RequestBody
    >>> body = io.BufferedReader(RequestBody(bytearray(b"a\nbGET /"), lambda: b"", 3, 100))
    >>> body.readline(), body.read(), body.read()
    (b'a\n', b'b', b'')
    """

    def __init__(
        self, buffer: bytearray, receive: Callable[[], bytes], length: int | None, limit: int
    ) -> None:
        self._buffer, self._receive = buffer, receive
        self._remaining, self._limit = length, limit
        self.invite: Callable[[], None] | None = None
        self._failure: BodyBroken | None = None

    @property
    def finished(self) -> bool:
        """Whether the whole body has been taken from the connection."""
        return self._remaining == 0

    @property
    def worth_draining(self) -> bool:
        """Whether `drain` may succeed: the client sends unasked, and no more than the limit."""
        return not (self._failure or self.invite or (self._remaining or 0) > _DRAIN_LIMIT)

    def readable(self) -> bool:
        """Return True: a body is there to be read."""
        return True

    def readinto(self, target: Any) -> int:
        """Put what comes next into *target*; return how many bytes, 0 at the end only."""
        data = self._take(len(target))
        target[: len(data)] = data
        return len(data)

    def drain(self) -> bool:
        """Read what the application left, up to a limit; return whether that was all."""
        budget, end = _DRAIN_LIMIT, monotonic() + _DRAIN_SECONDS
        try:
            while self.worth_draining and not self.finished and budget > 0 and monotonic() < end:
                budget -= len(self._take(_BODY_BLOCK))
        except OSError:
            return False
        return self.finished

    def _take(self, size: int) -> bytes:
        """Return *size* bytes at most, b"" at the end only; after a failure, raise it again."""
        if self._failure is not None:
            raise self._failure
        try:
            return self._decode(size)
        except OSError as error:
            gone = BodyBroken(400, f"the client is gone: {error}")
            self._failure = error if isinstance(error, BodyBroken) else gone
            raise self._failure from None

    def _decode(self, size: int) -> bytes:
        if not self._remaining:
            return b""
        data = self._cut(min(size, self._remaining))
        self._remaining -= len(data)
        return data

    def _cut(self, size: int) -> bytes:
        """Take *size* bytes at most out of the buffer, waiting for more only if it is empty."""
        if not self._buffer:
            self._receive_more()
        data = bytes(self._buffer[:size])
        del self._buffer[: len(data)]
        return data

    def _receive_more(self) -> None:
        if self.invite is not None:
            invite, self.invite = self.invite, None
            invite()
        data = self._receive()
        if not data:
            raise BodyBroken(400, "the client closed the connection in the middle of the body")
        self._buffer += data
