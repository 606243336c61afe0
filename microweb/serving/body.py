"""The body of a request: ``wsgi.input``, by length or in chunks.

Law of this module: it reads from a buffer and from a function that brings more bytes, never beyond
the end of the body, and holds no more than what came. A body that ends too early or is framed
wrongly raises `BodyBroken`; it is never passed off as complete. It knows no socket.
"""

from __future__ import annotations

import io
import re
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# How many bytes of a body that nobody read are taken in, and for how many seconds, to keep the
# connection or to let the client read the answer.
_DRAIN_LIMIT, _DRAIN_SECONDS = 8 * 1024 * 1024, 5.0
# RFC 9112 §7.1.1: chunk-size and chunk extensions; no space is let in before the semicolon.
_CHUNK_LINE_RE = re.compile(rb"([0-9A-Fa-f]{1,16})(;[^\x00-\x08\x0a-\x1f\x7f]*)?")
# A small chunk that is there whole, and what it says.
_SMALL_CHUNK_RE = re.compile(rb"([0-9A-Fa-f]{1,3})\r\n")
# RFC 9110 §6.5.1: what frames or routes a message cannot come after it.
_TRAILER_LINE_RE = re.compile(
    rb"(?!(?i:content-length|transfer-encoding|host):)"
    rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*"
)
_MAX_CHUNK_LINE, _MAX_CHUNK_EXTENSIONS, _MAX_TRAILERS = 4096, 16384, 8192
_BODY_BLOCK, _PEEK_BLOCK = 65536, 1024


