"""An uploaded file.

Law of this module: the file's name and type are what the client claims, kept as they came; where a
file is saved is the caller's word alone.
"""

from __future__ import annotations

import io

from .fields import parse_digits, parse_options_header
from .headers import Headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class FileStorage:
    """A file that came with a form: a stream and what was said about it.

    What is not an attribute here is looked up on the stream, so that it can be read, sought and
    iterated like a file. It is true if it has a file name.

    >>> import io
    >>> from microweb.http.uploads import FileStorage
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
        if hasattr(dst, "write"):
            self._copy_to(dst, buffer_size)
        else:
            with open(dst, "wb") as file:
                self._copy_to(file, buffer_size)

    def _copy_to(self, file: Any, buffer_size: int) -> None:
        while True:
            data = self.stream.read(buffer_size)
            if not data:
                return
            file.write(data)

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
