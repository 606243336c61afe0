"""Bytes on their way in and out, in blocks.

Law of this module: every read of a request's body goes through one ``BodyStream``, which counts;
every file that is sent goes through blocks of fixed size. It knows no headers.
"""

from __future__ import annotations

import io

from .exceptions import ClientDisconnected, RequestEntityTooLarge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

#: How many bytes are read at a time where nobody says otherwise.
STREAM_BLOCK_SIZE = 65536


class BodyStream(io.RawIOBase):
    """The request's body: at most *limit* bytes of *source*, read with a size always.

    *length* is the announced length: when the source ends before it, ClientDisconnected (400).
    *limit* without *length* is a maximum: when the source has more, RequestEntityTooLarge (413).
    *source* is never closed (PEP 3333).

    >>> import io
    >>> from microweb.http.streams import BodyStream
    >>> BodyStream(io.BytesIO(b"hello world"), length=5).read()
    b'hello'
    """

    def __init__(self, source: Any, length: int | None = None, limit: int | None = None) -> None:
        self._source = source
        self._length = length
        self._limit = limit
        self._position = 0
        self._ended = False
        self._error: ClientDisconnected | RequestEntityTooLarge | None = None

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

    def _allowance(self, size: int) -> int:
        """Return how many bytes may be asked of the source for a read of *size*."""
        if self._limit is not None:
            # One more than allowed tells a body that is too long from one that just fits.
            return min(size, self._limit - self._position + 1)
        if self._length is not None:
            return min(size, self._length - self._position)
        return size

    def _account(self, data: bytes, wanted: int) -> bytes:
        """Count what came; raise if it is more than the limit or less than was announced."""
        self._position += len(data)
        if self._limit is not None and self._position > self._limit:
            self._error = RequestEntityTooLarge().with_detail(
                f"The body has more than {self._limit} bytes (MAX_CONTENT_LENGTH)."
            )
        if not data and wanted:
            self._ended = True
            if self._length is not None and self._position < self._length:
                self._error = ClientDisconnected().with_detail(
                    f"The body ended after {self._position} of {self._length} bytes."
                )
        if self._error is not None:
            raise self._error
        return data

    def _read_source(self, method: Callable[[int], bytes], size: int) -> bytes:
        if self._error is not None:
            # What was too long or cut short stays so: no second read passes it off as whole.
            raise self._error
        wanted = 0 if self._ended else self._allowance(size)
        if wanted <= 0:
            return b""
        try:
            data = method(wanted)
        except (OSError, ValueError) as error:
            self._error = ClientDisconnected()
            raise self._error from error
        return self._account(data, wanted)

    def read(self, size: int | None = -1) -> bytes:
        """Read *size* bytes, fewer at the end; everything if *size* is negative or None."""
        if size is None or size < 0:
            return self.readall()
        data = self._read_source(self._source.read, size)
        if len(data) < size and data and not self.is_exhausted:
            # A source may return less than asked; callers of read() expect all of it.
            parts = [data]
            missing = size - len(data)
            while missing:
                data = self._read_source(self._source.read, missing)
                if not data:
                    break
                parts.append(data)
                missing -= len(data)
            data = b"".join(parts)
        return data

    def readall(self) -> bytes:
        """Read everything that is left."""
        parts: list[bytes] = []
        while True:
            size = STREAM_BLOCK_SIZE
            if self._length is not None and self._limit is None:
                # No more than this at once: what is announced need not come.
                size = min(self._length - self._position, 16 * STREAM_BLOCK_SIZE)
            data = self._read_source(self._source.read, size)
            if not data:
                return parts[0] if len(parts) == 1 else b"".join(parts)
            parts.append(data)
            if self.is_exhausted:
                return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_some(self, size: int) -> bytes:
        """Read once, *size* bytes at most; empty at the end only."""
        return self._read_source(self._source.read, size)

    def readinto(self, buffer: Any) -> int:
        """Read into *buffer* and return how many bytes came."""
        data = self._read_source(self._source.read, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, size: int | None = -1) -> bytes:
        """Read up to and with the next line feed, *size* bytes at most."""
        parts = []
        left = -1 if size is None else size
        while left:
            block = STREAM_BLOCK_SIZE if left < 0 else min(left, STREAM_BLOCK_SIZE)
            data = self._read_source(self._source.readline, block)
            if not data:
                break
            parts.append(data)
            if data.endswith(b"\n"):
                break
            left = left - len(data) if left > 0 else left
        return b"".join(parts)


