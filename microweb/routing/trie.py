"""The trie: rules merged by their beginnings, so that a path is walked once for all of them.

The law of this module: it knows nodes, readers and segments, and that a rule has methods; it does
not know maps, endpoints or how redirects are worded. ``search_trie`` finds the best rule by
depth-first search from the narrowest to the widest branch. It keeps its own stack, so depth costs
no recursion, and never enters the same state twice. The states are (node, segments consumed), so
the work is bounded by the nodes in reach times the segments of the path; without ``path``
variables every node is entered at most once. Converters of one's own that span segments share
a budget of ``_SPAN_STEPS`` per search.
"""

from __future__ import annotations

from .converters import NOT_CONVERTED, read_any_path, read_any_text
from .exceptions import NoMatch, RequestRedirect, WrongMethod
from .quoting import local_path, quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .rules import Rule
    from .segments import MixedSegment

# The unit is one attempt, one step of a mixed segment, or 64 characters handed to a converter.
_SPAN_STEPS = 10_000

# What new nodes share until they get their own: most nodes never need most of their tables, and ten
# thousand rules make a hundred thousand of them. Nobody writes into these two.
_NO_LITERALS: dict[str, RouteNode] = {}
_NO_METHODS: dict[str | None, Rule] = {}


class RouteNode:
    """One place in the trie: what has been read so far is the way from the root to it.

    * ``depth``: how many segments lie between the root and here.
    * ``literals``: segment to node.
    * ``branches``: variables of one segment, the narrowest first.
    * ``spans``: variables that may take several segments, the narrowest first.
    * ``methods``: method (``None``: every method) to the rule that ends here.
    * ``rules``: all rules that end here, also the ones another rule hides.
    * ``text``: the node behind the first branch if that takes any text, a short cut.
    * ``rest``: the node behind the first span if that is ``path`` and a rule ends there, likewise.

    >>> RouteNode(0)
    <RouteNode depth=0 literals=[] branches=[] spans=[] rules=[]>
    """

    __slots__ = (
        "branches",
        "depth",
        "literals",
        "methods",
        "rest",
        "rules",
        "spans",
        "text",
    )

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.literals = _NO_LITERALS
        self.branches: tuple[RouteBranch, ...] = ()
        self.spans: tuple[RouteBranch, ...] = ()
        self.methods = _NO_METHODS
        self.rules: tuple[Rule, ...] = ()
        self.text: RouteNode | None = None
        self.rest: RouteNode | None = None

    def __repr__(self) -> str:
        return (
            f"<RouteNode depth={self.depth} literals={sorted(self.literals)} "
            f"branches={[branch.label for branch in self.branches]} "
            f"spans={[branch.label for branch in self.spans]} "
            f"rules={[rule.rule for rule in self.rules]}>"
        )

    def rule_for(self, method: str) -> Rule | None:
        """Return the rule that ends here for *method*; a rule for every method comes second."""
        return self.methods.get(method) or self.methods.get(None)

    def literal(self, text: str) -> RouteNode:
        """Return the node behind the segment *text*, made if need be."""
        child = self.literals.get(text)
        if child is None:
            if self.literals is _NO_LITERALS:
                self.literals = {}
            child = self.literals[text] = RouteNode(self.depth + 1)
        return child

    def end(self, rule: Rule) -> Rule | None:
        """Let *rule* end here; return the rule of another endpoint that hides it, if one does."""
        if self.methods is _NO_METHODS:
            self.methods = {}
        methods = self.methods
        hidden_by = None
        for method in (None,) if rule.methods is None else rule.methods:
            first = methods.setdefault(method, rule)
            # HEAD and OPTIONS come by themselves with other methods and mean no conflict.
            if (
                first is not rule
                and first.endpoint != rule.endpoint
                and method not in ("HEAD", "OPTIONS")
            ):
                hidden_by = first
        self.rules += (rule,)
        return hidden_by

    def branch(self, made: RouteBranch) -> RouteNode:
        """Return the node behind a variable: of a branch that reads the same, or of *made*."""
        branches = self.spans if made.spans else self.branches
        position = 0
        for known in branches:
            if known.order == made.order:
                return known.node
            position += known.order < made.order
        branches = (*branches[:position], made, *branches[position:])
        if made.spans:
            self.spans = branches
        else:
            self.branches = branches
        made.node.depth = self.depth + 1
        if self.branches and self.branches[0].reads_any_text:
            self.text = self.branches[0].node
        else:
            self.text = None
        if self.spans and self.spans[0].read is read_any_path:
            self.rest = self.spans[0].node
        else:
            self.rest = None
        return made.node


