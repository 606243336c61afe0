"""Forms: from a body's bytes to fields and files, and a query string to fields.

Law of this module: a form is read to its end or not at all; beyond a limit is 413, a malformed
body 400. Text is UTF-8 whatever a ``charset`` says, bad bytes become U+FFFD. A file's name and
type are what the client claims, kept as they came. ``MultipartDecoder`` (RFC 7578, RFC 2046 section
5.1) takes bytes in and gives events out: the same bytes give the same form however they are cut,
in time linear in their number.
"""

from __future__ import annotations

import io
import re
from collections import namedtuple

from .exceptions import BadRequest, RequestEntityTooLarge
from .fields import (
    decode_extended_value,
    is_token,
    parse_digits,
    parse_options_header,
    percent_decode,
    split_parameters,
    text_from_environ,
)
from .headers import Headers
from .streams import BodyStream
from .structures import ImmutableMultiDict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

#: A file above this many bytes is kept on disk.
SPOOL_THRESHOLD = 500_000
# Large pieces make few system calls; larger ones than this gain nothing.
_UPLOAD_BLOCK_SIZE = 262144
#: A part's headers may be this long together, and this many.
MAX_PART_HEADER_BYTES = 16384
MAX_PART_HEADERS = 16
# White space that may stand between a boundary and the end of its line (RFC 2046 section 5.1.1).
_MAX_BOUNDARY_PADDING = 128

# What the bytes at hand belong to.
_IN_PREAMBLE, _IN_PART_HEADERS, _IN_PART_DATA, _IN_EPILOGUE = range(4)


def parse_urlencoded(text: str) -> list[tuple[str, str]]:
    """Split ``a=1&b=2`` into pairs. Only ``&`` separates; blank values and names are kept.

    Never raises; malformed escapes stay as they are (WHATWG URL, section 5.1).
    """
    pairs = []
    if "%" not in text and "+" not in text:
        for field in text.split("&"):
            if field:
                name, _, value = field.partition("=")
                pairs.append((name, value))
        return pairs
    for field in text.split("&"):
        if field:
            name, _, value = field.replace("+", " ").partition("=")
            if "%" in field:
                name, value = percent_decode(name), percent_decode(value)
            pairs.append((name, value))
    return pairs


def parse_query_string(query: str) -> ImmutableMultiDict:
    """Parse QUERY_STRING, PEP 3333's Latin-1 text, into a MultiDict. Never raises."""
    return ImmutableMultiDict(parse_urlencoded(text_from_environ(query)))


def read_urlencoded_form(
    stream: Any, max_memory: int | None = None, max_parts: int | None = None
) -> ImmutableMultiDict:
    """Read an urlencoded body to its end.

    Raises RequestEntityTooLarge beyond *max_memory* bytes or *max_parts* fields.
    """
    if max_memory is None:
        body = stream.read()
    else:
        body = stream.read(max_memory + 1)
        if len(body) > max_memory:
            raise _form_memory_error(max_memory)
    if max_parts is not None and body.count(b"&") >= max_parts:
        raise RequestEntityTooLarge().with_detail(
            f"The form has more than {max_parts} fields (MAX_FORM_PARTS)."
        )
    return ImmutableMultiDict(parse_urlencoded(body.decode("utf-8", "replace")))


