"""multipart/form-data: bytes in and events out (RFC 7578, RFC 2046 section 5.1).

The same bytes give the same events however they are cut, in time linear in their number. Text is
UTF-8. It keeps no part: what becomes of the events is decided elsewhere.
"""

from __future__ import annotations

import re
from collections import namedtuple

from ..text.tokens import is_token, split_parameters
from .exceptions import BadRequest, RequestEntityTooLarge
from .fields import decode_extended_value
from .headers import Headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

#: A part's headers may be this long together, and this many.
MAX_PART_HEADER_BYTES = 16384
MAX_PART_HEADERS = 16
#: Control characters but TAB, which no header of a part may hold.
PART_CONTROL_RE = re.compile("[\0-\x08\n-\x1f\x7f]")

# What follows the boundary in a delimiter: white space may stand before the end of its line (RFC
# 2046 section 5.1.1), and at the end of the buffer it may be cut.
_DELIMITER_END = rb"(--|-?\Z|[ \t]{0,128}(?:\r\n|\r?\Z))"
_ENCODED_WORD_RE = re.compile(r"=\?[^?]+\?[BbQq]\?[^?]*\?=")
_DELIMITER_END_RE = re.compile(_DELIMITER_END)
_BOUNDARY_RE = re.compile("[ -~]{0,255}[!-~]")
_DISPOSITION = "content-disposition"


class MultipartPart(namedtuple("_PartFields", "name filename headers")):
    """Event: a part begins. ``filename`` is None for a form field."""

    __slots__ = ()


class MultipartData(namedtuple("_DataFields", "data more_data")):
    """Event: bytes of the part that began last; ``more_data`` is false for its last ones."""

    __slots__ = ()


def iter_multipart(
    read: Callable[[], bytes], boundary: str, max_parts: int | None = None
) -> Iterator[Any]:
    r"""Decode a multipart/form-data body that is separated by *boundary*.

    Yields for each part a `MultipartPart` and one or more `MultipartData`, and None before each
    call of *read*, which returns the next bytes of the body, and none at its end.

    More than *max_parts* parts raise RequestEntityTooLarge, as do part headers beyond their
    limits; a malformed body raises BadRequest. Lines end in CRLF; a bare LF does not end one.

    >>> body = [b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--', b""]
    >>> [part, data] = filter(None, iter_multipart(iter(body).__next__, "B"))
    >>> part.name, data
    ('a', MultipartData(data=b'1', more_data=False))
    """
    yield None
    data = read()
    if not data:
        # A body without a byte is an empty form, boundary or not.
        return
    delimiter = b"\r\n--" + checked_boundary(boundary)
    find = _make_delimiter_finder(delimiter)
    # The first delimiter may stand at the very start: with a line end before it, it looks like all
    # others.
    buffer, start, parts = b"\r\n" + data, 0, 0
    while True:
        # The data of a part, or what stands before the first. In front of them is the empty line's
        # CRLF: in a part without data it may be the delimiter's own (RFC 2046 section 5.1.1).
        skip = 2
        while True:
            found = find(buffer, start)
            if found is not None:
                end = found.start(1) - len(delimiter)
            else:
                # What may become a delimiter waits for more.
                end = buffer.find(b"\r", max(start, len(buffer) - len(delimiter) - 1))
                end = len(buffer) if end < 0 else end
            is_last = found is not None and found[1].endswith((b"--", b"\n"))
            data = buffer[start + skip : end]
            if parts and (data or is_last):
                yield MultipartData(data, not is_last)
            if found is not None and is_last:
                break
            skip = 0 if end > start else skip
            yield None
            buffer, start = buffer[end:] + _read_more(read), 0
        if found[1] == b"--":
            break
        parts += 1
        if max_parts is not None and parts > max_parts:
            raise RequestEntityTooLarge().with_detail(
                f"The form has more than {max_parts} parts (MAX_FORM_PARTS)."
            )
        # From the CRLF of the delimiter's line: without headers it is half of the empty line.
        start = found.end() - 2
        while True:
            end = buffer.find(b"\r\n\r\n", start, start + MAX_PART_HEADER_BYTES + 4)
            if end >= 0:
                break
            if len(buffer) - start > MAX_PART_HEADER_BYTES:
                raise RequestEntityTooLarge().with_detail(
                    f"A part's headers are longer than {MAX_PART_HEADER_BYTES} bytes."
                )
            yield None
            buffer, start = buffer[start:] + _read_more(read), 0
        yield _parse_part_headers(buffer[start + 2 : end])
        start = end + 2
    # What stands behind the last delimiter is not looked at.
    yield None
    while read():
        yield None


