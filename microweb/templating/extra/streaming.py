"""The pieces of a page, while they are made."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class TemplateStream:
    """The text of a template in *pieces*, as an iterator.

    A piece is handed out as it comes to be, or, after `enable_buffering`, several at once.

    >>> stream = TemplateStream(iter("abcde"))
    >>> stream.enable_buffering(2)
    >>> list(stream)
    ['ab', 'cd', 'e']
    """

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self.disable_buffering()

    def disable_buffering(self) -> None:
        """Hand out each piece by itself."""
        self._size = 1
        self.buffered = False

    def enable_buffering(self, size: int = 5) -> None:
        """Hand out *size* pieces at once; ValueError if that is fewer than two."""
        if size <= 1:
            raise ValueError(f"a buffer of {size!r} pieces is too small: it takes at least 2")
        self._size = size
        self.buffered = True

    def __iter__(self) -> TemplateStream:
        return self

    def __next__(self) -> str:
        pieces = [piece for _, piece in zip(range(self._size), self._pieces)]
        if not pieces:
            raise StopIteration
        return "".join(pieces)

    def dump(self, fp: Any, encoding: str | None = None, errors: str | None = "strict") -> None:
        """Write everything to *fp*, a file or a file's name; *encoding* makes bytes of the text,
        as it must for a file open for bytes (a named file is UTF-8 if nothing else is said)."""
        if not hasattr(fp, "write"):
            with open(fp, "wb") as file:
                self.dump(file, encoding or "utf-8", errors)
            return
        for piece in self:
            fp.write(piece if encoding is None else piece.encode(encoding, errors or "strict"))