class RouteBranch:
    """A way out of a node through a variable, or a segment that mixes text and variables.

    *order*: what sorts it among its siblings; equal orders are the same branch; *label*: how it is
    drawn, such as ``<int>``; *read*: text to value, or ``NOT_CONVERTED``; for a mixed segment, to a
    tuple of values; *spans*: whether it may take more than one segment; *mixed*: the mixed segment
    whose ``read`` it is, which returns a tuple; or ``None``.

    >>> RouteBranch((100, "<default>"), "<default>", read_any_text, False)
    <RouteBranch <default>>
    """

    __slots__ = ("label", "mixed", "node", "order", "read", "reads_any_text", "spans")

    def __init__(
        self,
        order: tuple[Any, ...],
        label: str,
        read: Callable[[str], Any],
        spans: bool,
        mixed: MixedSegment | None = None,
    ) -> None:
        self.order = order
        self.label = label
        self.read = read
        self.spans = spans
        self.mixed = mixed
        self.reads_any_text = read is read_any_text
        self.node = RouteNode(0)

    def __repr__(self) -> str:
        return f"<RouteBranch {self.label}>"


class RouteSearch:
    """One search of the trie: the careful walk, with a way back.

    It is made per search and thrown away, so searches share nothing.

    *root*: where to begin; *method*: the method asked for; *path*: the decoded path; the first
    segment, in front of its slash, is empty.

    ``visits`` counts the states entered, for who wants to see the bound hold.
    """

    __slots__ = ("allowed", "method", "path", "root", "segments", "span_steps", "stack", "visits")

    def __init__(self, root: RouteNode, method: str, path: str) -> None:
        self.root = root
        self.method = method
        self.path = path
        self.segments = path.split("/")
        self.allowed: set[str] = set()
        self.span_steps = _SPAN_STEPS
        self.visits = 0
        # (where, segments consumed, values so far, where the span began). Values are linked
        # backwards as (earlier, value) or (earlier, begin, stop), so a push never copies them.
        self.stack: list[tuple[RouteNode | RouteBranch, int, Any, int]] = []

    def run(self) -> tuple[Rule, list[Any]]:
        """Return the rule and its values in order; raise the exceptions of ``search_trie``."""
        stack = self.stack
        segments = self.segments
        seen: set[tuple[RouteNode | RouteBranch, int]] = set()
        stack.append((self.root, 0, None, 0))
        while stack:
            place, index, values, begin = stack.pop()
            self.visits += 1
            if isinstance(place, RouteNode):
                if (place, index) in seen:
                    continue
                seen.add((place, index))
                rule = self._enter(place, index, values)
                if rule is not None:
                    return rule, self._collect(values)
            elif not place.spans:
                value = place.read(segments[index])
                if value is not NOT_CONVERTED:
                    stack.append((place.node, index + 1, self._link(place, values, value), 0))
            elif place.read is read_any_path:
                # Whatever follows a path does not depend on where it began.
                if (place, index) not in seen:
                    seen.add((place, index))
                    if index < len(segments):
                        stack.append((place, index + 1, values, begin))
                    stack.append((place.node, index, (values, begin, index), 0))
            else:
                self._extend_span(place, index, values, begin)
        if self.allowed:
            raise WrongMethod(sorted(self.allowed), self.method, self.path)
        raise NoMatch(self.path)

    def _enter(self, node: RouteNode, index: int, values: Any) -> Rule | None:
        """Return the rule if the path ends at *node*; else push the ways on, the widest first."""
        segments = self.segments
        if index == len(segments):
            return self._end(node)
        text = segments[index]
        if not text and index == len(segments) - 1 and "" not in node.literals:
            rule = node.rule_for(self.method)
            if rule is not None and not rule.strict_slashes:
                return rule
        stack = self.stack
        if node.spans:
            for span in reversed(node.spans):
                if span.read is not read_any_path:
                    only = not (span.node.literals or span.node.branches or span.node.spans)
                    stack.append((span, len(segments) if only else index + 1, values, index))
                elif text:
                    stack.append((span, index + 1, values, index))
        if node.branches:
            for branch in reversed(node.branches):
                stack.append((branch, index, values, 0))
        child = node.literals.get(text)
        if child is not None:
            stack.append((child, index + 1, values, 0))
        return None

    def _end(self, node: RouteNode) -> Rule | None:
        """Return the rule that ends at *node*, also the one that lacks only its last slash."""
        rule = node.rule_for(self.method)
        if rule is not None:
            return rule
        slash = node.literals.get("")
        if slash is not None:
            rule = slash.rule_for(self.method)
            if rule is not None:
                if rule.strict_slashes:
                    raise RequestRedirect(local_path(quote_path(self.path + "/")))
                return rule
        self.allowed.update(method for method in node.methods if method is not None)
        return None

    def _extend_span(self, span: RouteBranch, stop: int, values: Any, begin: int) -> None:
        """Let *span* read the segments from *begin* to *stop*, and have one more tried after it."""
        if self.span_steps <= 0:
            return
        if stop < len(self.segments):
            self.stack.append((span, stop + 1, values, begin))
        text = "/".join(self.segments[begin:stop])
        self.span_steps -= (span.mixed.cost(text) if span.mixed else 1) + (len(text) >> 6)
        value = span.read(text)
        if value is not NOT_CONVERTED:
            self.stack.append((span.node, stop, self._link(span, values, value), 0))

    @staticmethod
    def _link(branch: RouteBranch, values: Any, value: Any) -> Any:
        """Return *values* with what *branch* read behind them."""
        if not branch.mixed:
            return (values, value)
        for each in value:
            values = (values, each)
        return values

    def _collect(self, link: Any) -> list[Any]:
        """Return the linked values, first to last; the text of a path is only joined here."""
        values = []
        while link is not None:
            if len(link) == 2:
                link, value = link
            else:
                link, begin, stop = link
                value = "/".join(self.segments[begin:stop])
            values.append(value)
        values.reverse()
        return values


