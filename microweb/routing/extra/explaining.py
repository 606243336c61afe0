"""Explaining: how a path comes to its rule, or why it comes to none; and the trie, drawn.

It runs the one search there is and reads its record; it decides nothing about routes. Debug pages
and ``microweb explain`` show what it returns.
"""

from __future__ import annotations

from ...text.nearest import nearest_name
from ..exceptions import NoMatch, RequestRedirect, RoutingError, WrongMethod
from ..trie import RouteBranch, RouteNode
from .search import search_with_spans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..rules import Rule

_MOST_STEPS_SHOWN = 100
_MOST_NEAR_RULES = 5
_MOST_SEGMENTS_TOLD = 20_000


class PathExplanation:
    """The walk of one path through the trie; made by ``Map.explain``.

    * ``outcome``: ``"match"``, ``"redirect"``, ``"wrong method"`` or ``"no match"``.
    * ``rule``, ``arguments``: of a match, else ``None`` and empty.
    * ``error``: what ``find`` raised, if it did.
    * ``steps``: tuples of what was read so far, the next segment (``None`` at the end), the way
      that was tried (``"fixed"``, ``"end"`` or a variable such as ``"<int>"``), whether it fits;
      of a very long path the first ones, and ``has_more_steps`` is true.
    * ``near``: pairs of a rule that comes near and why, as half a sentence.

    >>> from microweb.routing import Map, Rule
    >>> found = Map([Rule("/u/<int:n>", endpoint="u")]).explain("GET", "/u/x")
    >>> found.outcome, found.steps[-1]
    ('no match', ('/u', 'x', '<int>', False))
    >>> found.near
    [(<Rule '/u/<int:n>' -> u>, "<int> does not take 'x'")]
    """

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = path
        self.outcome = "match"
        self.rule: Rule | None = None
        self.arguments: dict[str, Any] = {}
        self.error: RoutingError | None = None
        self.steps: list[tuple[str, str | None, str, bool]] = []
        self.has_more_steps = False
        self.near: list[tuple[Rule, str]] = []

    def __str__(self) -> str:
        end = f"the rule {self.rule.told()} answers" if self.rule is not None else str(self.error)
        if isinstance(self.error, NoMatch):
            end = "no rule leads there"
        lines = [f"{self.method} {self.path}: {end}"]
        lines += ["  " + _say_step(*step) for step in self.steps[:_MOST_STEPS_SHOWN]]
        if self.has_more_steps or len(self.steps) > _MOST_STEPS_SHOWN:
            lines.append("  ... and more steps")
        lines += [f"{rule.rule} comes near: {why}" for rule, why in self.near]
        return "\n".join(lines)


def _say_step(read: str, segment: str | None, way: str, fits: bool) -> str:
    if way == "end":
        text = "the path ends here, " + ("and so does a rule" if fits else "but no rule for it")
    elif way == "fixed":
        text = f"{segment!r} is {'a fixed segment' if fits else 'none of the fixed segments'}"
    else:
        text = f"{way} {'takes' if fits else 'does not take'} {segment!r}"
    return f"{read or '/'}: {text}"


def explain_path(map: Any, method: str, path: str, domain: str | None) -> PathExplanation:
    """Return how *map* finds *path*, see ``Map.explain``."""
    found = PathExplanation(method, path)
    try:
        found.rule, found.arguments = map.find(method, path, domain)
    except RoutingError as error:
        found.error = error
        found.outcome = "no match"
        if isinstance(error, RequestRedirect):
            found.outcome = "redirect"
        elif isinstance(error, WrongMethod):
            found.outcome = "wrong method"
    record: list[tuple[RouteNode | RouteBranch, int, bool]] = []
    root, host = map.root_of(domain)
    segments = path.split("/") if host is None else [host, *path.split("/")]
    try:
        search_with_spans(root, method, path, host, record)
    except RoutingError:
        pass
    # Telling an entry takes as long as the path is, so of a very long one few are told.
    most = _MOST_SEGMENTS_TOLD // len(segments)
    most_steps = max(most, _MOST_STEPS_SHOWN)
    found.has_more_steps = len(record) > most_steps
    for place, index, fits in record[:most_steps]:
        _add_steps(found, segments, place, index, fits)
    if found.outcome in ("no match", "wrong method"):
        _add_near_by_ending(found, map, domain)
        for place, index, fits in record[:most]:
            _add_near_by_segment(found, segments, place, index, fits)
    return found


