"""Responses written like a file, and those of other WSGI applications."""

from __future__ import annotations

import io

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class ResponseStream(io.RawIOBase):
    """A binary file whose writing goes to the end of a response's body."""

    def __init__(self, response: Any) -> None:
        self.response = response

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Append *data*, bytes or text, to the body and return its length.

        ValueError after ``close``. Text is encoded as UTF-8, so `csv.writer` and `print` can write.
        """
        if self.closed:
            raise ValueError("The response's stream is closed. Write before you call close().")
        self.response.make_sequence()
        piece = data.encode() if isinstance(data, str) else bytes(data)
        self.response.response = [*self.response.response, piece]
        self.response.headers.remove("Content-Length")
        return len(data)

    def tell(self) -> int:
        """Return how many bytes the body has."""
        self.response.make_sequence()
        return self.response.calculate_content_length() or 0


def response_from_app(
    cls: Any, app: Callable[..., Any], environ: dict[str, Any], buffered: bool = False
) -> Any:
    """Return what a WSGI application answers as a response; see `Response.from_app`."""
    answer: list[Any] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        answer[:] = [status, headers]
        return written.append

    app_iter = app(environ, start_response)
    close = getattr(app_iter, "close", None)
    chunks = iter(app_iter)
    while not answer:
        # PEP 3333: start_response is due before the first piece of the body at the latest.
        piece = next(chunks, None)
        if piece is None:
            break
        written.append(piece)
    if not answer:
        raise RuntimeError(f"The WSGI application {app!r} did not call start_response.")

    def body() -> Iterator[bytes]:
        yield from written
        yield from chunks

    response = cls(list(body()) if buffered else body(), answer[0], answer[1])
    if close is not None:
        response.call_on_close(close)
    return response
