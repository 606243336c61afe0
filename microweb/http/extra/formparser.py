"""Werkzeug's classes for reading and writing forms by hand, beside what a request does itself."""

from __future__ import annotations

from functools import partial

from ..exceptions import BadRequest
from ..forms import (
    UPLOAD_BLOCK_SIZE,
    default_stream_factory,
    read_multipart_form,
)
from ..structures import ImmutableMultiDict
from ..urlencoded import parse_urlencoded_body

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..structures import MultiDict


class FormDataParser:
    """Reads forms; ``parse_form_data`` and ``Request.form`` are made of it.

    *stream_factory* is called like ``default_stream_factory`` for each file, and returns what
    the file is written to: an object with ``write``, ``seek`` and ``close``. *cls* is the
    MultiDict class of the results. *silent* takes a malformed body (but not one beyond a limit)
    as an empty form.

    >>> from microweb.http import FormDataParser
    >>> form_type = "application/x-www-form-urlencoded"
    >>> import io
    >>> FormDataParser().parse(io.BytesIO(b"a=1"), form_type, 3)[1]
    ImmutableMultiDict([('a', '1')])
    """

    def __init__(
        self,
        stream_factory: Callable[..., Any] | None = None,
        max_form_memory_size: int | None = None,
        max_content_length: int | None = None,
        cls: type[MultiDict] | None = None,
        silent: bool = True,
        *,
        max_form_parts: int | None = None,
    ) -> None:
        self.stream_factory = stream_factory or default_stream_factory
        self.max_form_memory_size = max_form_memory_size
        self.max_content_length = max_content_length
        self.cls = cls or ImmutableMultiDict
        self.silent = silent
        self.max_form_parts = max_form_parts
        self.buffer_size = UPLOAD_BLOCK_SIZE

    def parse(
        self,
        stream: Any,
        mimetype: str,
        content_length: int | None,
        options: Mapping[str, str] | None = None,
    ) -> tuple[Any, MultiDict, MultiDict]:
        """Read *stream* as a form of *mimetype*; return ``(stream, fields, files)``.

        A stream of another type is returned as it is. *options* are the parameters of the
        Content-Type, *content_length* the length of the body where it is known.
        """
        fields: Any = ()
        files: Any = ()
        memory, parts = self.max_form_memory_size, self.max_form_parts
        try:
            if mimetype == "application/x-www-form-urlencoded":
                body = stream.read(-1 if memory is None else memory + 1)
                fields = parse_urlencoded_body(body, memory, parts)
            elif mimetype == "multipart/form-data":
                boundary = (options or {}).get("boundary", "")
                open_file = None
                if self.stream_factory is not default_stream_factory:
                    open_file = partial(self.stream_factory, content_length)
                limits = memory, parts, open_file, self.buffer_size
                fields, files = read_multipart_form(stream, boundary, *limits)
        except BadRequest:
            if not self.silent:
                raise
        return stream, self.cls(list(fields)), self.cls(list(files))

    def parse_from_environ(self, environ: dict[str, Any]) -> tuple[Any, MultiDict, MultiDict]:
        """Read the form in an environ's body; 413 beyond ``max_content_length`` as well."""
        from ..request import Request

        request = Request(environ)
        request.max_content_length = self.max_content_length
        about = request.mimetype, request.content_length, request.mimetype_params
        return self.parse(request.stream, *about)


class MultiPartParser(FormDataParser):
    """Reads multipart/form-data streams; *buffer_size* bytes are asked for at a time."""

    def __init__(
        self,
        stream_factory: Callable[..., Any] | None = None,
        max_form_memory_size: int | None = None,
        cls: type[MultiDict] | None = None,
        buffer_size: int = UPLOAD_BLOCK_SIZE,
        max_form_parts: int | None = None,
    ) -> None:
        limits = max_form_memory_size, None
        super().__init__(stream_factory, *limits, cls, False, max_form_parts=max_form_parts)
        self.buffer_size = buffer_size

    def parse(  # type: ignore[override]
        self, stream: Any, boundary: bytes, content_length: int | None
    ) -> tuple[MultiDict, MultiDict]:
        """Return ``(fields, files)``; BadRequest and RequestEntityTooLarge as for a request."""
        options = {"boundary": boundary.decode("latin-1")}
        return super().parse(stream, "multipart/form-data", content_length, options)[1:]
