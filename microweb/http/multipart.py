"""multipart/form-data, both ways: bytes in and events out, events in and bytes out.

By RFC 7578, RFC 2046 section 5.1, the same bytes give the same events however they are cut, in time
linear in their number, and what the encoder writes the decoder reads. Text is UTF-8. It reads no
stream and keeps no part: what becomes of the events is decided elsewhere.
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
# White space that may stand between a boundary and the end of its line (RFC 2046 section 5.1.1).
_MAX_BOUNDARY_PADDING = 128
# How browsers write these into names (WHATWG HTML, multipart form data); and the backslash, which
# they leave alone, as a quoted string has it.
PART_NAME_ESCAPES = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A", ord("\\"): "\\\\"}

# What the bytes at hand belong to.
_IN_PREAMBLE, _IN_PART_HEADERS, _IN_PART_DATA, _IN_EPILOGUE = range(4)


class MultipartPart(namedtuple("_PartFields", "name filename headers")):
    """Event: a part begins. ``filename`` is None for a form field."""

    __slots__ = ()


class MultipartData(namedtuple("_DataFields", "data more_data")):
    """Event: bytes of the part that began last; ``more_data`` is false for its last ones."""

    __slots__ = ()


class MultipartEncoder:
    r"""Encode events as a multipart/form-data body with *boundary* between the parts.

    Names are escaped as browsers do, so that none can add a parameter or a header.

    >>> encoder = MultipartEncoder(b"B")
    >>> part = MultipartPart("a", None, Headers())
    >>> encoder.encode(part) + encoder.encode(MultipartData(b"1", False)) + encoder.finish()
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n'
    """

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"--" + boundary

    def encode(self, event: MultipartPart | MultipartData) -> bytes:
        """Return the bytes of one event; a part's disposition is made of its names.

        ValueError for a name that holds a control character other than a line break or a TAB.
        """
        if isinstance(event, MultipartData):
            data: bytes = event.data
            return data if event.more_data else data + b"\r\n"
        for text in (event.name, event.filename or ""):
            if not is_clean_part_value(text.translate(PART_NAME_ESCAPES)):
                raise ValueError(
                    f"The name {text!r} holds a control character, which no part of a form may."
                )
        head = f'Content-Disposition: form-data; name="{event.name.translate(PART_NAME_ESCAPES)}"'
        if event.filename is not None:
            head += f'; filename="{event.filename.translate(PART_NAME_ESCAPES)}"'
        for name, value in event.headers or ():
            if name.lower() != "content-disposition":
                head += f"\r\n{name}: {value}"
        return b"%b\r\n%b\r\n\r\n" % (self._delimiter, head.encode("utf-8"))

    def finish(self) -> bytes:
        """Return what ends the body."""
        return self._delimiter + b"--\r\n"


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
        self._max_parts = max_parts
        self._parts = 0
        self._state = _IN_PREAMBLE
        # The first delimiter may stand at the very start: with a line end before it, it looks
        # like all others.
        self._held = b"\r\n"
        self._seen_any = False
        # How many bytes before the part's data belong to the empty line above it.
        self._skip = 0
        # Set once the boundary was seen as the beginning of a longer word.
        self._exact_delimiters: list[bytes] = []
        self._exact_delimiter: re.Pattern[bytes] | None = None

    def feed(self, data: bytes) -> list[Any]:
        """Take the next piece of the body and return the events that are certain by now."""
        events: list[Any] = []
        if not data or self._state == _IN_EPILOGUE:
            return events
        self._seen_any = True
        buffer = self._held + data if self._held else data
        position = 0
        while position >= 0 and self._state != _IN_EPILOGUE:
            if self._state == _IN_PART_HEADERS:
                position = self._read_headers(buffer, position, events)
            else:
                position = self._read_data(buffer, position, events)
        return events

    def finish(self) -> None:
        """Say that the body ends here: BadRequest unless it was complete (or empty)."""
        if self._state != _IN_EPILOGUE and self._seen_any:
            raise BadRequest().with_detail("The multipart body ends before its closing boundary.")

    def _read_data(self, buffer: bytes, position: int, events: list[Any]) -> int:
        """Read up to the next delimiter; return the position after it, or -1 for more bytes."""
        inside = self._state == _IN_PART_DATA
        search = position
        while True:
            found = self._find_delimiter(buffer, search)
            if found < 0:
                # What cannot belong to a delimiter is certain; the rest waits for more.
                keep_from = max(position, search, len(buffer) - len(self._delimiter) - 1)
                found = buffer.find(b"\r", keep_from)
                after: int | None = None
            else:
                after = self._delimiter_end(buffer, found + len(self._delimiter))
            if after is None:
                end = found if found >= 0 else len(buffer)
                if inside and end > position:
                    self._emit(buffer, position, end, True, events)
                self._held = buffer[end:]
                return -1
            if after >= 0:
                break
            # A longer word that begins like the boundary is data.
            search = found + 1
            self._expect_longer_words()
        if inside:
            self._emit(buffer, position, found, False, events)
        if self._state != _IN_EPILOGUE:
            self._count_part()
        return after

    def _find_delimiter(self, buffer: bytes, search: int) -> int:
        """Return where the next delimiter, or what may become one, begins; -1 if nowhere."""
        if self._exact_delimiter is not None:
            match = self._exact_delimiter.search(buffer, search)
            return -1 if match is None else match.start()
        # Ten times as fast as the delimiter is found one CR, if there is none.
        search = buffer.find(b"\r", search)
        if search < 0:
            return -1
        if not self._exact_delimiters:
            return buffer.find(self._delimiter, search)
        nearest = -1
        for delimiter in self._exact_delimiters:
            end = len(buffer) if nearest < 0 else nearest + len(delimiter)
            # One byte is found faster than several, and blanks are often not there at all.
            if buffer.find(delimiter[-1:], search, end) >= 0:
                found = buffer.find(delimiter, search, end)
                nearest = nearest if found < 0 else found
        return nearest

    def _expect_longer_words(self) -> None:
        """Search from now on for what follows the boundary as well.

        Where there is one longer word there may be millions: four searches for fixed bytes cost
        a fraction of a stop at each. If blanks follow the words too, only a pattern tells.
        """
        if not self._exact_delimiters:
            self._exact_delimiters = [
                self._delimiter + end for end in (b"\r\n", b"--", b" ", b"\t")
            ]
        else:
            self._exact_delimiter = re.compile(
                re.escape(self._delimiter)
                + rb"(?:--|-?\Z|[ \t]{0,%d}(?:\r\n|\r?\Z))" % _MAX_BOUNDARY_PADDING
            )

    def _emit(
        self, buffer: bytes, start: int, end: int, more_data: bool, events: list[Any]
    ) -> None:
        """Add the event for the bytes from *start* to *end*, without copying a whole piece."""
        if end > start:
            start += self._skip
        self._skip = 0
        data = buffer if start == 0 and end == len(buffer) else buffer[start:end]
        if data or not more_data:
            events.append(MultipartData(data, more_data))

    def _delimiter_end(self, buffer: bytes, position: int) -> int | None:
        """Look at what follows a delimiter.

        Returns the position of the CRLF that ends its line (the state is then set to what
        follows), None if more bytes are needed, -1 if it was no delimiter.
        """
        two = buffer[position : position + 2]
        if two == b"\r\n":
            self._state = _IN_PART_HEADERS
            return position
        if two == b"--":
            self._state = _IN_EPILOGUE
            return position + 2
        if len(two) < 2 and (not two or two in b"\r- \t"):
            return None
        line = buffer[position : position + _MAX_BOUNDARY_PADDING + 2]
        rest = line.lstrip(b" \t")
        blanks = len(line) - len(rest)
        if blanks and rest.startswith(b"\r\n"):
            self._state = _IN_PART_HEADERS
            return position + blanks
        return None if 0 < blanks <= _MAX_BOUNDARY_PADDING and rest in (b"", b"\r") else -1

    def _count_part(self) -> None:
        self._parts += 1
        if self._max_parts is not None and self._parts > self._max_parts:
            raise RequestEntityTooLarge().with_detail(
                f"The form has more than {self._max_parts} parts (MAX_FORM_PARTS)."
            )

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
    lines: list[str] = []
    for line in block.decode("utf-8", "replace").split("\r\n"):
        if line[:1] in (" ", "\t") and lines:
            # Obsolete folding: a line that goes on (RFC 5322 section 2.2.3).
            lines[-1] += line
        else:
            lines.append(line)
    if len(lines) > MAX_PART_HEADERS:
        raise RequestEntityTooLarge().with_detail(
            f"A part has more than {MAX_PART_HEADERS} headers."
        )
    disposition: str | None = None
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        if not colon or not is_token(name) or not is_clean_part_value(value):
            raise BadRequest().with_detail(f"A part has the malformed header {line[:100]!r}.")
        if name.lower() == "content-disposition":
            if disposition is not None:
                raise BadRequest().with_detail("A part has two Content-Disposition headers.")
            disposition = value
        # Received, not to be sent: text beyond Latin-1 is welcome, so the gate is passed by.
        headers._list.append((name, value))
    kind, parameters = split_parameters(disposition or "")
    options: dict[str, str] = {}
    for name, value in parameters:
        options.setdefault(name, value)
    if kind.lower() != "form-data" or "name" not in options:
        raise BadRequest().with_detail("A part's Content-Disposition is not form-data with a name.")
    filename = options.get("filename")
    if filename is None and "filename*" in options:
        # RFC 7578 section 4.2 forbids it; some programs send it and nothing else.
        filename = decode_extended_value(options["filename*"])
    if filename is not None:
        filename = filename.replace("%22", '"')
    return MultipartPart(options["name"].replace("%22", '"'), filename, headers)


def is_clean_part_value(value: str) -> bool:
    """Say whether a header value is free of control characters (TAB is allowed)."""
    return value.isprintable() or not any(
        (char < " " and char != "\t") or char == "\x7f" for char in value
    )


def checked_boundary(boundary: str) -> bytes:
    """Return the boundary as bytes; BadRequest if there is none, or none that can be used.

    RFC 2046 allows 70 characters; programs exist that send more, none sends more than 256.
    """
    if (
        not boundary
        or len(boundary) > 256
        or not (boundary.isascii() and boundary.isprintable())
        or boundary.endswith(" ")
    ):
        raise BadRequest().with_detail(
            f"The Content-Type's boundary {boundary[:100]!r} is missing or malformed."
        )
    return boundary.encode("ascii")
