"""A body in chunks (RFC 9112 §6.1, §7.1), as clients send what they do not know the length of."""

from __future__ import annotations

import re

from ..body import BodyBroken, RequestBody
from ..parser import RequestHead, RequestRefused

# RFC 9112 §7.1.1: chunk-size and chunk extensions; no space may stand before the semicolon.
_CHUNK_LINE_RE = re.compile(rb"([0-9A-Fa-f]{1,16})(;[^\x00-\x08\x0a-\x1f\x7f]*)?")
# RFC 9110 §6.5.1: a field that frames or routes a message cannot come after it.
_TRAILER_LINE_RE = re.compile(
    rb"(?!(?i:content-length|transfer-encoding|host):)"
    rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\x00-\x08\x0a-\x1f\x7f]*"
)
_MAX_CHUNK_LINE, _MAX_CHUNK_EXTENSIONS, _MAX_TRAILERS = 4096, 16384, 8192


def check_transfer_encoding(head: RequestHead, text: str) -> None:
    """Raise `RequestRefused` unless a body is sent in chunks and in no other coding (§6.1)."""
    coding = head.fields["HTTP_TRANSFER_ENCODING"]
    if head.version == "HTTP/1.0":
        raise RequestRefused(400, "HTTP/1.0 knows no Transfer-Encoding")
    if "CONTENT_LENGTH" in head.fields:
        raise RequestRefused(400, "Content-Length and Transfer-Encoding exclude each other")
    codings = [part.strip(" ").lower() for part in coding.split(",")]
    if codings == ["chunked"] and not re.search(r"(?i)\ntransfer-encoding:[^\r]*\t", text):
        return
    # An unknown coding is 501, a malformed one 400.
    known = codings[:-1] if codings[-1] == "chunked" and len(codings) > 1 else codings
    if "chunked" in known or not all(re.fullmatch("[a-z0-9-]+", part) for part in known):
        raise RequestRefused(400, f"{coding!r:.40} is no Transfer-Encoding")
    raise RequestRefused(501, f"the transfer coding {coding!r:.40} is not understood")


class ChunkedBody(RequestBody):
    r"""A body in the chunked transfer coding (RFC 9112 §7.1); its trailers are dropped.

    >>> from microweb.serving.extra.chunked import ChunkedBody
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
