"""The trie: rules merged by their beginnings, so that a path is walked once for all of them.

It knows nodes, readers and segments, and that a rule has methods; it does not know maps or
endpoints. ``search_trie`` finds the best rule by depth-first search from the narrowest to the
widest way. It keeps its own stack, so depth costs no recursion, and it enters every node at most
once, however many ways lead nowhere: the work is never exponential.
"""

from __future__ import annotations

from ..text.quoting import local_path, quote_path
from .converters import NOT_CONVERTED, BoundConverter, read_any_path, read_any_text
from .exceptions import NoMatch, RequestRedirect, WrongMethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .rules import Rule, RulePiece

# What new nodes share until they get their own: most never need one, and ten thousand rules make a
# hundred thousand nodes. Nothing writes into it.
_NOTHING: dict[Any, Any] = {}


class RouteNode:
    """One place in the trie: what has been read so far is the way from the root to it.

    * ``depth``: how many segments lie between the root and here.
    * ``literals``: segment to node.
    * ``branches``: variables of one segment, the narrowest first; among them, as one way, the ends
      of rules from a variable of several segments on (see ``RouteBranch.rest``).
    * ``spans``: variables that may take several segments, the narrowest first.
    * ``rules``: the rules that end here, as they were added.
    * ``methods``: method (``None``: every method) to the rule that answers it here.
    * ``near``: the same for the rules that end one slash from here; see ``Rule.strict_slashes``.
    * ``text``, ``rest``: short cuts to the node behind the first branch if that takes any text, and
      behind the first span if that is ``path``.
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

    def variable(self, own: Any) -> RouteNode:
        """Return the node behind the branch that *own* reads, made if need be."""
        ways = self.spans if own.spans else self.branches
        for way in ways:
            if way.order == own.order:
                return way.node
        made = RouteBranch(own)
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
        for method in rule.method_keys():
            first = self.methods.setdefault(method, rule)
            # HEAD and OPTIONS come by themselves with other methods and mean no conflict.
            if first.endpoint != rule.endpoint and method not in ("HEAD", "OPTIONS"):
                hidden_by = first
        return hidden_by

    def end_near(self, rule: Rule) -> None:
        """Let *rule*, whose end is one slash from here, answer what no rule here does."""
        if self.near is _NOTHING:
            self.near = {}
        for method in rule.method_keys():
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

    *own*: the ``BoundConverter`` or the ``MixedSegment`` that reads it. Their ``order`` sorts the
    ways out of a node, and those of equal order are the same; ``label`` is how it is drawn, such as
    ``<int>``; ``read`` is text to value, or to a tuple of values if it is ``mixed``, or to
    ``NOT_CONVERTED``; ``spans`` is whether it may take more than one segment. A way with a ``rest``
    reads nothing itself: the search goes on there, the straight walk gives up at its ``node``.
    """

    __slots__ = ("label", "mixed", "node", "order", "read", "rest", "spans")

    def __init__(self, own: Any) -> None:
        self.order: tuple[Any, ...] = own.order
        self.label: str = own.label
        self.read: Callable[[str], Any] = own.read
        self.spans: bool = own.spans
        self.mixed = None if isinstance(own, BoundConverter) else own
        self.node = RouteNode(0)
        self.rest: RouteNode | None = None

    def __repr__(self) -> str:
        return f"<RouteBranch {self.label}>"


def is_simple(segments: list[tuple[RulePiece, ...]]) -> bool:
    """Return whether a segment is a text or a variable each, and a ``path`` is the last of them.

    For other rules there is ``extra.search``.
    """
    for segment in segments:
        if segment and not isinstance(segment[0], str) and segment[0].bound.spans:
            own = segment[0].bound
            return len(segment) == 1 and segment is segments[-1] and own.read is read_any_path
        if len(segment) > 1:
            return False
    return True


def insert_rule(
    root: RouteNode, segments: list[tuple[RulePiece, ...]], rule: Rule, enter: Any = None
) -> tuple[RouteNode, Rule | None]:
    """Leave *rule*, which has these *segments*, at its end below *root*; its variables are bound.

    *enter*: ``enter_rest``, if the rule is not simple. Return that end, and the rule of another
    endpoint that hides this one, if one does.
    """
    node = end = root
    for number, segment in enumerate(segments):
        if enter is not None:
            end = enter(end, segments, number)
        node, end = end, insert_segment(end, segment)
    if not segments[-1]:
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
    return node.variable(piece.bound)


def search_trie(root: RouteNode, method: str, path: str) -> tuple[Rule, list[Any]]:
    """Return the best rule for *method* and *path*, and the values of its variables in order.

    All rules below *root*, the node in front of the first slash, are simple. The stack is what is
    left to try: (node, segments consumed, values so far); values are linked backwards as (earlier,
    value), so that no push copies any. Raises RequestRedirect: a rule wants a slash at the end.
    Raises WrongMethod: rules end here, but for other methods. Raises NoMatch: none does.
    """
    segments = path.split("/")
    count = len(segments)
    allowed: set[str] = set()
    stack: list[tuple[RouteNode, int, Any]] = []
    node, index, link = root, 0, None
    while True:
        if index < count:
            # What is tried first is pushed last; the literal, the narrowest way, is taken at once.
            text = segments[index]
            if node.rest is not None and text:
                stack.append((node.rest, count, (link, "/".join(segments[index:]))))
            for way in reversed(node.branches) if node.branches else ():
                value = way.read(text)
                if value is not NOT_CONVERTED:
                    stack.append((way.node, index + 1, (link, value)))
            if text in node.literals:
                node = node.literals[text]
                index += 1
                continue
        else:
            rule = node.answer(method, path, allowed)
            if rule is not None:
                values: list[Any] = []
                while link is not None:
                    link, value = link
                    values.append(value)
                return rule, values[::-1]
        if not stack:
            raise WrongMethod(sorted(allowed), method, path) if allowed else NoMatch(path)
        node, index, link = stack.pop()
