"""Conditional and range answers: 304, 412 and 206 (RFC 9110 sections 13 and 14)."""

from __future__ import annotations

from ...text.dates import parse_timestamp
from ..exceptions import RequestedRangeNotSatisfiable
from ..streams import FileWrapper, close_iterable
from .conditional import ContentRange, evaluate_preconditions, find_satisfiable_ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def can_seek(file: Any) -> bool:
    """Say whether a file can be read from anywhere."""
    seekable = getattr(file, "seekable", None)
    return bool(seekable is not None and seekable())


def limit_file(wrapper: FileWrapper, start: int, stop: int) -> None:
    """Have only bytes *start* to *stop* of a file sent."""
    wrapper.file.seek(start)
    wrapper.left = stop - start


def apply_preconditions(response: Any, environ: dict[str, Any]) -> bool:
    """Make *response* a 304 or 412 if the request's conditions ask for it; say whether it is."""
    etag, weak = response.get_etag()
    modified = parse_timestamp(response.headers.get("Last-Modified"))
    code = evaluate_preconditions(environ, etag, bool(weak), modified)
    if code == 200:
        return False
    response.status_code = code
    if code == 412:
        close_iterable(response.response)
        response.direct_passthrough = False
        response.set_data(b"")
    return True


class JoinedRanges:
    """Several ranges of *body* (a FileWrapper or bytes), what stands before each and at the end."""

    def __init__(self, body: Any, pieces: list[tuple[bytes, int, int]], end: bytes) -> None:
        self._body = body
        self._pieces = pieces
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        for head, start, stop in self._pieces:
            yield head
            if isinstance(self._body, bytes):
                yield self._body[start:stop]
            else:
                limit_file(self._body, start, stop)
                yield from self._body
        yield self._end

    def close(self) -> None:
        """Close the file."""
        close_iterable(self._body)


class SlicedBody:
    """Bytes *start* to *stop* of what *chunks* yields; ``close()`` closes *chunks*."""

    def __init__(self, chunks: Iterable[bytes], start: int, stop: int) -> None:
        self._chunks = chunks
        self._start = start
        self._stop = stop

    def __iter__(self) -> Iterator[bytes]:
        position = 0
        for chunk in self._chunks:
            first = max(0, self._start - position)
            part = chunk[first : self._stop - position]
            position += len(chunk)
            if part:
                yield part
            if position >= self._stop:
                break

    def close(self) -> None:
        """Close the chunks if they can be closed."""
        close_iterable(self._chunks)


def apply_conditions(
    response: Any,
    request_or_environ: Any,
    accept_ranges: bool | str,
    complete_length: int | None,
) -> Any:
    """Make *response* a 304, 412 or 206; see `Response.make_conditional`."""
    environ = getattr(request_or_environ, "environ", request_or_environ)
    if accept_ranges:
        response.headers.set("Accept-Ranges", "bytes" if accept_ranges is True else accept_ranges)
    if response.status_code != 200 or apply_preconditions(response, environ):
        return response
    if accept_ranges and accept_ranges != "none" and "HTTP_RANGE" in environ:
        etag, weak = response.get_etag()
        modified = parse_timestamp(response.headers.get("Last-Modified"))
        _apply_range(response, environ, etag, bool(weak), modified, complete_length)
    return response


def _apply_range(
    response: Any,
    environ: dict[str, Any],
    etag: str | None,
    weak: bool,
    modified: int | None,
    length: int | None,
) -> None:
    """Cut the body down to what a Range asks for: one part, or several one after another."""
    body: Any = response.response
    length = response.calculate_content_length() if length is None else length
    if length is None:
        return
    ranges = find_satisfiable_ranges(environ, etag, weak, modified, length)
    if ranges is None:
        return
    if not ranges:
        response.close()
        raise RequestedRangeNotSatisfiable(length)
    seekable = isinstance(body, FileWrapper) and can_seek(body.file)
    if response.is_sequence:
        body = b"".join(response.iter_encoded())
    elif len(ranges) > 1 and not seekable:
        return
    start, stop = ranges[0]
    if len(ranges) > 1:
        _join_ranges(response, body, ranges, length)
    else:
        if seekable:
            limit_file(body, start, stop)
        else:
            response.response = (
                [body[start:stop]] if isinstance(body, bytes) else SlicedBody(body, start, stop)
            )
        response.headers.set("Content-Range", ContentRange("bytes", start, stop, length))
        response.headers.set("Content-Length", stop - start)
    response.status_code = 206


def _join_ranges(response: Any, body: Any, ranges: list[tuple[int, int]], length: int) -> None:
    """Make the body multipart/byteranges (RFC 9110 section 14.6)."""
    from os import urandom

    boundary = urandom(16).hex()
    kind = response.headers.get("Content-Type")
    about = f"\r\n--{boundary}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
    pieces: list[tuple[bytes, int, int]] = []
    for start, stop in ranges:
        where = ContentRange("bytes", start, stop, length)
        head = f"{about}Content-Range: {where}\r\n\r\n".encode("latin-1")
        pieces.append((head if pieces else head[2:], start, stop))
    end = f"\r\n--{boundary}--\r\n".encode("ascii")
    size = sum(len(head) + stop - start for head, start, stop in pieces) + len(end)
    response.response = JoinedRanges(body, pieces, end)
    response.headers.set("Content-Type", f"multipart/byteranges; boundary={boundary}")
    response.headers.set("Content-Length", size)
