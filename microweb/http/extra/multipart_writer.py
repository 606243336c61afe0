"""Forms with files as multipart/form-data bodies; ``multipart`` decodes what is written here."""

from __future__ import annotations

from ..forms import FileStorage
from ..multipart import PART_CONTROL_RE, MultipartData, MultipartPart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# How browsers write these into names (WHATWG HTML, multipart form data); and the backslash, which
# they leave alone, as a quoted string has it.
PART_NAME_ESCAPES = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A", ord("\\"): "\\\\"}


class MultipartEncoder:
    r"""Encode events as a multipart/form-data body with *boundary* between the parts.

    Names are escaped as browsers do, so that none can add a parameter or a header.

    >>> from microweb.http import Headers
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
            if PART_CONTROL_RE.search(text.translate(PART_NAME_ESCAPES)):
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


def encode_multipart(fields: Iterable[tuple[str, Any]], boundary: str) -> bytes:
    r"""Return a multipart/form-data body of ``(name, value)`` pairs.

    A value is text, bytes or a FileStorage; of a file what is left in its stream is read.

    >>> encode_multipart([("a", "1")], "B")
    b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n'
    """
    encoder = MultipartEncoder(boundary.encode("ascii"))
    pieces = []
    for name, value in fields:
        filename, headers = None, None
        if isinstance(value, FileStorage):
            filename, headers, value = value.filename, value.headers, value.stream.read()
        elif isinstance(value, str):
            value = value.encode("utf-8")
        pieces.append(encoder.encode(MultipartPart(name, filename, headers)))
        pieces.append(encoder.encode(MultipartData(value, False)))
    return b"".join([*pieces, encoder.finish()])
