"""The trie: rules merged by their beginnings, so that a path is walked once for all of them.

It knows nodes, readers and segments, and that a rule has methods; it does not know maps, endpoints
or how redirects are worded. ``search_trie`` finds the best rule by depth-first search from the
narrowest to the widest branch. It keeps its own stack, so depth costs no recursion, and never
enters the same state twice.

The bound: a state is (node, segments consumed). Without variables that span segments every node is
entered at most once, however many ways lead nowhere; with them, a node behind one is entered at
most once per segment of the path. So the work is at most nodes in reach times segments, and never
exponential. Converters of one's own that span segments share a budget of ``_SPAN_STEPS`` for each
search.

Where a map has rules for hosts, the host is one segment more, in front of the path: the edges of a
root at depth -1 are hosts, and behind each stands a trie as without hosts.
"""

from __future__ import annotations

from ..text.quoting import local_path, quote_path
from .converters import NOT_CONVERTED, read_any_path, read_any_text
from .exceptions import NoMatch, RequestRedirect, WrongMethod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .rules import Rule
    from .segments import MixedSegment

# The unit is one attempt, one step of a mixed segment, or 64 characters handed to a converter.
_SPAN_STEPS = 10_000

# What new nodes share until they get their own: most nodes never need most of their tables, and ten
# thousand rules make a hundred thousand of them. Nothing writes into these two.
_NO_LITERALS: dict[str, RouteNode] = {}
_NO_METHODS: dict[str | None, Rule] = {}


class RouteNode:
    """One place in the trie: what has been read so far is the way from the root to it.

    * ``depth``: how many segments lie between the root and here.
    * ``literals``: segment to node.
    * ``branches``: variables of one segment, the narrowest first.
    * ``spans``: variables that may take several segments, the narrowest first.
    * ``methods``: method (``None``: every method) to the rule that ends here.
    * ``hidden``: rules that end here and have no method left to answer.
    * ``text``: the node behind the first branch if that takes any text, a short cut.
    * ``rest``: the node behind the first span if that is ``path`` and a rule ends there, likewise.

    >>> RouteNode(0)
    <RouteNode depth=0 literals=[] branches=[] spans=[] rules=[]>
    """

    __slots__ = ("branches", "depth", "hidden", "literals", "methods", "rest", "spans", "text")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.literals = _NO_LITERALS
        self.branches: tuple[RouteBranch, ...] = ()
        self.spans: tuple[RouteBranch, ...] = ()
        self.methods = _NO_METHODS
        self.hidden: tuple[Rule, ...] = ()
        self.text: RouteNode | None = None
        self.rest: RouteNode | None = None

    def __repr__(self) -> str:
        return (
            f"<RouteNode depth={self.depth} literals={sorted(self.literals)} "
            f"branches={[branch.label for branch in self.branches]} "
            f"spans={[branch.label for branch in self.spans]} "
            f"rules={[rule.rule for rule in self.rules]}>"
        )

    @property
    def rules(self) -> list[Rule]:
        """All rules that end here."""
        return [*dict.fromkeys(self.methods.values()), *self.hidden]

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
        answers = False
        for method in (None,) if rule.methods is None else rule.methods:
            first = methods.setdefault(method, rule)
            answers = answers or first is rule
            # HEAD and OPTIONS come by themselves with other methods and mean no conflict.
            if (
                first is not rule
                and first.endpoint != rule.endpoint
                and method not in ("HEAD", "OPTIONS")
            ):
                hidden_by = first
        if not answers:
            self.hidden += (rule,)
        return hidden_by

    def branch(self, order: tuple[Any, ...], spans: bool) -> RouteNode | None:
        """Return the node behind the variable of this *order*, if there is one already."""
        ways = self.spans if spans else self.branches
        place = _place_in_order(ways, order)
        return ways[place].node if place < len(ways) and ways[place].order == order else None

    def add_branch(self, made: RouteBranch) -> RouteNode:
        """Put *made* among its siblings, the narrowest first; return the node behind it."""
        ways = self.spans if made.spans else self.branches
        place = _place_in_order(ways, made.order)
        ways = (*ways[:place], made, *ways[place:])
        if made.spans:
            self.spans = ways
            self.rest = ways[0].node if ways[0].read is read_any_path else None
        else:
            self.branches = ways
            self.text = ways[0].node if ways[0].read is read_any_text else None
        made.node.depth = self.depth + 1
        return made.node

    def push_ways(self, stack: list[Any], index: int, count: int, values: Any, text: str) -> None:
        """Put what ``search_trie`` is to try after the literal on its *stack*, the widest first."""
        for span in self.spans and reversed(self.spans):
            if span.read is not read_any_path:
                # Where nothing can follow, a span ends at the end.
                node = span.node
                goes_on = node.literals or node.branches or node.spans
                stack.append((span, index + 1 if goes_on else count, values, index))
            elif text:
                stack.append((span, index + 1, values, index))
        for branch in reversed(self.branches):
            # A comprehension takes longer for the one or two that there are.
            stack.append((branch, index + 1, values, index))  # noqa: PERF401


