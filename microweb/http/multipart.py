"""multipart/form-data: bytes in and events out (RFC 7578, RFC 2046 section 5.1).

The same bytes give the same events however they are cut, in time linear in their number. Text is
UTF-8. It reads no stream and keeps no part: what becomes of the events is decided elsewhere.
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
    from typing import Any

#: A part's headers may be this long together, and this many.
MAX_PART_HEADER_BYTES = 16384
MAX_PART_HEADERS = 16
#: Control characters but TAB, which no header of a part may hold.
PART_CONTROL_RE = re.compile("[\0-\x08\n-\x1f\x7f]")

# What follows the boundary in a delimiter: white space may stand before the end of its line (RFC
# 2046 section 5.1.1), and at the end of the buffer it may be cut.
_DELIMITER_END = rb"(--|-?\Z|[ \t]{0,128}(?:\r\n|\r?\Z))"
_DELIMITER_END_RE = re.compile(_DELIMITER_END)

# What the bytes at hand belong to.
_IN_PREAMBLE, _IN_PART_HEADERS, _IN_PART_DATA, _IN_EPILOGUE = range(4)


class MultipartPart(namedtuple("_PartFields", "name filename headers")):
    """Event: a part begins. ``filename`` is None for a form field."""

    __slots__ = ()


class MultipartData(namedtuple("_DataFields", "data more_data")):
    """Event: bytes of the part that began last; ``more_data`` is false for its last ones."""

    __slots__ = ()


class MultipartDecoder:
    r"""Decode a multipart/form-data body that is separated by *boundary*.

    More than *max_parts* parts raise RequestEntityTooLarge, as do part headers beyond their
    limits; a malformed body raises BadRequest. Lines end in CRLF; a bare LF does not end one.

    >>> decoder = MultipartDecoder(b"B")
    >>> head = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    >>> [part, data] = decoder.feed(head + b"1\r\n--B--")
    >>> decoder.finish()
    >>> part.name, data
    ('a', MultipartData(data=b'1', more_data=False))
    """

    def __init__(self, boundary: bytes, max_parts: int | None = None) -> None:
        self._delimiter = b"\r\n--" + boundary
        # Made once the boundary was seen as the beginning of a longer word.
        self._delimiter_re: re.Pattern[bytes] | None = None
        self._max_parts = max_parts
        self._parts = 0
        self._state = _IN_PREAMBLE
        # The first delimiter may stand at the very start: with a line end before it, it looks
        # like all others.
        self._held = b"\r\n"
        self._seen_any = False
        # How many bytes before the part's data belong to the empty line above it.
        self._skip = 0

    def feed(self, data: bytes) -> list[Any]:
        """Take the next piece of the body and return the events that are certain by now."""
        events: list[Any] = []
        if not data or self._state == _IN_EPILOGUE:
            return events
        self._seen_any = True
        buffer, position = self._held + data, 0
        while position >= 0 and self._state != _IN_EPILOGUE:
            in_headers = self._state == _IN_PART_HEADERS
            read = self._read_headers if in_headers else self._read_data
            position = read(buffer, position, events)
        return events

    def finish(self) -> None:
        """Say that the body ends here: BadRequest unless it was complete (or empty)."""
        if self._state != _IN_EPILOGUE and self._seen_any:
            raise BadRequest().with_detail("The multipart body ends before its closing boundary.")

    def _read_data(self, buffer: bytes, position: int, events: list[Any]) -> int:
        """Read up to the next delimiter; return the position after it, or -1 for more bytes."""
        found = self._find_delimiter(buffer, position)
        line_end = b"" if found is None else found[1]
        is_whole = line_end == b"--" or line_end.endswith(b"\r\n")
        if found is not None:
            end = found.start(1) - len(self._delimiter)
        else:
            # What may become a delimiter waits for more.
            end = buffer.find(b"\r", max(position, len(buffer) - len(self._delimiter) - 1))
            end = len(buffer) if end < 0 else end
        if self._state == _IN_PART_DATA:
            if end > position:
                position, self._skip = position + self._skip, 0
            if end > position or is_whole:
                events.append(MultipartData(buffer[position:end], not is_whole))
        if found is None or not is_whole:
            self._held = buffer[end:]
            return -1
        self._skip = 0
        if line_end == b"--":
            self._state = _IN_EPILOGUE
            return found.end()
        self._state = _IN_PART_HEADERS
        self._parts += 1
        if self._max_parts is not None and self._parts > self._max_parts:
            raise RequestEntityTooLarge().with_detail(
                f"The form has more than {self._max_parts} parts (MAX_FORM_PARTS)."
            )
        return found.end() - 2

    def _find_delimiter(self, buffer: bytes, position: int) -> re.Match[bytes] | None:
        """Find the end of the next delimiter, or of what may become one."""
        # Fixed bytes are found faster than a pattern, and one CR, if there is none, faster still.
        position = buffer.find(b"\r", position)
        if position >= 0 and self._delimiter_re is None:
            position = buffer.find(self._delimiter, position)
        if position < 0:
            return None
        if self._delimiter_re is None:
            found = _DELIMITER_END_RE.match(buffer, position + len(self._delimiter))
            if found is not None:
                return found
            # A longer word that begins like the boundary is data. Where there is one there may be
            # millions: from now on a pattern finds what follows them.
            self._delimiter_re = re.compile(re.escape(self._delimiter) + _DELIMITER_END)
        return self._delimiter_re.search(buffer, position)

    def _read_headers(self, buffer: bytes, position: int, events: list[Any]) -> int:
        """Read a part's headers from the CRLF before them; return the position of its data."""
        # The CRLF of the boundary's line is still there: without headers it is the first half
        # of the empty line.
        end = buffer.find(b"\r\n\r\n", position, position + MAX_PART_HEADER_BYTES + 4)
        if end < 0:
            if len(buffer) - position > MAX_PART_HEADER_BYTES:
                raise RequestEntityTooLarge().with_detail(
                    f"A part's headers are longer than {MAX_PART_HEADER_BYTES} bytes."
                )
            self._held = buffer[position:]
            return -1
        events.append(_parse_part_headers(buffer[position + 2 : end]))
        self._state = _IN_PART_DATA
        # The empty line's CRLF is left to be looked at: in a part without data it may be the
        # delimiter's own (RFC 2046 section 5.1.1, body-part). Otherwise it is skipped.
        self._skip = 2
        return end + 2