def _add_steps(
    found: PathExplanation,
    segments: list[str],
    place: RouteNode | RouteBranch,
    index: int,
    fits: bool,
) -> None:
    """Put one entry of the record into words."""
    if isinstance(place, RouteBranch):
        # A span is recorded where it stops, and what it took cannot be told from that alone.
        text = segments[index - 1]
        found.steps.append(("/".join(segments[: index - 1]), text, place.label, fits))
        return
    read = "/".join(segments[:index])
    if index == len(segments):
        methods = place.methods
        found.steps.append((read, None, "end", found.method in methods or None in methods))
    elif place.literals and (index or segments[0]):
        found.steps.append((read, segments[index], "fixed", segments[index] in place.literals))


def _add_near_by_ending(found: PathExplanation, map: Any, domain: str | None) -> None:
    """Add the rules that answer the path for another method, or with its last slash changed."""
    stripped = found.path.rstrip("/")
    changed = (stripped, "it has no slash at the end")
    if stripped == found.path:
        changed = (found.path + "/", "it has a slash at the end")
    for path, why in ((found.path, ""), changed, (found.path.lower(), "it is in lower case")):
        methods = [found.method]
        for method in methods:
            try:
                rule = map.find(method, path, domain)[0]
            except WrongMethod as error:
                # Each of these is found, so the list does not grow again.
                methods += error.valid_methods if len(methods) == 1 else ()
            except RoutingError:
                pass
            else:
                takes = ", ".join(sorted(rule.methods or ()))
                _add_near(found, rule, why or f"it takes {takes}")


def _add_near_by_segment(
    found: PathExplanation,
    segments: list[str],
    place: RouteNode | RouteBranch,
    index: int,
    fits: bool,
) -> None:
    """Add the rules that would answer if only one segment were another."""
    if isinstance(place, RouteBranch):
        if not fits:
            why = f"{place.label} does not take {segments[index - 1]!r}"
            _add_near_behind(found, place.node, segments[index:], why)
    elif index < len(segments) and segments[index] and segments[index] not in place.literals:
        near = nearest_name(segments[index], list(place.literals))
        if near is not None:
            why = f"{near!r} is spelled like {segments[index]!r}"
            _add_near_behind(found, place.literals[near], segments[index + 1 :], why)


def _add_near_behind(found: PathExplanation, node: RouteNode, rest: list[str], why: str) -> None:
    if rest:
        try:
            rules = (search_with_spans(node, found.method, "/".join(rest))[0],)
        except RoutingError:
            return
    else:
        rules = node.rules[:1]  # type: ignore[assignment]
    for rule in rules:
        _add_near(found, rule, why)


def _add_near(found: PathExplanation, rule: Rule, why: str) -> None:
    if len(found.near) < _MOST_NEAR_RULES and all(known is not rule for known, _ in found.near):
        found.near.append((rule, why))


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
        ways = _label_ways(node)
        # Where a rule only ends but for the last slash there is nothing to show.
        if node.rules or ways:
            lines.append("  " * depth + label + "".join(_draw_rule(rule) for rule in node.rules))
        stack += [(depth + 1, text, child) for text, child in reversed(ways)]
    return "\n".join(lines)


def _label_ways(node: RouteNode) -> list[tuple[str, RouteNode]]:
    """Return how each way out of *node* is drawn, and where it leads."""
    empty = {-1: "(no subdomain)", 0: "/"}.get(node.depth, "(slash)")
    ways = [(text or empty, child) for text, child in sorted(node.literals.items())]
    for way in (*node.branches, *node.spans):
        ways += [(way.label, way.node)] if way.rest is None else _label_ways(way.rest)
    return ways


def _draw_rule(rule: Rule) -> str:
    methods = "any method" if rule.methods is None else ", ".join(sorted(rule.methods))
    return f"  [{methods}] -> {rule.endpoint}"