def search_trie(root: RouteNode, method: str, path: str) -> tuple[Rule, list[Any]]:
    """Return the best rule for *method* and *path*, and the values of its variables in order.

    *root*: the node in front of the first slash; *method*: in capitals; *path*: decoded. Raises
    RequestRedirect: a rule wants a slash at the end. Raises WrongMethod: rules end here, but for
    other methods. Raises NoMatch: none does.

    >>> try:
    ...     search_trie(RouteNode(0), "GET", "/")
    ... except NoMatch as error:
    ...     print(error)
    no rule matches the path '/'
    """
    return RouteSearch(root, method, path).run()


def draw_trie(root: RouteNode) -> str:
    """Return the trie as an indented tree: one line per segment, its rules behind an arrow.

    *root*: the node in front of the first slash.

    >>> from microweb.routing import Map, Rule
    >>> print(Map([Rule("/a/<int:n>", endpoint="n", methods=["GET"])]).draw())
    /
      a
        <int>  [GET, HEAD] -> n
    """
    lines = []
    top = root.literals.get("")
    stack: list[tuple[int, str, RouteNode]] = [(0, "/", top)] if top is not None else []
    while stack:
        depth, label, node = stack.pop()
        lines.append("  " * depth + label + "".join(_draw_rule(rule) for rule in node.rules))
        ways = [(text or "(slash)", child) for text, child in sorted(node.literals.items())]
        ways += [(branch.label, branch.node) for branch in (*node.branches, *node.spans)]
        stack.extend((depth + 1, text, child) for text, child in reversed(ways))
    return "\n".join(lines)


def _draw_rule(rule: Rule) -> str:
    methods = "any method" if rule.methods is None else ", ".join(sorted(rule.methods))
    return f"  [{methods}] -> {rule.endpoint}"