def _place_in_order(ways: tuple[RouteBranch, ...], order: tuple[Any, ...]) -> int:
    """Return where *order* is, or would go, among *ways*; ``bisect`` takes no key before 3.10."""
    low, high = 0, len(ways)
    while low < high:
        middle = (low + high) // 2
        if ways[middle].order < order:
            low = middle + 1
        else:
            high = middle
    return low


class RouteBranch:
    """A way out of a node through a variable, or a segment that mixes text and variables.

    *order*: what sorts it among its siblings; equal orders are the same branch; *label*: how it is
    drawn, such as ``<int>``; *read*: text to value, or ``NOT_CONVERTED``; for a mixed segment, to a
    tuple of values; *spans*: whether it may take more than one segment; *mixed*: the mixed segment
    whose ``read`` it is, which returns a tuple; or ``None``.

    >>> RouteBranch((100, "<default>"), "<default>", read_any_text, False)
    <RouteBranch <default>>
    """

    __slots__ = ("label", "mixed", "node", "order", "read", "spans")

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
        self.node = RouteNode(0)

    def __repr__(self) -> str:
        return f"<RouteBranch {self.label}>"


def search_trie(
    root: RouteNode, method: str, path: str, host: str | None = None, steps: list[Any] | None = None
) -> tuple[Rule, list[Any]]:
    """Return the best rule for *method* and *path*, and the values of its variables in order.

    Long and flat, because it runs for every path that the straight walk of ``Map.find`` gives up:
    1 µs or two for a miss. The stack is what is left to try: (branch, segments consumed, values so
    far, where the branch begins). Values are linked backwards as (earlier, value), or for a path as
    (earlier, begin, stop), so that no push copies any. Whatever follows a path does not depend on
    where it began, and only behind a span can two ways lead to the same state.

    *root*: the node in front of the first slash, or of the host; *method*: in capitals; *path*:
    decoded; *host*: in lower case, or ``None`` if *root* stands in front of a path; *steps*: a list
    that is told each state entered: the node or branch, the segments consumed, and for a branch
    whether it read them. Raises RequestRedirect: a rule wants a slash at the end. Raises
    WrongMethod: rules end here, but for other methods. Raises NoMatch: none does.

    >>> try:
    ...     search_trie(RouteNode(0), "GET", "/")
    ... except NoMatch as error:
    ...     print(error)
    no rule matches the path '/'
    """
    segments = path.split("/") if host is None else [host, *path.split("/")]
    count = len(segments)
    node: RouteNode | None = root
    index = 0
    values: Any = None
    stack: list[tuple[RouteBranch, int, Any, int]] = []
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
            if index >= count - 1 and (index == count or _may_add_slash(segments, index, values)):
                rule = _rule_at_end(node, index < count, method, path, allowed)
                if rule is not None:
                    return rule, _collect_values(values, segments)
                if index == count:
                    break
            text = segments[index]
            if node.spans or node.branches:
                node.push_ways(stack, index, count, values, text)
            node = node.literals.get(text)
            index += 1
        if not stack:
            break
        way, index, values, begin = stack.pop()
        value: Any = None
        if not way.spans:
            value = way.read(segments[begin])
        else:
            was_in_span = True
            if (way, index) in seen or (budget <= 0 and way.read is not read_any_path):
                continue
            if index < count:
                stack.append((way, index + 1, values, begin))
            if way.read is read_any_path:
                seen.add((way, index))
            else:
                text = "/".join(segments[begin:index])
                budget -= (way.mixed.cost(text) if way.mixed else 1) + (len(text) >> 6)
                value = way.read(text)
        if steps is not None:
            steps.append((way, index, value is not NOT_CONVERTED))
        node = None
        if value is not NOT_CONVERTED:
            node = way.node
            for each in value if way.mixed else (value,):
                values = (values, each)
            if way.read is read_any_path:
                values = (values[0], begin, index)
    raise WrongMethod(sorted(allowed), method, path) if allowed else NoMatch(path)