class BodyBroken(OSError):
    """The rest of a body cannot be read: `status` (400, 408, 413) is to be answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestBody(io.IOBase):
    r"""A body of *length* bytes; the base of `ChunkedBody`. Lines and iteration are IOBase's.

    *buffer* holds what has been received already, *receive* brings more: some bytes, none at the
    end of the connection, or a `BodyBroken`. *limit* is the most bytes of an unannounced body. If
    `invite` is set, it is called before the first wait, to send 100 (RFC 9110 §10.1.1).

    >>> from microweb.serving.body import RequestBody
    >>> body = RequestBody(bytearray(b"a\nbGET /"), lambda: b"", 3, 100)
    >>> body.readline(), body.read(), body.read()
    (b'a\n', b'b', b'')
    """

    def __init__(
        self, buffer: bytearray, receive: Callable[[], bytes], length: int | None, limit: int
    ) -> None:
        self._buffer, self._receive = buffer, receive
        self._remaining, self._limit = length, limit
        self.invite: Callable[[], None] | None = None
        self._ahead = bytearray()
        self._failure: BodyBroken | None = None

    @property
    def finished(self) -> bool:
        """Whether the whole body has been taken from the connection."""
        return self._remaining == 0

    @property
    def worth_draining(self) -> bool:
        """Whether `drain` may succeed: the client sends unasked, and no more than the cap."""
        return not (self._failure or self.invite or (self._remaining or 0) > _DRAIN_LIMIT)

    def _more(self) -> None:
        """Bring some more bytes into the buffer."""
        if self.invite is not None:
            invite, self.invite = self.invite, None
            invite()
        data = self._receive()
        if not data:
            raise BodyBroken(400, "the client closed the connection in the middle of the body")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        """Return *size* decoded bytes at most, b"" at the end only."""
        if not self._remaining:
            return b""
        if not self._buffer:
            self._more()
        data = bytes(self._buffer[: min(size, self._remaining)])
        del self._buffer[: len(data)]
        self._remaining -= len(data)
        return data

    def _next(self, size: int) -> bytes:
        """Return what is next, *size* bytes at most; a failure stays one."""
        if self._ahead:
            data = bytes(self._ahead[:size])
            del self._ahead[:size]
            return data
        if self._failure is not None:
            raise self._failure
        try:
            return self._take(size)
        except OSError as error:
            gone = BodyBroken(400, f"the client is gone: {error}")
            self._failure = error if isinstance(error, BodyBroken) else gone
            raise self._failure from None

    def read(self, size: int | None = -1) -> bytes:
        """Return *size* bytes, fewer at the end of the body only; all if None or negative."""
        left = size if size is not None and size >= 0 else -1
        parts = []
        while left:
            data = self._next(_BODY_BLOCK if left < 0 else min(left, _BODY_BLOCK))
            if not data:
                break
            parts.append(data)
            left -= len(data) if left > 0 else 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def peek(self, size: int = 0) -> bytes:
        """Return some of what comes next without taking it, by which IOBase finds line ends."""
        if not self._ahead:
            self._ahead += self._next(_BODY_BLOCK)
        return bytes(self._ahead[:_PEEK_BLOCK])

    def drain(self) -> bool:
        """Take in what nobody read, up to a cap of bytes and seconds; return if that was all."""
        budget, end = _DRAIN_LIMIT, monotonic() + _DRAIN_SECONDS
        try:
            while self.worth_draining and not self.finished and budget > 0 and monotonic() < end:
                budget -= len(self._take(_BODY_BLOCK))
        except OSError:
            return False
        return self.finished


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

    def _line(self, limit: int) -> bytes:
        """Take a line that ends with CR LF from the buffer, without its end."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0 and len(self._buffer) <= limit:
            start = len(self._buffer)
            self._more()
        line = bytes(self._buffer[: end + 1])
        if end > limit or line[-2:] != b"\r\n":
            raise BodyBroken(400, f"a line ends with LF alone or has more than {limit} bytes")
        del self._buffer[: end + 1]
        return line[:-2]

    def _begin_chunk(self) -> None:
        """Read the line before a chunk; at the last one, the trailers too (RFC 9112 §7.1.2)."""
        line = self._line(_MAX_CHUNK_LINE)
        match = _CHUNK_LINE_RE.fullmatch(line)
        if match is None:
            raise BodyBroken(400, f"{line!r:.40} is no chunk size")
        self._extension_bytes += len(match[2] or b"")
        if self._extension_bytes > _MAX_CHUNK_EXTENSIONS:
            raise BodyBroken(400, "the chunk extensions are longer than anyone needs")
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
            self._more()
        if self._buffer[:2] != b"\r\n":
            raise BodyBroken(400, "a chunk is longer than its size says")
        del self._buffer[:2]
        self._in_chunk = False

    def _take(self, size: int) -> bytes:
        """Decode whatever the buffer holds, as much as *size*; wait only if that is nothing."""
        parts: list[bytes] = []
        while size > 0 and not self._ended and (self._buffer or not parts):
            if not self._in_chunk:
                size -= self._take_small_chunks(parts, size)
                if size and (self._buffer or not parts):
                    self._begin_chunk()
            elif not self._chunk_left:
                self._end_chunk()
            else:
                if not self._buffer:
                    self._more()
                data = bytes(self._buffer[: min(size, self._chunk_left)])
                del self._buffer[: len(data)]
                self._chunk_left -= len(data)
                size -= len(data)
                parts.append(data)
        return b"".join(parts)

    def _take_small_chunks(self, parts: list[bytes], room: int) -> int:
        """Move the small chunks that are whole, without extension and within *room*; return bytes.

        For bodies of many tiny chunks: a sixth of the time that the general way takes.
        """
        buffer, at, taken = self._buffer, 0, 0
        room = min(room, self._limit - self._total)
        while True:
            match = _SMALL_CHUNK_RE.match(buffer, at)
            if match is None:
                break
            start, size = match.end(), int(match[1], 16)
            end = start + size
            if not size or taken + size > room or buffer[end : end + 2] != b"\r\n":
                break
            parts.append(bytes(buffer[start:end]))
            taken += size
            at = end + 2
        del buffer[:at]
        self._total += taken
        return taken
