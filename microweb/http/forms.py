"""Forms with files: from a body's bytes to fields and files (RFC 7578).

A form is read to its end or not at all; beyond a limit is 413, a malformed body 400. Text is UTF-8
whatever a ``charset`` says, bad bytes become U+FFFD. A file's name and type are what the client
claims, kept as they came.
"""

from __future__ import annotations

import io
import os
from functools import partial

from ..text.tokens import parse_digits
from .exceptions import HTTPException
from .headers import Headers
from .multipart import MultipartPart, iter_multipart
from .streams import LimitedStream, call_all
from .urlencoded import check_form_memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

#: A file above this many bytes is kept on disk.
SPOOL_THRESHOLD = 500_000
# Large pieces make few system calls; larger ones than this gain nothing.
UPLOAD_BLOCK_SIZE = 262144
#: A form's files may take so much memory where there is no folder for temporary files.
MAX_FILES_IN_MEMORY = 16_000_000


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
        return (self.content_type or "").partition(";")[0].strip(" \t").lower()

    @property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the Content-Type."""
        from .extra.options import parse_options_header

        return parse_options_header(self.content_type)[1]

    def save(self, dst: Any, buffer_size: int = 65536) -> None:
        """Write the rest of the stream to *dst*: a path, or a binary file open for writing.

        An existing file is overwritten; where writing fails no half file stays. Make the path of
        the client's ``filename`` only after ``secure_filename`` or the like has cleaned it.
        """
        file = dst if hasattr(dst, "write") else open(dst, "wb")  # noqa: SIM115 - closed below
        try:
            for data in iter(lambda: self.stream.read(buffer_size), b""):
                file.write(data)
            if file is not dst:
                file.close()
        except BaseException:
            if file is not dst:
                call_all([file.close, partial(_remove_regular_file, dst)], silent=True)
            raise

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


def default_stream_factory(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: int | None = None,
) -> Any:
    """Return a binary file to write an upload to: in memory if the body is small, else on disk,
    unless Python came without `tempfile`, or there is no folder that can be written to."""
    if total_content_length is None or total_content_length > SPOOL_THRESHOLD:
        try:
            from tempfile import TemporaryFile

            return TemporaryFile("w+b")
        except (ImportError, OSError):
            pass
    return io.BytesIO()


def _storage_error() -> HTTPException:
    """Return the error for an upload that there is no room for: 507 (RFC 4918 section 11.5)."""
    error = HTTPException("There is no room for this file.").with_detail(
        "There is no folder for temporary files, so that uploads are kept in memory, and these "
        f"have more than {MAX_FILES_IN_MEMORY} bytes. Set the environment variable TMPDIR to a "
        "folder that can be written to."
    )
    error.code = 507
    return error


def _remove_regular_file(path: Any) -> None:
    """Remove what *path* leads to, unless that is a device, a pipe or an open descriptor."""
    if not isinstance(path, int) and os.path.isfile(path):
        os.unlink(os.path.realpath(path))


class _OpenPart:
    """A part whose data come in: kept where *open_file* says, else in memory and then on disk."""

    def __init__(self, part: MultipartPart, open_file: Callable[..., Any] | None) -> None:
        self.name, self.filename, self.headers = part
        self.file: Any = io.BytesIO()
        self._may_move = self.filename is not None and open_file is None
        # True for what should be on disk and is not.
        self.is_stuck = False
        if self.filename is not None and open_file is not None:
            self.file = open_file(
                content_type=self.headers.get("Content-Type"),
                filename=self.filename,
                content_length=parse_digits(self.headers.get("Content-Length")),
            )

    def add(self, data: bytes) -> None:
        self.file.write(data)
        if self._may_move and self.file.tell() > SPOOL_THRESHOLD:
            held, self.file = self.file, default_stream_factory(None, None, None)
            self._may_move = False
            self.is_stuck = self.file.__class__ is io.BytesIO
            with held.getbuffer() as view:
                self.file.write(view)


def read_multipart_form(
    stream: Any,
    boundary: str,
    max_memory: int | None = None,
    max_parts: int | None = None,
    open_file: Callable[..., Any] | None = None,
    block_size: int = UPLOAD_BLOCK_SIZE,
) -> tuple[list[tuple[str, str]], list[tuple[str, FileStorage]]]:
    """Read a multipart/form-data body to its end and return the pairs ``(fields, files)``.

    *max_memory* limits the fields together, in bytes; files are not counted, since large ones go
    to disk, or to what *open_file* returns. RequestEntityTooLarge beyond a limit, BadRequest for
    a malformed body, 507 where a file cannot be kept; no temporary file stays behind then.
    """
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, FileStorage]] = []
    memory = held = 0
    part: _OpenPart | None = None
    read = stream.read_some if isinstance(stream, LimitedStream) else stream.read
    try:
        for event in iter_multipart(lambda: read(block_size), boundary, max_parts):
            if event is None:
                continue
            if part is None or event.__class__ is MultipartPart:
                part = _OpenPart(event, open_file)
                continue
            part.add(event.data)
            if part.filename is None:
                memory += len(event.data)
                check_form_memory(memory, max_memory)
            elif part.is_stuck and held + part.file.tell() > MAX_FILES_IN_MEMORY:
                raise _storage_error()
            if event.more_data:
                continue
            held += part.file.tell() if part.is_stuck else 0
            if part.filename is None:
                fields.append((part.name, part.file.getvalue().decode("utf-8", "replace")))
            else:
                part.file.seek(0)
                upload = FileStorage(part.file, part.filename, part.name, headers=part.headers)
                files.append((part.name, upload))
            part = None
    except BaseException:
        uploads = [upload.close for _, upload in files]
        # A file that cannot be written to its end cannot be closed without an error either.
        call_all(uploads + ([part.file.close] if part else []), silent=True)
        raise
    return fields, files
