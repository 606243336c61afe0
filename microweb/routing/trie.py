"""The trie: rules merged by their beginnings, so that a path is walked once for all of them.

It knows nodes, readers and segments, and that a rule has methods; it does not know maps or
endpoints. ``search_trie`` finds the best rule by depth-first search from the narrowest to the
widest branch. It keeps its own stack, so depth costs no recursion, and never enters the same state
twice.

The bound: a state is (node, segments consumed). Without variables that span segments every node is
entered at most once, however many ways lead nowhere; with them, a node behind one is entered at
most once per segment of the path. So the work is at most nodes in reach times segments, and never
exponential. Converters of one's own that span segments share a budget of ``_SPAN_STEPS`` for each
search.
"""

from __future__ import annotations

from ..text.quoting import local_path, quote_path
from .converters import NOT_CONVERTED, read_any_path, read_any_text
from .exceptions import NoMatch, RequestRedirect, WrongMethod
from .rules import split_rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .rules import Rule, RulePiece

# The unit is one attempt, one step of a mixed segment, or 64 characters handed to a converter.
_SPAN_STEPS = 10_000

# What new nodes share until they get their own: most never need one, and ten thousand rules make a
# hundred thousand nodes. Nothing writes into it.
_NOTHING: dict[Any, Any] = {}


class RouteNode:
    """One place in the trie: what has been read so far is the way from the root to it.

    * ``depth``: how many segments lie between the root and here.
    * ``literals``: segment to node.
    * ``branches``: variables of one segment, the narrowest first.
    * ``spans``: variables that may take several segments, the narrowest first.
    * ``rules``: the rules that end here, as they were added.
    * ``methods``: method (``None``: every method) to the rule that answers it here.
    * ``near``: the same for the rules that end one slash from here; see ``Rule.strict_slashes``.
    * ``text``: the node behind the first branch if that takes any text, a short cut.
    * ``rest``: the node behind the first span if that is ``path``, likewise.
    """

    __slots__ = (
        "branches", "depth", "literals", "methods", "near", "rest", "rules", "spans", "text"
    )  # fmt: skip

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.literals: dict[str, RouteNode] = _NOTHING
        self.branches: tuple[RouteBranch, ...] = ()
        self.spans: tuple[RouteBranch, ...] = ()
        self.rules: tuple[Rule, ...] = ()
        self.methods: dict[str | None, Rule] = _NOTHING
        self.near: dict[str | None, Rule] = _NOTHING
        self.text: RouteNode | None = None
        self.rest: RouteNode | None = None

    def __repr__(self) -> str:
        return (
            f"<RouteNode depth={self.depth} literals={sorted(self.literals)} "
            f"branches={[branch.label for branch in self.branches]} "
            f"spans={[branch.label for branch in self.spans]} "
            f"rules={[rule.rule for rule in self.rules]}>"
        )

    def literal(self, text: str) -> RouteNode:
        """Return the node behind the segment *text*, made if need be."""
        child = self.literals.get(text)
        if child is None:
            if self.literals is _NOTHING:
                self.literals = {}
            child = self.literals[text] = RouteNode(self.depth + 1)
        return child

    def variable(self, made: RouteBranch) -> RouteNode:
        """Return the node behind a variable: *made*, or one of the same order that is there."""
        ways = self.spans if made.spans else self.branches
        for way in ways:
            if way.order == made.order:
                return way.node
        ways = tuple(sorted((*ways, made), key=lambda way: way.order))
        if made.spans:
            self.spans = ways
            self.rest = ways[0].node if ways[0].read is read_any_path else None
        else:
            self.branches = ways
            self.text = ways[0].node if ways[0].read is read_any_text else None
        made.node.depth = self.depth + 1
        return made.node

    def end(self, rule: Rule) -> Rule | None:
        """Let *rule* end here; return the rule of another endpoint that hides it, if one does."""
        self.rules += (rule,)
        if self.methods is _NOTHING:
            self.methods = {}
        hidden_by = None
        for method in (None,) if rule.methods is None else rule.methods:
            first = self.methods.setdefault(method, rule)
            # HEAD and OPTIONS come by themselves with other methods and mean no conflict.
            if first.endpoint != rule.endpoint and method not in ("HEAD", "OPTIONS"):
                hidden_by = first
        return hidden_by

    def end_near(self, rule: Rule) -> None:
        """Let *rule*, whose end is one slash from here, answer what no rule here does."""
        if self.near is _NOTHING:
            self.near = {}
        for method in (None,) if rule.methods is None else rule.methods:
            self.near.setdefault(method, rule)

    def answer(self, method: str, path: str, allowed: set[str]) -> Rule | None:
        """Return the rule for *method* of a *path* that ends here; add to *allowed* if none does.

        Raises RequestRedirect: a rule wants a slash more.
        """
        rule = self.methods.get(method) or self.methods.get(None)
        if rule is None and self.near:
            rule = self.near.get(method) or self.near.get(None)
            if rule is not None and rule.strict_slashes:
                raise RequestRedirect(local_path(quote_path(path + "/")))
        if rule is None:
            allowed.update([name for name in self.methods if name is not None])
            lax = [name for name, near in self.near.items() if not near.strict_slashes]
            allowed.update([name for name in lax if name is not None])
        return rule