def _parse_part_headers(block: bytes) -> MultipartPart:
    """Turn a part's header lines into the event that begins it; BadRequest if malformed."""
    headers = Headers()
    # Obsolete folding: a line that begins with white space goes on (RFC 5322 section 2.2.3).
    lines = re.sub("\r\n(?=[ \t])", "", block.decode("utf-8", "replace")).split("\r\n")
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
    dispositions = headers.getlist("Content-Disposition")
    if len(dispositions) > 1:
        raise BadRequest().with_detail("A part has two Content-Disposition headers.")
    kind, parameters = split_parameters("".join(dispositions))
    # The first of two equal names counts.
    options = dict(reversed(parameters))
    if kind.lower() != "form-data" or "name" not in options:
        raise BadRequest().with_detail("A part's Content-Disposition is not form-data with a name.")
    filename = options.get("filename")
    if filename is None and "filename*" in options:
        # RFC 7578 section 4.2 forbids it; some programs send it and nothing else.
        filename = decode_extended_value(options["filename*"])
    if filename is not None:
        filename = filename.replace("%22", '"')
    return MultipartPart(options["name"].replace("%22", '"'), filename, headers)


def checked_boundary(boundary: str) -> bytes:
    """Return the boundary as bytes; BadRequest if there is none, or none that can be used.

    RFC 2046 allows 70 characters; programs exist that send more, none sends more than 256.
    """
    if re.fullmatch("[ -~]{0,255}[!-~]", boundary) is None:
        raise BadRequest().with_detail(
            f"The Content-Type's boundary {boundary[:100]!r} is missing or malformed."
        )
    return boundary.encode("ascii")