def _may_add_slash(segments: list[str], index: int, values: Any) -> bool:
    """Return whether the path has a slash more than *index* segments, which a rule may forgive.

    It is not one too many for a path that ends there, which takes it, nor behind another slash.
    """
    if segments[index] or not segments[index - 1]:
        return False
    return values is None or len(values) == 2 or bool(values[2] != index)


def _rule_at_end(
    node: RouteNode, has_slash: bool, method: str, path: str, allowed: set[str]
) -> Rule | None:
    """Return the rule that ends at *node*, also one that differs only by the last slash.

    *has_slash*: whether the path has a slash behind *node*; *allowed*: takes up the methods of the
    rules that end here, if none of them will do.
    """
    slash = node.literals.get("")
    rule = node.methods.get(method) or node.methods.get(None)
    other = None
    if slash is not None:
        other = slash.methods.get(method) or slash.methods.get(None)
    if has_slash:
        if rule is not None and other is None and not rule.strict_slashes:
            return rule
    elif rule is not None:
        return rule
    elif other is not None:
        if other.strict_slashes:
            raise RequestRedirect(local_path(quote_path(path + "/")))
        return other
    for end, is_other in ((node, has_slash), (slash, True)):
        for name, rule in end.methods.items() if end is not None else ():
            if name is not None and not (is_other and rule.strict_slashes):
                allowed.add(name)
    return None


def _collect_values(link: Any, segments: list[str]) -> list[Any]:
    """Return the linked values, first to last; the text of a path is only joined here."""
    values = []
    while link is not None:
        if len(link) == 2:
            link, value = link
        else:
            link, begin, stop = link
            value = "/".join(segments[begin:stop])
        values.append(value)
    values.reverse()
    return values


def draw_trie(root: RouteNode) -> str:
    """Return the trie as an indented tree: one line per segment, its rules behind an arrow.

    *root*: the node in front of the first slash, or of the hosts.

    >>> from microweb.routing import Map, Rule
    >>> print(Map([Rule("/a/<int:n>", endpoint="n", methods=["GET"])]).draw())
    /
      a
        <int>  [GET, HEAD] -> n
    """
    lines = []
    stack = [(0, label, node) for label, node in reversed(_label_ways(root))]
    while stack:
        depth, label, node = stack.pop()
        lines.append("  " * depth + label + "".join(_draw_rule(rule) for rule in node.rules))
        stack += [(depth + 1, text, child) for text, child in reversed(_label_ways(node))]
    return "\n".join(lines)


def _label_ways(node: RouteNode) -> list[tuple[str, RouteNode]]:
    """Return how each way out of *node* is drawn, and where it leads."""
    empty = {-1: "(no subdomain)", 0: "/"}.get(node.depth, "(slash)")
    ways = [(text or empty, child) for text, child in sorted(node.literals.items())]
    return ways + [(branch.label, branch.node) for branch in (*node.branches, *node.spans)]


def _draw_rule(rule: Rule) -> str:
    methods = "any method" if rule.methods is None else ", ".join(sorted(rule.methods))
    return f"  [{methods}] -> {rule.endpoint}"
