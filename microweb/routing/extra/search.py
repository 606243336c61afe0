"""The search in a trie of all kinds of rules: variables in the middle that take several segments,
segments that mix text and variables, hosts in front of the path.

The bound: a state is (node, segments consumed). Without variables that span segments every node is
entered at most once, however many ways lead nowhere; with them, a node behind one is entered at
most once per segment of the path. So the work is at most nodes in reach times segments, and never
exponential. Converters of one's own that span segments share a budget of ``_SPAN_STEPS`` for each
search.
"""

from __future__ import annotations

from ..converters import NOT_CONVERTED, read_any_path
from ..exceptions import NoMatch, WrongMethod
from ..trie import RouteNode
from .segments import order_of_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..rules import Rule, RulePiece
    from ..trie import RouteBranch

# The order of a ``path`` that is the end of its rule: it stays in its place behind all branches.
_WIDEST_ORDER = (0, (), -1, (200,))
# The unit is one attempt, one step of a mixed segment, or 64 characters handed to a converter.
_SPAN_STEPS = 10_000


def search_with_spans(
    root: RouteNode, method: str, path: str, host: str | None = None, steps: list[Any] | None = None
) -> tuple[Rule, list[Any]]:
    """Return the best rule for *method* and *path*, and the values of its variables in order.

    The stack is what is left to try: (branch, where it begins, where it stops, values so far).
    Values are linked backwards as (earlier, value), so that no push copies any; what a ``path``
    takes is a slice of the segments until the end. Whatever follows a path does not depend on where
    it began, and only behind a span can two ways lead to the same state.

    *root*: the node in front of the first slash, or of the host; *method*: in capitals; *path*:
    decoded; *host*: in lower case, or ``None`` if *root* stands in front of a path; *steps*: a list
    that is told each state entered: the node or branch, the segments consumed, and for a branch
    whether it read them. Raises RequestRedirect: a rule wants a slash at the end. Raises
    WrongMethod: rules end here, but for other methods. Raises NoMatch: none does.
    """
    segments = path.split("/") if host is None else [host, *path.split("/")]
    count = len(segments)
    node: RouteNode | None = root
    index = 0
    values: Any = None
    stack: list[tuple[RouteBranch, int, int, Any]] = []
    seen: set[tuple[RouteNode | RouteBranch, int]] = set()
    allowed: set[str] = set()
    budget = _SPAN_STEPS
    was_in_span = False
    while True:
        while node is not None:
            if steps is not None:
                steps.append((node, index, True))
            if was_in_span:
                if (node, index) in seen:
                    break
                seen.add((node, index))
            if index == count:
                rule = node.answer(method, path, allowed)
                if rule is not None:
                    return rule, _collect_values(values, segments)
                break
            text = segments[index]
            if node.spans or node.branches:
                stack += _ways_of(node, index, count, values, text)
            node = node.literals.get(text)
            index += 1
        if not stack:
            raise WrongMethod(sorted(allowed), method, path) if allowed else NoMatch(path)
        node = None
        way, begin, index, values = stack.pop()
        if way.rest is not None:
            node, index = way.rest, begin
            continue
        value: Any
        if not way.spans:
            value = way.read(segments[begin])
        else:
            was_in_span = True
            if (way, index) in seen or (budget <= 0 and way.read is not read_any_path):
                continue
            if index < count:
                stack.append((way, begin, index + 1, values))
            if way.read is read_any_path:
                seen.add((way, index))
                value = slice(begin, index)
            else:
                text = "/".join(segments[begin:index])
                budget -= (way.mixed.cost(text) if way.mixed else 1) + (len(text) >> 6)
                value = way.read(text)
        if steps is not None:
            steps.append((way, index, value is not NOT_CONVERTED))
        if value is not NOT_CONVERTED:
            node = way.node
            for each in value if way.mixed else (value,):
                values = (values, each)


def _ways_of(node: RouteNode, index: int, count: int, values: Any, text: str) -> list[Any]:
    """Return what is to be tried after the literal *text*, the widest first."""
    ways = []
    for way in reversed(node.spans):
        if text or way.read is not read_any_path:
            # Where nothing can follow, a span stops at the end.
            follow = way.node.literals or way.node.branches or way.node.spans
            ways.append((way, index, index + 1 if follow else count, values))
    return ways + [(way, index, index + 1, values) for way in reversed(node.branches)]


class _RestOfRule:
    """Reads nothing, for the way to a ``RouteBranch.rest``, whose place is *order*."""

    label, spans = "(rest)", False

    def __init__(self, order: tuple[Any, ...]) -> None:
        self.order = order

    def read(self, text: str) -> tuple[()]:
        """Return that there are no values, which leads the straight walk to a node without end."""
        return ()


def enter_rest(node: RouteNode, segments: list[tuple[RulePiece, ...]], number: int) -> RouteNode:
    """Return *node*, or where from it the rest of a rule begins, from segment *number* on.

    From the first variable on that may take several segments, a rule takes its place among the
    others at *node* as a whole, by all that it has from there, as it does in Werkzeug. So
    ``/<path:p>/edit`` is narrower than ``/<name>/<other>``, and both narrower than ``/<path:p>``.
    """
    spanning = [any(not isinstance(p, str) and p.bound.spans for p in one) for one in segments]
    if not spanning[number] or any(spanning[:number]):
        return node
    order = order_of_pieces([piece for segment in segments[number:] for piece in segment])
    if order >= _WIDEST_ORDER:
        return node
    node.variable(_RestOfRule(order))
    (way,) = [way for way in node.branches if way.order == order]
    if way.rest is None:
        way.rest = RouteNode(node.depth)
    return way.rest


def _collect_values(link: Any, segments: list[str]) -> list[Any]:
    """Return the linked values, first to last; the text of a path is only joined here."""
    values = []
    while link is not None:
        link, value = link
        values.append("/".join(segments[value]) if type(value) is slice else value)
    values.reverse()
    return values
