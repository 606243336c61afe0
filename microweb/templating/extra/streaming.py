"""The pieces of a page, handed out while they are made.

A template is compiled a second time for it: its functions are generators, which hand out each text
and each value by itself, as soon as it is known.
"""

from __future__ import annotations

import functools

from ..compiler import TemplateCompiler
from ..environment import Template
from ..runtime import TemplateContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
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


class StreamingCompiler(TemplateCompiler):
    """Writes the module whose functions hand out the pieces of a page."""

    parameters = "context"

    def parse_output(self) -> None:
        """Read text and ``{{ }}``, whose pieces are not put together with those of a loop."""
        super().parse_output()
        self.single_output = (None, "", "", "")

    def write_pieces(self, pieces: list[str], lineno: int) -> None:
        """Write what hands out *pieces*, or puts them into a list."""
        if self.out != "out":
            super().write_pieces(pieces, lineno)
            return
        for piece in pieces:
            self.write(f"yield {piece}", lineno)

    def end_function(self, lineno: int) -> None:
        """Hand over to the template that this one extends."""
        self.heads["out"] = "[]"
        if self.extends:
            self.heads["parent"] = "None"
            condition = "if parent is not None: " if self.extends == 1 else ""
            self.write(f"{condition}yield from parent.root_function(context)", lineno)
        self.write("yield ''", lineno)

    def call_block(self, function: str, context: str, lineno: int) -> None:
        """Write the call of a block, whose pieces go out at once or into a list."""
        if self.out == "out":
            self.write(f"yield from {function}({context})", lineno)
        else:
            self.write(f"{self.out} += {function}({context})", lineno)

    def call_include(self, arguments: str, lineno: int) -> None:
        """Write the call that includes another template, as that of a block."""
        if self.out == "out":
            self.write(f"yield from stream_include({arguments})", lineno)
        else:
            super().call_include(arguments, lineno)


@functools.cache
def make_streaming_class(context_class: Any) -> type[TemplateContext]:
    """Return the class of contexts whose blocks are generators."""

    class StreamingContext(context_class):  # type: ignore[misc]
        def run_block(self, function: Callable[..., Any]) -> list[str]:
            """Return the output of a block's function as pieces."""
            return list(function(self))

    return StreamingContext


class StreamedTemplate(Template):
    """A template whose functions are generators."""

    streaming = True

    def context_over(self, parent: Mapping[str, Any]) -> TemplateContext:
        """Return a context whose blocks are generators."""
        context = super().context_over(parent)
        context_class: Any = type(context)
        context.__class__ = make_streaming_class(context_class)
        return context

    def _stream_include(self, names: Any, given: TemplateContext | None) -> Iterator[str]:
        """Render another template piece by piece."""
        template = self.environment.get_or_select_template(names, self.name).streamed
        yield from template.root_function(template.context_from(given))

    def _names(self) -> dict[str, Any]:
        """Return the names that the template's module may use."""
        return {**super()._names(), "stream_include": self._stream_include}
