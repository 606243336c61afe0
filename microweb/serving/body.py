"""The body of a request: ``wsgi.input``, by length or in chunks.

Law of this module: it reads from a buffer and from a function that brings more bytes, never beyond
the end of the body, and holds no more than what came. A body that ends too early or is framed
wrongly raises `BodyBroken`; it is never passed off as complete. It knows no socket.
"""

from __future__ import annotations

import re
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: How many bytes of a body that nobody read are taken in to keep the connection or to let the
#: client read the answer, and for how many seconds.
DRAIN_LIMIT = 8 * 1024 * 1024
DRAIN_SECONDS = 5.0

# RFC 9112 §7.1.1: chunk-size and chunk extensions; no space is let in before the semicolon.
_CHUNK_LINE_RE = re.compile(rb"([0-9A-Fa-f]{1,16})(;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_TRAILER_LINE_RE = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*")
_MAX_CHUNK_LINE = 4096
_MAX_CHUNK_EXTENSIONS = 16384
_MAX_TRAILERS = 8192
_BODY_BLOCK = 65536


class BodyBroken(OSError):
    """The rest of a body cannot be read: `status` is the code to answer, the text says why.

    400 for wrong framing and for an end that came too early, 408 for a client that stopped sending,
    413 for a body beyond the server's limit. It is an OSError, as readers of files expect.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestBody:
    r"""A body of *length* bytes; the base of `ChunkedBody`.

    *buffer* holds what has been received already, *receive* brings more: some bytes, none at the
    end of the connection, or a `BodyBroken`. *limit* is the most bytes that an unannounced body may
    have.

    >>> from microweb.serving.body import RequestBody
    >>> body = RequestBody(bytearray(b"a\nbGET /"), lambda: b"", length=3)
    >>> body.readline(), body.read(), body.read()
    (b'a\n', b'b', b'')
    """

    def __init__(
        self,
        buffer: bytearray,
        receive: Callable[[], bytes],
        length: int | None = None,
        limit: int | None = None,
    ) -> None:
        self._buffer = buffer
        self._receive = receive
        self._invite: Callable[[], None] | None = None
        self._limit = limit
        self.remaining = length
        self._ahead = bytearray()
        self._failure: BodyBroken | None = None

    def set_invitation(self, invite: Callable[[], None]) -> None:
        """Have *invite* called once before the first wait, to send ``100 Continue``.

        RFC 9110 §10.1.1: it is sent when somebody wants the body, and only if none has come yet.
        """
        if not self._buffer:
            self._invite = invite

    @property
    def finished(self) -> bool:
        """Whether the whole body has been taken from the connection."""
        return self.remaining == 0

    @property
    def broken(self) -> bool:
        """Whether reading has failed, so that the connection is of no more use."""
        return self._failure is not None

    @property
    def worth_draining(self) -> bool:
        """Whether `drain` may succeed: the client sends unasked, and no more than the cap."""
        return not (self.broken or self._invite is not None or (self.remaining or 0) > DRAIN_LIMIT)

    def _more(self) -> None:
        """Bring some more bytes into the buffer."""
        if self._invite is not None:
            invite, self._invite = self._invite, None
            invite()
        data = self._receive()
        if not data:
            raise BodyBroken(400, "the client closed the connection in the middle of the body")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        """Return *size* decoded bytes at most, b"" at the end only."""
        if not self.remaining:
            return b""
        if not self._buffer:
            self._more()
        size = min(size, self.remaining)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self.remaining -= len(data)
        return data

    def _next(self, size: int = _BODY_BLOCK) -> bytes:
        """Return what is next, *size* bytes at most; a failure stays one."""
        if self._failure is not None:
            raise self._failure
        if self._ahead:
            data = bytes(self._ahead[:size])
            del self._ahead[:size]
            return data
        try:
            return self._take(size)
        except OSError as error:
            # A connection that breaks is one more way for a body to end too early.
            if not isinstance(error, BodyBroken):
                error = BodyBroken(400, f"the client is gone: {error}")
            self._failure = error
            raise error from None

    def read(self, size: int | None = -1) -> bytes:
        """Return *size* bytes, fewer at the end of the body only; all if None or negative."""
        if size is None or size < 0:
            return b"".join(iter(self._next, b""))
        parts = []
        while size > 0:
            data = self._next(min(size, _BODY_BLOCK))
            if not data:
                break
            parts.append(data)
            size -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readline(self, size: int | None = -1) -> bytes:
        """Return up to and with the next line feed, *size* bytes at most."""
        limit = -1 if size is None or size < 0 else size
        parts: list[bytes] = []
        while limit:
            data = self._next(_BODY_BLOCK if limit < 0 else min(limit, _BODY_BLOCK))
            end = data.find(b"\n") + 1
            if end:
                self._ahead[:0] = data[end:]
                data = data[:end]
            parts.append(data)
            if end or not data:
                break
            limit = limit - len(data) if limit > 0 else limit
        return b"".join(parts)

    def readlines(self, hint: int | None = -1) -> list[bytes]:
        """Return lines until *hint* bytes have come, or all of them."""
        lines: list[bytes] = []
        total = 0
        for line in self:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
        return lines

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def drain(self) -> bool:
        """Take in what nobody read, up to a cap of bytes and seconds; return if that was all.

        A client that still waits for ``100 Continue`` is not asked for a body that nobody wants.
        """
        if self.finished:
            return True
        if self.broken or self._invite is not None:
            return False
        budget, end = DRAIN_LIMIT, monotonic() + DRAIN_SECONDS
        try:
            while not self.finished and budget > 0 and monotonic() < end:
                budget -= len(self._take(_BODY_BLOCK))
        except OSError:
            return False
        return self.finished


class ChunkedBody(RequestBody):
    r"""A body in the chunked transfer coding (RFC 9112 §7.1); its trailers are dropped.

    >>> from microweb.serving.body import ChunkedBody
    >>> ChunkedBody(bytearray(b"3;x=1\r\nabc\r\n0\r\n\r\nGET"), lambda: b"").read()
    b'abc'
    """

    _chunk_left = 0
    _in_chunk = False
    _extension_bytes = 0
    _total = 0
    _ended = False

    @property
    def finished(self) -> bool:
        """Whether the last chunk and the trailers have been taken from the connection."""
        return self._ended

    def _line(self, limit: int) -> bytes:
        """Take a line that ends with CR LF from the buffer, without its end."""
        buffer, start = self._buffer, 0
        while True:
            end = buffer.find(b"\n", start)
            if end >= 0:
                if end > limit or buffer[end - 1 : end] != b"\r":
                    raise BodyBroken(400, "a line of the chunked body is malformed")
                line = bytes(buffer[: end - 1])
                del buffer[: end + 1]
                return line
            if len(buffer) > limit:
                raise BodyBroken(400, f"a line of the chunked body has more than {limit} bytes")
            start = len(buffer)
            self._more()

    def _begin_chunk(self) -> None:
        """Read the line before a chunk; after the last chunk, the trailers (RFC 9112 §7.1.2)."""
        line = self._line(_MAX_CHUNK_LINE)
        match = _CHUNK_LINE_RE.fullmatch(line)
        if match is None:
            raise BodyBroken(400, f"{line!r:.40} is no chunk size")
        self._extension_bytes += len(match[2] or b"")
        if self._extension_bytes > _MAX_CHUNK_EXTENSIONS:
            raise BodyBroken(400, "the chunk extensions are longer than anyone needs")
        self._chunk_left = int(match[1], 16)
        self._in_chunk = True
        self._total += self._chunk_left
        if self._limit is not None and self._total > self._limit:
            raise BodyBroken(413, f"the body has more than {self._limit} bytes")
        if self._chunk_left:
            return
        room = _MAX_TRAILERS
        while True:
            line = self._line(room)
            if not line:
                break
            if not _TRAILER_LINE_RE.fullmatch(line):
                raise BodyBroken(400, f"this is no trailer: {line!r:.40}")
            room -= len(line) + 2
        self._ended = True

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
        while size > 0 and not self._ended:
            if parts and not self._buffer:
                break
            if self._in_chunk and not self._chunk_left:
                self._end_chunk()
            if not self._in_chunk:
                self._begin_chunk()
                continue
            if not self._buffer:
                if parts:
                    break
                self._more()
            data = bytes(self._buffer[: min(size, self._chunk_left)])
            del self._buffer[: len(data)]
            self._chunk_left -= len(data)
            size -= len(data)
            parts.append(data)
        return b"".join(parts)