def _form_memory_error(max_memory: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge().with_detail(
        f"The form's fields hold more than {max_memory} bytes (MAX_FORM_MEMORY_SIZE)."
    )


class FileStorage:
    """A file that came with a form: a stream and what was said about it.

    What is not an attribute here is looked up on the stream, so that it can be read, sought and
    iterated like a file. It is true if it has a file name.

    >>> import io
    >>> upload = FileStorage(io.BytesIO(b"hello"), filename="a.txt", content_type="text/plain")
    >>> upload.filename, upload.mimetype, upload.read()
    ('a.txt', 'text/plain', b'hello')
    """

    def __init__(
        self,
        stream: Any = None,
        filename: str | None = None,
        name: str | None = None,
        content_type: str | None = None,
        content_length: int | None = None,
        headers: Headers | None = None,
    ) -> None:
        self.name = name
        self.stream = io.BytesIO() if stream is None else stream
        if filename is None:
            # An open file knows its path; descriptors and "<stdin>" are not names.
            filename = getattr(self.stream, "name", None)
            if not isinstance(filename, str) or filename.startswith("<"):
                filename = None
        self.filename = filename
        self.headers = Headers() if headers is None else headers
        if content_type is not None:
            self.headers.set("Content-Type", content_type)
        if content_length is not None:
            self.headers.set("Content-Length", content_length)

    @property
    def content_type(self) -> str | None:
        """The Content-Type that the client gave."""
        return self.headers.get("Content-Type")  # type: ignore[no-any-return]

    @property
    def content_length(self) -> int:
        """The Content-Length that the client gave, 0 without one (browsers send none)."""
        return parse_digits(self.headers.get("Content-Length")) or 0

    @property
    def mimetype(self) -> str:
        """The media type without parameters, in lower case."""
        return parse_options_header(self.content_type)[0].lower()

    @property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the Content-Type."""
        return parse_options_header(self.content_type)[1]

    def save(self, dst: Any, buffer_size: int = 65536) -> None:
        """Write the rest of the stream to *dst*: a path, or a binary file open for writing.

        An existing file is overwritten. Make the path yourself, from the client's ``filename``
        only after a function such as ``secure_filename`` has cleaned it.
        """
        file = dst if hasattr(dst, "write") else open(dst, "wb")  # noqa: SIM115 - closed below
        try:
            for data in iter(lambda: self.stream.read(buffer_size), b""):
                file.write(data)
        finally:
            if file is not dst:
                file.close()

    def close(self) -> None:
        """Close the stream; a temporary file is gone then."""
        self.stream.close()

    def __bool__(self) -> bool:
        return bool(self.filename)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "stream":
            raise AttributeError(name)
        return getattr(self.stream, name)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.stream)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.filename!r} ({self.content_type!r})>"


class MultipartPart(namedtuple("_PartFields", "name filename headers")):
    """Event: a part begins. ``filename`` is None for a form field."""

    __slots__ = ()


class MultipartData(namedtuple("_DataFields", "data more_data")):
    """Event: bytes of the part that began last; ``more_data`` is false for its last ones."""

    __slots__ = ()


class MultipartDecoder:
    """Decode a multipart/form-data body that is separated by *boundary*.

    More than *max_parts* parts raise RequestEntityTooLarge, as do part headers beyond their
    limits; a malformed body raises BadRequest. Lines end in CRLF; a bare LF does not end one.
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


class _PartCollector:
    """Keeps the data of one part: in memory, a file's from SPOOL_THRESHOLD on on disk."""

    def __init__(self, part: MultipartPart) -> None:
        self.part = part
        self.file: Any = io.BytesIO()
        self.spooled = False

    def add(self, data: bytes) -> None:
        self.file.write(data)
        if self.part.filename is None or self.spooled or self.file.tell() <= SPOOL_THRESHOLD:
            return
        from tempfile import TemporaryFile

        # The name is the system's random one; what the client sent has no say in it.
        spool = TemporaryFile("w+b")  # noqa: SIM115 - lives as long as the upload
        spool.write(self.file.getbuffer())
        self.file, self.spooled = spool, True


def read_multipart_form(
    stream: Any, boundary: str, max_memory: int | None = None, max_parts: int | None = None
) -> tuple[ImmutableMultiDict, ImmutableMultiDict]:
    """Read a multipart/form-data body to its end and return ``(fields, files)``.

    *max_memory* limits the fields together, in bytes; files are not counted, since large ones go
    to disk. RequestEntityTooLarge beyond a limit, BadRequest for a malformed body; no temporary
    file stays behind then.
    """
    decoder = MultipartDecoder(_checked_boundary(boundary), max_parts)
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, FileStorage]] = []
    memory = 0
    collector: _PartCollector | None = None
    read = stream.read_some if isinstance(stream, BodyStream) else stream.read
    try:
        for block in iter(lambda: read(_UPLOAD_BLOCK_SIZE), b""):
            for event in decoder.feed(block):
                if event.__class__ is MultipartPart:
                    collector = _PartCollector(event)
                elif collector is not None:
                    collector.add(event.data)
                    part, file = collector.part, collector.file
                    if part.filename is None:
                        memory += len(event.data)
                        if max_memory is not None and memory > max_memory:
                            raise _form_memory_error(max_memory)
                    if event.more_data:
                        continue
                    collector = None
                    if part.filename is None:
                        fields.append((part.name, file.getvalue().decode("utf-8", "replace")))
                    else:
                        file.seek(0)
                        upload = FileStorage(file, part.filename, part.name, headers=part.headers)
                        files.append((part.name, upload))
        decoder.finish()
    except BaseException:
        if collector is not None:
            collector.file.close()
        for _, upload in files:
            upload.close()
        raise
    return ImmutableMultiDict(fields), ImmutableMultiDict(files)


def _checked_boundary(boundary: str) -> bytes:
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