class ClosingIterator:
    """An iterable whose ``close()`` calls *callbacks*, once, after the iterable's own ``close()``.

    PEP 3333: the server calls it when the response has been sent or given up.

    >>> from microweb.http.streams import ClosingIterator
    >>> body = ClosingIterator([b"a"], [lambda: print("closed")])
    >>> list(body), body.close(), body.close()
    closed
    ([b'a'], None, None)
    """

    def __init__(
        self, iterable: Iterable[bytes], callbacks: Iterable[Callable[[], Any]] = ()
    ) -> None:
        self._iterator: Iterator[bytes] = iter(iterable)
        close = getattr(iterable, "close", None)
        self._callbacks = [*([close] if close is not None else ()), *callbacks]

    def __iter__(self) -> ClosingIterator:
        return self

    def __next__(self) -> bytes:
        return next(self._iterator)

    def close(self) -> None:
        """Call every callback, even if one of them raises; the first error is raised at the end."""
        callbacks, self._callbacks = self._callbacks, []
        call_all(callbacks)


def call_all(callbacks: Iterable[Callable[[], Any]]) -> None:
    """Call each of *callbacks*; an error does not keep the others from being called.

    >>> from microweb.http.streams import call_all
    >>> call_all([lambda: print("a"), lambda: print("b")])
    a
    b
    """
    error: BaseException | None = None
    for callback in callbacks:
        try:
            callback()
        except BaseException as raised:  # noqa: PERF203 - raised again below
            error = error or raised
    if error is not None:
        raise error


class FileBody:
    """Iterate over a file in blocks: from *start*, *length* bytes at most; closes it at the end.

    >>> import io
    >>> from microweb.http.streams import FileBody
    >>> b"".join(FileBody(io.BytesIO(b"0123456789"), start=2, length=3))
    b'234'
    """

    def __init__(
        self,
        file: Any,
        start: int | None = None,
        length: int | None = None,
        block_size: int = STREAM_BLOCK_SIZE,
    ) -> None:
        self._file = file
        self._left = length
        self._block_size = block_size
        if start is not None:
            file.seek(start)

    def __iter__(self) -> FileBody:
        return self

    def __next__(self) -> bytes:
        size = self._block_size
        if self._left is not None:
            size = min(size, self._left)
        data: bytes = self._file.read(size) if size else b""
        if not data:
            raise StopIteration
        if self._left is not None:
            self._left -= len(data)
        return data

    def seekable(self) -> bool:
        """Say whether ``limit_to`` can be used."""
        seekable = getattr(self._file, "seekable", None)
        return bool(seekable is not None and seekable())

    def limit_to(self, start: int, stop: int) -> None:
        """Send bytes *start* to *stop* of the file only; it must be seekable."""
        self._file.seek(start)
        self._left = stop - start

    def close(self) -> None:
        """Close the file."""
        close = getattr(self._file, "close", None)
        if close is not None:
            close()


class SlicedBody:
    """Bytes *start* to *stop* of what *chunks* yields; ``close()`` closes *chunks*.

    >>> from microweb.http.streams import SlicedBody
    >>> b"".join(SlicedBody([b"abc", b"def"], 2, 5))
    b'cde'
    """

    def __init__(self, chunks: Iterable[bytes], start: int, stop: int) -> None:
        self._chunks = chunks
        self._start = start
        self._stop = stop

    def __iter__(self) -> Iterator[bytes]:
        position = 0
        for chunk in self._chunks:
            first = max(0, self._start - position)
            part = chunk[first : self._stop - position]
            position += len(chunk)
            if part:
                yield part
            if position >= self._stop:
                break

    def close(self) -> None:
        """Close the chunks if they can be closed."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
