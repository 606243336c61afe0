"""Bytes on their way in, through a stream that counts them, and out, in blocks of fixed size."""

from __future__ import annotations

import io
import sys

from .exceptions import ClientDisconnected, RequestEntityTooLarge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


#: How many bytes are read at a time by default.
STREAM_BLOCK_SIZE = 65536
_MAX_READ_SIZE = 1 << 20


class LimitedStream(io.RawIOBase):
    """The request's body: *limit* bytes of *stream* and no more, read with a size always.

    *limit* is the announced length: when the stream ends before it, ClientDisconnected (400).
    With *is_max* it is a maximum (None: there is none): when the stream has more,
    RequestEntityTooLarge (413); *announced* is what must come at least. *position* bytes have been
    read before. *stream* is never closed (PEP 3333).

    >>> LimitedStream(io.BytesIO(b"hello, world"), 5).read()
    b'hello'
    """

    _ended = False
    _error: ClientDisconnected | RequestEntityTooLarge | None = None

    def __init__(
        self,
        stream: Any,
        limit: int | None,
        is_max: bool = False,
        announced: int | None = None,
        *,
        position: int = 0,
    ) -> None:
        self._source, self._position, self.limit = stream, position, limit
        self._length = announced if is_max else limit
        self._limit = limit if is_max else None

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def tell(self) -> int:
        """Return how many bytes have been read."""
        return self._position

    @property
    def is_exhausted(self) -> bool:
        """Whether the body has been read to its end."""
        return self._ended or (self._limit is None and self._position == self._length)

    def _read_source(self, method: Callable[[int], bytes], size: int) -> bytes:
        """Ask the source for *size* bytes, no more than allowed, and count what came."""
        if self._error is not None:
            # What was too long or cut short stays so: no second read passes it off as whole.
            raise self._error
        limit, length = self._limit, self._length
        # One more than the limit tells a body that is too long from one that just fits.
        most = length if limit is None else limit + 1
        if most is not None:
            size = min(size, most - self._position)
        if self._ended or size <= 0:
            return b""
        try:
            data = method(size)
        except (OSError, ValueError) as error:
            self._error = ClientDisconnected()
            raise self._error from error
        self._position += len(data)
        self._ended = not data
        if limit is not None and self._position > limit:
            self._error = RequestEntityTooLarge().with_detail(
                f"The body has more than {limit} bytes (MAX_CONTENT_LENGTH)."
            )
        elif self._ended and length is not None and self._position < length:
            self._error = ClientDisconnected().with_detail(
                f"The body ended after {self._position} of {length} bytes."
            )
        if self._error is not None:
            raise self._error
        return data

    def read(self, size: int | None = -1) -> bytes:
        """Read *size* bytes, fewer at the end; everything if *size* is negative or None."""
        return self._collect(self._source.read, size, b"")

    def readline(self, size: int | None = -1) -> bytes:
        """Read up to and with the next line feed, *size* bytes at most."""
        return self._collect(self._source.readline, size, b"\n")

    def _collect(self, method: Callable[[int], bytes], size: int | None, end: bytes) -> bytes:
        """Read until *size* bytes are there, the body has ended or a piece ends with *end*."""
        left = sys.maxsize if size is None or size < 0 else size
        parts = []
        while left:
            # No more than this at once: what was announced need not come.
            data = self._read_source(method, min(left, _MAX_READ_SIZE))
            parts.append(data)
            left -= len(data)
            if not data or self.is_exhausted or (end and data.endswith(end)):
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def exhaust(self, chunk_size: int = STREAM_BLOCK_SIZE) -> bytes:
        """Read what is left, *chunk_size* being Werkzeug's, and return it."""
        return self.read()

    def read_some(self, size: int) -> bytes:
        """Read once, *size* bytes at most; empty at the end only."""
        return self._read_source(self._source.read, size)

    def readinto(self, buffer: Any) -> int:
        """Read into *buffer* and return how many bytes came."""
        data = self.read_some(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def close_iterable(iterable: Any) -> None:
    """Call the ``close()`` that an iterable, or a file, may have (PEP 3333)."""
    close = getattr(iterable, "close", None)
    if close is not None:
        close()


class ClosingIterator:
    """An iterable whose ``close()`` calls *callbacks*, once, after the iterable's own ``close()``.

    PEP 3333: the server calls it when the response has been sent or given up. *callbacks* may be
    one function.
    """

    def __init__(
        self,
        iterable: Iterable[bytes],
        callbacks: Callable[[], Any] | Iterable[Callable[[], Any]] = (),
    ) -> None:
        self._iterator: Iterator[bytes] = iter(iterable)
        callbacks = (callbacks,) if callable(callbacks) else callbacks
        self._callbacks = [lambda: close_iterable(iterable), *callbacks]

    def __iter__(self) -> ClosingIterator:
        return self

    def __next__(self) -> bytes:
        return next(self._iterator)

    def close(self) -> None:
        """Call every callback, even if one of them raises; the first error is raised at the end."""
        callbacks, self._callbacks = self._callbacks, []
        call_all(callbacks)


def call_all(callbacks: Iterable[Callable[[], Any]], silent: bool = False) -> None:
    """Call each of *callbacks*; an error does not keep the others from being called.

    The first one is raised at the end, unless this is to be *silent* because of an earlier error.
    """
    error: BaseException | None = None
    for callback in callbacks:
        try:
            callback()
        except BaseException as raised:
            error = error or raised
    if error is not None and not silent:
        raise error


class FileWrapper:
    """Iterate over a file in blocks of *buffer_size* bytes: *length* at most; closed by ``close``.

    >>> list(FileWrapper(io.BytesIO(b"abcde"), 2))
    [b'ab', b'cd', b'e']
    """

    def __init__(self, file: Any, buffer_size: int = 8192, length: int | None = None) -> None:
        self.file = file
        self.buffer_size = buffer_size
        #: How many bytes are still to be sent; None for all.
        self.left = length

    def __iter__(self) -> FileWrapper:
        return self

    def __next__(self) -> bytes:
        size = self.buffer_size if self.left is None else min(self.buffer_size, self.left)
        data: bytes = self.file.read(size) if size else b""
        if not data:
            raise StopIteration
        if self.left is not None:
            self.left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        close_iterable(self.file)
