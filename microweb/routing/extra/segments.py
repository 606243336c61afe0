"""Segments that mix text and variables: ``<a>-<b>.<ext>``, ``file-<int:n>``.

Such a segment is read from its right end, each piece of fixed text as far to the right as it can
stand, so that the first variable takes as much as it can. It goes back only where a converter
declines, never into a state that is known to fail, and never more than ``_MIXED_STEPS`` times.
"""

from __future__ import annotations

from ..converters import NOT_CONVERTED, read_any_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..rules import RulePiece
    from ..trie import RouteNode

# A segment that needs more work than this does not match: it bounds what hostile text can cause
# where converters keep declining. The unit is one step, or 64 characters handed to a converter.
_MIXED_STEPS = 10_000


class MixedSegment:
    """The reader of one mixed segment.

    *texts*: the fixed texts around the variables, one more than there are variables; the ones
    between two variables are not empty; *readers*: one reader per variable; *order*, *label*,
    *spans*: see ``RouteBranch``.

    >>> from microweb.routing.converters import read_any_text
    >>> MixedSegment(("", ".", ""), (read_any_text, read_any_text)).read("a.tar.gz")
    ('a.tar', 'gz')
    """

    __slots__ = ("label", "order", "plain", "readers", "spans", "texts")

    def __init__(
        self,
        texts: tuple[str, ...],
        readers: tuple[Callable[[str], Any], ...],
        order: tuple[Any, ...] = (),
        label: str = "",
        spans: bool = False,
    ) -> None:
        self.texts = texts
        self.readers = readers
        self.order = order
        self.label = label
        self.spans = spans
        self.plain = all(reader is read_any_text for reader in readers)

    def read(self, text: str) -> Any:
        """Return the tuple of values for *text*, or ``NOT_CONVERTED``."""
        head = self.texts[0]
        tail = self.texts[-1]
        end = len(text) - len(tail)
        if end <= len(head) or not text.startswith(head) or not text.endswith(tail):
            return NOT_CONVERTED
        if self.plain and "/" not in text:
            return self._read_plain(text, len(head), end)
        return self._read_searching(text, len(head), end)

    def cost(self, text: str) -> int:
        """Return a bound of the steps ``read`` may take: the fixed texts, squared."""
        places = sum([text.count(fixed) for fixed in self.texts[1:-1]])
        return 1 + places * places

    def _read_plain(self, text: str, start: int, end: int) -> Any:
        """Read variables that take any text: one look from the right per piece, nothing to undo."""
        values = []
        for fixed in self.texts[-2:0:-1]:
            found = text.rfind(fixed, start + 1, end - 1)
            if found < 0:
                return NOT_CONVERTED
            values.append(text[found + len(fixed) : end])
            end = found
        values.append(text[start:end])
        values.reverse()
        return tuple(values)

    def _read_searching(self, text: str, start: int, end: int) -> Any:
        """Read variables whose converters may decline: the same order, with a way back.

        A state is (variable, where it ends); the stack also has the limit for its
        fixed text on the left, and the values to its right as a linked list.
        """
        readers = self.readers
        last = len(readers) - 1
        seen = {(last, end)}
        stack: list[tuple[int, int, int, Any]] = [(last, end, end - 1, None)]
        steps = _MIXED_STEPS
        while stack and steps > 0:
            steps -= 1
            index, end, limit, values = stack.pop()
            if index == 0:
                steps -= (end - start) >> 6
                value = readers[0](text[start:end])
                if value is not NOT_CONVERTED:
                    return _unlink_values((value, values))
                continue
            fixed = self.texts[index]
            found = text.rfind(fixed, start + 1, limit)
            if found < 0:
                continue
            # Where the fixed text stands farther left is tried when everything from here failed.
            stack.append((index, end, found + len(fixed) - 1, values))
            if (index - 1, found) in seen:
                continue
            steps -= (end - found) >> 6
            value = readers[index](text[found + len(fixed) : end])
            if value is not NOT_CONVERTED:
                seen.add((index - 1, found))
                stack.append((index - 1, found, found - 1, (value, values)))
        return NOT_CONVERTED


def _unlink_values(link: Any) -> tuple[Any, ...]:
    """Return the values of a linked list ``(value, (value, ... None))``, first to last."""
    values = []
    while link is not None:
        value, link = link
        values.append(value)
    return tuple(values)


def order_of_pieces(pieces: Sequence[RulePiece]) -> tuple[Any, ...]:
    """Return the order of a segment, or the rest of a rule, with these *pieces*: as Werkzeug's.

    >>> from microweb.routing.rules import parse_rule
    >>> order_of_pieces(parse_rule("ab"))
    (-1, (-2,), 0, ())
    """
    lengths = [-len(piece) for piece in pieces if isinstance(piece, str)]
    weights = [piece.bound.order[3][0] for piece in pieces if not isinstance(piece, str)]
    return -len(lengths), tuple(lengths), -len(weights), tuple(weights)


def insert_mixed_segment(node: RouteNode, segment: tuple[RulePiece, ...]) -> RouteNode:
    """Return the node behind a segment that mixes text and variables, made if need be.

    The more fixed texts it has, and the longer they are, the narrower it is.
    """
    texts = [""]
    bound = []
    label = ""
    for piece in segment:
        if isinstance(piece, str):
            texts[-1] = piece
            label += piece
        else:
            bound.append(piece.bound)
            texts.append("")
            label += piece.bound.label
    order = (*order_of_pieces(segment), label, max(own.order[5] for own in bound))
    readers = tuple(own.read for own in bound)
    spans = any(own.spans for own in bound)
    return node.variable(MixedSegment(tuple(texts), readers, order, label, spans))
