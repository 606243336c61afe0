"""The body of a request, by its length or in chunks (RFC 9112 §6 and §7).

A body never reads beyond its own end, and holds no more than what came. One that ends too early or
is framed wrongly raises `BodyBroken`, so an application never takes half of it for the whole.
"""

from __future__ import annotations

import io
import re
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Of a body that the application left unread, so many bytes are read for so many seconds, to keep
# the connection or to let the client read the answer.
_DRAIN_LIMIT, _DRAIN_SECONDS = 8 * 1024 * 1024, 5.0
# RFC 9112 §7.1.1: chunk-size and chunk extensions; no space may stand before the semicolon.
_CHUNK_LINE_RE = re.compile(rb"([0-9A-Fa-f]{1,16})(;[^\x00-\x08\x0a-\x1f\x7f]*)?")
# RFC 9110 §6.5.1: a field that frames or routes a message cannot come after it.
_TRAILER_LINE_RE = re.compile(
    rb"(?!(?i:content-length|transfer-encoding|host):)"
    rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*"
)
_MAX_CHUNK_LINE, _MAX_CHUNK_EXTENSIONS, _MAX_TRAILERS = 4096, 16384, 8192
_BODY_BLOCK = 65536


class BodyBroken(OSError):
    """The rest of a body cannot be read: `status` (400, 408, 413) is to be answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestBody(io.RawIOBase):
    r"""A body of *length* bytes; the base of `ChunkedBody`. ``wsgi.input`` is a buffer around it.

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


class ChunkedBody(RequestBody):
    r"""A body in the chunked transfer coding (RFC 9112 §7.1); its trailers are dropped.

    >>> from microweb.serving.body import ChunkedBody
    >>> ChunkedBody(bytearray(b"3;x=1\r\nabc\r\n0\r\n\r\n"), lambda: b"", None, 100).read()
    b'abc'
    """

    _chunk_left = _extension_bytes = _total = 0
    _in_chunk = _ended = False

    @property
    def finished(self) -> bool:
        """Whether the last chunk and the trailers have been taken from the connection."""
        return self._ended

    def _decode(self, size: int) -> bytes:
        """Decode what the buffer holds, up to *size* bytes; wait only if that is nothing."""
        parts: list[bytes] = []
        while size > 0 and not self._ended and (self._buffer or not parts):
            if not self._in_chunk:
                self._begin_chunk()
            elif not self._chunk_left:
                self._end_chunk()
            else:
                data = self._cut(min(size, self._chunk_left))
                self._chunk_left -= len(data)
                size -= len(data)
                parts.append(data)
        return b"".join(parts)

    def _begin_chunk(self) -> None:
        """Read the line before a chunk; at the last one, the trailers too (RFC 9112 §7.1.2)."""
        line = self._line(_MAX_CHUNK_LINE)
        match = _CHUNK_LINE_RE.fullmatch(line)
        if match is None:
            raise BodyBroken(400, f"{line!r:.40} is no chunk size")
        self._extension_bytes += len(match[2] or b"")
        if self._extension_bytes > _MAX_CHUNK_EXTENSIONS:
            raise BodyBroken(400, "the chunk extensions are longer than a client needs")
        self._in_chunk, self._chunk_left = True, int(match[1], 16)
        self._total += self._chunk_left
        if self._total > self._limit:
            raise BodyBroken(413, f"the body has more than {self._limit} bytes")
        room = _MAX_TRAILERS
        while not self._chunk_left and not self._ended:
            line = self._line(room)
            if line and not _TRAILER_LINE_RE.fullmatch(line):
                raise BodyBroken(400, f"this is no trailer: {line!r:.40}")
            room -= len(line) + 2
            self._ended = not line

    def _end_chunk(self) -> None:
        while len(self._buffer) < 2:
            self._receive_more()
        if self._buffer[:2] != b"\r\n":
            raise BodyBroken(400, "a chunk is longer than its size says")
        del self._buffer[:2]
        self._in_chunk = False

    def _line(self, limit: int) -> bytes:
        """Take a line that ends with CR LF from the buffer, without its end."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0 and len(self._buffer) <= limit:
            start = len(self._buffer)
            self._receive_more()
        line = bytes(self._buffer[: end + 1])
        if end > limit or line[-2:] != b"\r\n":
            raise BodyBroken(400, f"a line ends with LF alone or has more than {limit} bytes")
        del self._buffer[: end + 1]
        return line[:-2]