def _read_more(read: Callable[[], bytes]) -> bytes:
    data = read()
    if not data:
        raise BadRequest().with_detail("The multipart body ends before its closing boundary.")
    return data


def _make_delimiter_finder(
    delimiter: bytes,
) -> Callable[[bytes, int], re.Match[bytes] | None]:
    """Return a function that finds the next *delimiter*, or what may become one, with its end.

    Fixed bytes are found faster than a pattern, and one CR, if there is none, faster still. A
    longer word that begins like the boundary is data. Where there is one there may be millions, so
    from then on the delimiter is looked for with each byte that may follow it; and where one of
    these misleads too, by a pattern.
    """
    misled = 0
    longer: list[bytes] = []

    def find_longer(buffer: bytes, start: int) -> int:
        unfinished = delimiter, delimiter + b"\r", delimiter + b"-"
        nearest = buffer.rfind(delimiter) if buffer.endswith(unfinished) else -1
        for word in longer:
            end = len(buffer) if nearest < 0 else nearest + len(word)
            if buffer.find(word[-1:], start, end) >= 0:
                found = buffer.find(word, start, end)
                nearest = nearest if found < 0 else found
        return nearest if nearest >= start else -1

    def find(buffer: bytes, start: int) -> re.Match[bytes] | None:
        nonlocal misled
        start = buffer.find(b"\r", start)
        while start >= 0 and misled < 2:
            start = find_longer(buffer, start) if misled else buffer.find(delimiter, start)
            found = _DELIMITER_END_RE.match(buffer, start + len(delimiter)) if start >= 0 else None
            if start < 0 or found is not None:
                return found
            misled += 1
            longer[:] = [delimiter + after for after in (b"\r\n", b"--", b" ", b"\t")]
        if start < 0:
            return None
        return re.compile(re.escape(delimiter) + _DELIMITER_END).search(buffer, start)

    return find


def _parse_part_headers(block: bytes) -> MultipartPart:
    """Turn a part's header lines into the event that begins it; BadRequest if malformed."""
    headers = Headers()
    # Obsolete folding: a line that begins with white space goes on (RFC 5322 section 2.2.3).
    text = block.decode("utf-8", "replace")
    if "\r\n " in text or "\r\n\t" in text:
        text = text.replace("\r\n ", " ").replace("\r\n\t", "\t")
    lines = text.split("\r\n")
    if len(lines) > MAX_PART_HEADERS:
        raise RequestEntityTooLarge().with_detail(
            f"A part has more than {MAX_PART_HEADERS} headers."
        )
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        if not colon or not is_token(name) or PART_CONTROL_RE.search(value):
            raise BadRequest().with_detail(f"A part has the malformed header {line[:100]!r}.")
        # Received, not to be sent: text beyond Latin-1 is welcome, so the gate is passed by.
        headers._list.append((name, value))
    dispositions = [value for name, value in headers._list if name.lower() == _DISPOSITION]
    if len(dispositions) > 1:
        raise BadRequest().with_detail("A part has two Content-Disposition headers.")
    # Devices write "attachment" or "form-field" for "form-data": the name is what counts.
    parameters = split_parameters("".join(dispositions))[1]
    field = _find_parameter(parameters, "name")
    if field is None:
        raise BadRequest().with_detail("A part's Content-Disposition has no name.")
    return MultipartPart(field, _find_parameter(parameters, "filename"), headers)


def _find_parameter(parameters: list[tuple[str, str]], name: str) -> str | None:
    """Return the value of a parameter, in whichever form it came; None without it."""
    # The first of two equal names counts.
    options = dict(reversed(parameters))
    value = options.get(name)
    if value is not None and "=?" not in value:
        return value.replace("%22", '"') if "%" in value else value
    extended = options.get(f"{name}*")
    # RFC 7578 section 4.2 forbids the extended form. Some programs send it and nothing else, .NET
    # beside an encoded word (RFC 2047), which no browser would send.
    if extended is not None and (value is None or _ENCODED_WORD_RE.fullmatch(value)):
        value = decode_extended_value(extended) or value
    if value is None and (f"{name}*0" in options or f"{name}*0*" in options):
        try:
            from .extra.options import join_continuations
        except ImportError:  # The core alone takes no values in pieces.
            return None
        value = join_continuations(parameters).get(name)
    return None if value is None else value.replace("%22", '"')


def checked_boundary(boundary: str) -> bytes:
    """Return the boundary as bytes; BadRequest if there is none, or none that can be used.

    RFC 2046 allows 70 characters; programs exist that send more, none sends more than 256.
    """
    if _BOUNDARY_RE.fullmatch(boundary) is None:
        raise BadRequest().with_detail(
            f"The Content-Type's boundary {boundary[:100]!r} is missing or malformed."
        )
    return boundary.encode("ascii")