class RouteBranch:
    """A way out of a node through a variable, or a segment that mixes text and variables.

    *order*: what sorts it among its siblings; equal orders are the same branch; *label*: how it is
    drawn, such as ``<int>``; *read*: text to value, or ``NOT_CONVERTED``; *spans*: whether it may
    take more than one segment; *mixed*: the ``MixedSegment`` whose ``read`` it is, which returns a
    tuple of values; or ``None``.
    """

    __slots__ = ("label", "mixed", "node", "order", "read", "spans")

    def __init__(
        self,
        order: tuple[Any, ...],
        label: str,
        read: Callable[[str], Any],
        spans: bool,
        mixed: Any = None,
    ) -> None:
        self.order = order
        self.label = label
        self.read = read
        self.spans = spans
        self.mixed = mixed
        self.node = RouteNode(0)

    def __repr__(self) -> str:
        return f"<RouteBranch {self.label}>"


def insert_rule(root: RouteNode, rule: Rule) -> tuple[RouteNode, Rule | None]:
    """Leave *rule*, whose variables are bound, at its end below *root*.

    Return that end, and the rule of another endpoint that hides this one, if one does.
    """
    *segments, last = split_rule(rule.pieces)
    node = root
    for segment in segments:
        node = insert_segment(node, segment)
    end = insert_segment(node, last)
    if not last:
        node.end_near(rule)
    elif not rule.strict_slashes and not any(end is way.node for way in node.spans):
        end.literal("").end_near(rule)
    return end, end.end(rule)


def insert_segment(node: RouteNode, segment: tuple[RulePiece, ...]) -> RouteNode:
    """Return the node behind *segment*, made if need be."""
    if not segment:
        return node.literal("")
    piece = segment[0]
    if len(segment) > 1:
        from .extra.segments import insert_mixed_segment

        return insert_mixed_segment(node, segment)
    if isinstance(piece, str):
        return node.literal(piece)
    own = piece.bound
    return node.variable(RouteBranch(own.order, own.label, own.read, own.spans))


def search_trie(
    root: RouteNode, method: str, path: str, host: str | None = None, steps: list[Any] | None = None
) -> tuple[Rule, list[Any]]:
    """Return the best rule for *method* and *path*, and the values of its variables in order.

    Long and flat, because it runs for every path that the straight walk of ``Map.find`` gives up.
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
            for way in reversed(node.spans) if node.spans else ():
                if text or way.read is not read_any_path:
                    # Where nothing can follow, a span stops at the end.
                    follow = way.node.literals or way.node.branches or way.node.spans
                    stack.append((way, index, index + 1 if follow else count, values))
            for way in reversed(node.branches) if node.branches else ():
                stack.append((way, index, index + 1, values))
            node = node.literals.get(text)
            index += 1
        if not stack:
            raise WrongMethod(sorted(allowed), method, path) if allowed else NoMatch(path)
        node = None
        way, begin, index, values = stack.pop()
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


def _collect_values(link: Any, segments: list[str]) -> list[Any]:
    """Return the linked values, first to last; the text of a path is only joined here."""
    values = []
    while link is not None:
        link, value = link
        values.append("/".join(segments[value]) if type(value) is slice else value)
    values.reverse()
    return values
