"""multipart/form-data as bytes in, events out (RFC 7578, RFC 2046 section 5.1).

Law of this module: ``MultipartDecoder.feed`` takes bytes in pieces of any size and returns events;
the same bytes give the same form however they are cut, in time linear in their number. It opens
no file and reads no stream; the limits that need no memory (parts, size of part headers) are
held here, the others by whoever keeps the data.
"""

from __future__ import annotations

import re

from .exceptions import BadRequest, RequestEntityTooLarge
from .fields import decode_extended_value, is_token, split_parameters
from .headers import Headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A part's headers may be this long together, and this many.
MAX_PART_HEADER_BYTES = 16384
MAX_PART_HEADERS = 16
# White space that may stand between a boundary and the end of its line (RFC 2046 section 5.1.1).
_MAX_BOUNDARY_PADDING = 128

# What the bytes at hand belong to.
_IN_PREAMBLE, _IN_PART_HEADERS, _IN_PART_DATA, _IN_EPILOGUE = range(4)


class MultipartPart:
    """Event: a part begins. ``filename`` is None for a form field."""

    __slots__ = ("filename", "headers", "name")

    def __init__(self, name: str, filename: str | None, headers: Headers) -> None:
        self.name = name
        self.filename = filename
        self.headers = headers

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.filename!r}, {self.headers!r})"


class MultipartData:
    """Event: bytes of the part that began last; ``more_data`` is false for its last ones."""

    __slots__ = ("data", "more_data")

    def __init__(self, data: bytes, more_data: bool) -> None:
        self.data = data
        self.more_data = more_data

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.data!r}, more_data={self.more_data!r})"


class MultipartDecoder:
    """Decode a multipart/form-data body that is separated by *boundary*.

    More than *max_parts* parts raise RequestEntityTooLarge, as do part headers beyond their
    limits; a malformed body raises BadRequest. Lines end in CRLF; a bare LF does not end one.

    >>> from microweb.http.multipart import MultipartDecoder
    >>> decoder = MultipartDecoder(b"B")
    >>> events = decoder.feed(
    ...     b'--B\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1\\r\\n--B--\\r\\n'
    ... )
    >>> [event.name if hasattr(event, "name") else event.data for event in events]
    ['a', b'1']
    >>> decoder.finish()
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
        self._exact_delimiter: re.Pattern[bytes] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the closing boundary has been seen."""
        return self._state == _IN_EPILOGUE

    def feed(self, data: bytes) -> list[Any]:
        """Take the next piece of the body and return the events that are certain by now."""
        events: list[Any] = []
        if not data or self._state == _IN_EPILOGUE:
            return events
        self._seen_any = True
        buffer = self._held + data if self._held else data
        position = 0
        while True:
            if self._state == _IN_PART_HEADERS:
                following = self._read_headers(buffer, position, events)
            elif self._state == _IN_EPILOGUE:
                self._held = b""
                return events
            else:
                following = self._read_data(buffer, position, events)
            if following < 0:
                return events
            position = following

    def finish(self) -> None:
        """Say that the body ends here: BadRequest unless it was complete (or empty)."""
        if self._state != _IN_EPILOGUE and self._seen_any:
            raise BadRequest().with_detail("The multipart body ends before its closing boundary.")

    def _read_data(self, buffer: bytes, position: int, events: list[Any]) -> int:
        """Read up to the next delimiter; return the position after it, or -1 for more bytes."""
        delimiter = self._delimiter
        inside = self._state == _IN_PART_DATA
        search = position
        while True:
            found = self._find_delimiter(buffer, search)
            if found < 0:
                self._hold_tail(buffer, position, search, inside, events)
                return -1
            after = self._delimiter_end(buffer, found + len(delimiter))
            if after is None:
                # The delimiter's line is not complete yet.
                if inside and found > position:
                    self._emit(buffer, position, found, True, events)
                self._held = buffer[found:]
                return -1
            if after >= 0:
                break
            # A longer word that begins like the boundary is data. Where there is one there may
            # be millions, so from here on the search looks at what follows as well.
            search = found + 1
            self._exact_delimiter = re.compile(
                re.escape(delimiter)
                + rb"(?:--|-?\Z|[ \t]{0,%d}(?:\r\n|\r?\Z))" % _MAX_BOUNDARY_PADDING
            )
        if inside:
            self._emit(buffer, position, found, False, events)
        if self._state != _IN_EPILOGUE:
            self._count_part()
        return after

    def _find_delimiter(self, buffer: bytes, search: int) -> int:
        """Return where the next delimiter, or what may become one, begins; -1 if nowhere."""
        if self._exact_delimiter is None:
            return buffer.find(self._delimiter, search)
        match = self._exact_delimiter.search(buffer, search)
        return -1 if match is None else match.start()

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

    def _hold_tail(
        self, buffer: bytes, position: int, search: int, inside: bool, events: list[Any]
    ) -> None:
        """Emit what cannot belong to a delimiter; keep the rest for the next piece."""
        keep_from = max(search, len(buffer) - len(self._delimiter) + 1, position)
        carriage_return = buffer.find(b"\r", keep_from)
        end = len(buffer) if carriage_return < 0 else carriage_return
        if inside and end > position:
            self._emit(buffer, position, end, True, events)
        self._held = buffer[end:]

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
        if rest.startswith(b"\r\n") and len(rest) < len(line):
            self._state = _IN_PART_HEADERS
            return position + len(line) - len(rest)
        if len(line) <= _MAX_BOUNDARY_PADDING and len(rest) < len(line) and rest in (b"", b"\r"):
            return None
        return -1

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
        if not colon or not is_token(name) or not _is_clean_part_value(value):
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


def _is_clean_part_value(value: str) -> bool:
    """Say whether a header value is free of control characters (TAB is allowed)."""
    return value.isprintable() or not any(
        (char < " " and char != "\t") or char == "\x7f" for char in value
    )
