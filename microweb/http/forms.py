"""Forms: from a body's bytes to fields and files.

Law of this module: a form is read to its end or not at all. The limits on memory and parts are
the same for both encodings: beyond them is 413, a malformed body 400. Text is UTF-8 whatever a
``charset`` says, bad bytes become U+FFFD.
"""

from __future__ import annotations

import io

from .exceptions import BadRequest, RequestEntityTooLarge
from .fields import percent_decode, text_from_environ
from .multipart import MultipartDecoder, MultipartPart
from .streams import BodyStream
from .structures import ImmutableMultiDict
from .uploads import FileStorage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A file above this many bytes is kept on disk.
SPOOL_THRESHOLD = 500_000
# Large pieces make few system calls; larger ones than this gain nothing.
_UPLOAD_BLOCK_SIZE = 262144


def parse_urlencoded(text: str) -> list[tuple[str, str]]:
    """Split ``a=1&b=2`` into pairs. Only ``&`` separates; blank values and names are kept.

    Never raises; malformed escapes stay as they are (WHATWG URL, section 5.1).

    >>> from microweb.http.forms import parse_urlencoded
    >>> parse_urlencoded("a=1&b=%C3%A9+x&c&&=d;e")
    [('a', '1'), ('b', 'é x'), ('c', ''), ('', 'd;e')]
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
    """Parse QUERY_STRING, PEP 3333's Latin-1 text, into a MultiDict. Never raises.

    >>> from microweb.http.forms import parse_query_string
    >>> parse_query_string("a=\\xff")["a"] == "\\ufffd"
    True
    """
    return ImmutableMultiDict(parse_urlencoded(text_from_environ(query)))


def read_urlencoded_form(
    stream: Any, max_memory: int | None = None, max_parts: int | None = None
) -> ImmutableMultiDict:
    """Read an urlencoded body to its end.

    Raises RequestEntityTooLarge beyond *max_memory* bytes or *max_parts* fields.

    >>> import io
    >>> from microweb.http.forms import read_urlencoded_form
    >>> read_urlencoded_form(io.BytesIO(b"a=1"))["a"]
    '1'
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


class _PartCollector:
    """Keeps the data of one part: in memory, from SPOOL_THRESHOLD on in a temporary file."""

    def __init__(self, part: MultipartPart) -> None:
        self.part = part
        self.size = 0
        self._chunks: list[bytes] = []
        self._file: Any = None

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self._file is not None:
            self._file.write(data)
            return
        self._chunks.append(data)
        if self.part.filename is not None and self.size > SPOOL_THRESHOLD:
            from tempfile import TemporaryFile

            # The name is the system's random one; what the client sent has no say in it.
            self._file = TemporaryFile("w+b")  # noqa: SIM115 - lives as long as the upload
            self._file.writelines(self._chunks)
            self._chunks = []

    def text(self) -> str:
        return b"".join(self._chunks).decode("utf-8", "replace")

    def stream(self) -> Any:
        if self._file is None:
            return io.BytesIO(b"".join(self._chunks))
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def read_multipart_form(
    stream: Any,
    boundary: str,
    max_memory: int | None = None,
    max_parts: int | None = None,
) -> tuple[ImmutableMultiDict, ImmutableMultiDict]:
    """Read a multipart/form-data body to its end and return ``(fields, files)``.

    *max_memory* limits the fields together, in bytes; files are not counted, since large ones go
    to disk. RequestEntityTooLarge beyond a limit, BadRequest for a malformed body; no temporary
    file stays behind then.

    >>> import io
    >>> from microweb.http.forms import read_multipart_form
    >>> body = b'--B\\r\\nContent-Disposition: form-data; name="a"\\r\\n\\r\\n1\\r\\n--B--'
    >>> read_multipart_form(io.BytesIO(body), "B")[0]["a"]
    '1'
    """
    decoder = MultipartDecoder(_checked_boundary(boundary), max_parts)
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, FileStorage]] = []
    memory = 0
    collector: _PartCollector | None = None
    read = stream.read_some if isinstance(stream, BodyStream) else stream.read
    try:
        while True:
            block = read(_UPLOAD_BLOCK_SIZE)
            if not block:
                break
            for event in decoder.feed(block):
                if event.__class__ is MultipartPart:
                    collector = _PartCollector(event)
                    continue
                if collector is None:
                    continue
                collector.add(event.data)
                if collector.part.filename is None:
                    memory += len(event.data)
                    if max_memory is not None and memory > max_memory:
                        raise _form_memory_error(max_memory)
                if not event.more_data:
                    part = collector.part
                    if part.filename is None:
                        fields.append((part.name, collector.text()))
                    else:
                        file = FileStorage(
                            collector.stream(), part.filename, part.name, headers=part.headers
                        )
                        files.append((part.name, file))
                    collector = None
        decoder.finish()
    except BaseException:
        if collector is not None:
            collector.close()
        for _, file in files:
            file.close()
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
