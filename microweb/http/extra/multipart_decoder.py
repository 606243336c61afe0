"""multipart/form-data bodies that come in pieces, from no stream."""

from __future__ import annotations

from ..multipart import iter_multipart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MultipartDecoder:
    r"""Decode a multipart/form-data body that is separated by *boundary*.

    The errors are those of `iter_multipart`: 413 for more than *max_parts* parts, for one.

    >>> decoder = MultipartDecoder(b"B")
    >>> head = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    >>> [part, data] = decoder.feed(head + b"1\r\n--B--")
    >>> decoder.finish()
    >>> part.name, data
    ('a', MultipartData(data=b'1', more_data=False))
    """

    def __init__(self, boundary: bytes, max_parts: int | None = None) -> None:
        self._data = b""
        self._events = iter_multipart(lambda: self._data, boundary.decode("latin-1"), max_parts)
        # Up to where it asks for the first piece.
        next(self._events)

    def feed(self, data: bytes) -> list[Any]:
        """Take the next piece of the body and return the events that are certain by now."""
        events: list[Any] = []
        self._data = data
        for event in self._events if data else ():
            if event is None:
                break
            events.append(event)
        return events

    def finish(self) -> None:
        """Say that the body ends here: BadRequest unless it was complete (or empty)."""
        self._data = b""
        for _ in self._events:
            pass
