"""Chunked bodies behind servers that do not say how they hand them over."""

from __future__ import annotations

import sys

from ..exceptions import LengthRequired

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Modules whose input objects hold the whole body, or decode the chunks and end by themselves.
_ENDING_INPUTS = ("a2wsgi", "eventlet", "tempfile", "twisted")


def find_ending_input(environ: dict[str, Any]) -> Any:
    """Return the input of a chunked request as a stream that ends where the body does.

    ``wsgi.input_terminated`` marks such a stream, and few servers set it. What can be sought, a
    BytesIO or a temporary file, ends by itself. Other servers are known by what they are. Raises
    LengthRequired (411) for the rest: reading could wait for ever, or read the frames of the
    coding, and an empty body would be a loss that nobody sees.

    >>> import io
    >>> find_ending_input({"wsgi.input": io.BytesIO(b"hello")}).read()
    b'hello'
    """
    source = environ["wsgi.input"]
    seekable = getattr(source, "seekable", None)
    if seekable is not None and seekable():
        return source
    if type(source).__module__.partition(".")[0] in _ENDING_INPUTS:
        return source
    software = environ.get("SERVER_SOFTWARE", "").lower()
    # Apache's CGI and Caddy's FastCGI decode the body and close their end of it.
    if software.startswith(("apache", "caddy")) and environ.get("GATEWAY_INTERFACE"):
        return source
    uwsgi: Any = sys.modules.get("uwsgi")
    if "uwsgi.version" in environ and uwsgi is not None:
        return _ChunkReader(uwsgi.chunked_read)
    raise LengthRequired(
        "The body was sent in chunks, and the server does not say where it ends. Send it with a "
        "Content-Length."
    )


class _ChunkReader:
    """A stream of what *read_chunk* returns, call by call, until it returns nothing."""

    def __init__(self, read_chunk: Any) -> None:
        self._read_chunk = read_chunk
        self._held = b""

    def read(self, size: int) -> bytes:
        """Return up to *size* bytes; none at the end."""
        data = self._held or self._read_chunk()
        self._held = data[size:]
        return data[:size]

    def readline(self, size: int) -> bytes:
        """Return up to the next line feed, *size* bytes at most; a chunk's end may cut a line."""
        data = self._held or self._read_chunk()
        end = data.find(b"\n") + 1 or len(data)
        self._held = data[min(end, size) :]
        return data[: min(end, size)]
