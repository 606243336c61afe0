"""The trie against a reference matcher that tries every rule, and within its bounds."""

from __future__ import annotations

import random
import re

import pytest

from microweb.routing import Map, NoMatch, RequestRedirect, Rule, WrongMethod
from microweb.routing.trie import RouteNode

# What the reference knows of each variable: the lengths of its fixed texts and the weights of its
# converters, what it takes, and how it is written in a rule. Two mix text and variables.
KINDS = {
    "any(a,1)": ((), (20,), "a|1", "<any(a,1):{}>"),
    "int": ((), (50,), "[0-9]+", "<int:{}>"),
    "<string>-<int>": ((1,), (100, 50), "([^/]+)-([0-9]+)", "<{}>-<int:{}>"),
    "x<string>": ((1,), (100,), "x([^/]+)", "x<{}>"),
    "string": ((), (100,), "[^/]+", "<{}>"),
    "path": ((), (200,), "[^/].*", "<path:{}>"),
}

SIMPLE = ["any(a,1)", "int", "string"]


def reference_order(pattern: list[str]) -> tuple:
    """The place of these segments among others: more texts, longer ones, more variables first."""
    texts, weights = [], []
    for segment in pattern:
        own_texts, own_weights = KINDS.get(segment, ((len(segment),) if segment else (), ()))[:2]
        texts += [-length for length in own_texts]
        weights += own_weights
    return -len(texts), tuple(texts), -len(weights), tuple(weights)


def reference_matches(pattern: list[str], path: list[str], in_rest: bool = False) -> list[tuple]:
    """All ways to lay *pattern* over *path*: (rank per segment, values).

    From a path on that is not all of it, the rest of a pattern has a place of its own as a whole:
    as Werkzeug has it.
    """
    if not pattern:
        return [((), ())] if not path else []
    if not path:
        return []
    head = pattern[0]
    found = []
    if head not in KINDS:
        if head == path[0]:
            for rank, values in reference_matches(pattern[1:], path[1:], in_rest):
                found.append((((0, (), "", 0), *rank), values))
        return found
    if head == "path" and not in_rest and pattern not in (["path"], ["path", ""]):
        place = (1, reference_order(pattern), "", 0)
        return [((place, *rank), values) for rank, values in reference_matches(pattern, path, True)]
    regex = KINDS[head][2]
    for length in range(1, len(path) + 1) if head == "path" else (1,):
        text = "/".join(path[:length])
        match = re.fullmatch(regex, text)
        if match:
            own = match.groups() or (text,)
            if "int" in head:
                own = (*own[:-1], int(own[-1]))
            place = (2 if head == "path" else 1, reference_order([head]), head, length)
            for rank, values in reference_matches(pattern[1:], path[length:], in_rest):
                found.append(((place, *rank), (*own, *values)))
    return found


def reference_find(patterns: dict[tuple, list[str]], methods: dict[tuple, str], method, host, path):
    """The best rule by trying all: ("match", rule, values), ("redirect",), ("methods", ...)."""
    segments = [host, *path.split("/")]
    ways = []
    allowed = set()
    for rule, pattern in patterns.items():
        for rank, values in reference_matches(pattern, segments):
            if methods[rule] == method:
                ways.append(((*rank, (-1,)), ("match", rule, values)))
            else:
                allowed.add(methods[rule])
        if pattern[-1] == "" and methods[rule] == method:
            for rank, _ in reference_matches(pattern[:-1], segments):
                ways.append(((*rank, (-0.5,)), ("redirect", path + "/")))
    if ways:
        return min(ways, key=lambda way: way[0])[1]
    return ("methods", sorted(allowed)) if allowed else ("nothing",)


def trie_find(urls: Map, method: str, path: str, host: str | None = None):
    try:
        rule, arguments = urls.find(method, path, host)
    except RequestRedirect as redirect:
        return ("redirect", redirect.new_url)
    except WrongMethod as error:
        return ("methods", error.valid_methods)
    except NoMatch:
        return ("nothing",)
    return ("match", rule.endpoint, tuple(arguments[f"v{i}"] for i in range(len(arguments))))


def ways_of(node: RouteNode) -> list:
    return [*node.branches, *node.spans]


def behind(way) -> RouteNode:
    """The node that a way leads to."""
    return way.rest or way.node


def check_invariants(urls: Map) -> None:
    """What holds for every node after every insert."""
    assert urls._root.depth == 0
    stack: list[RouteNode] = [urls._hosts or urls._root]
    while stack:
        node = stack.pop()
        ways = ways_of(node)
        children = [*node.literals.values(), *(behind(branch) for branch in ways)]
        rests = [way.rest for way in ways if way.rest]
        assert all(not ways_of(way.node) and not way.node.rules for way in ways if way.rest)
        for branches in (node.branches, node.spans):
            orders = [branch.order for branch in branches]
            assert orders == sorted(set(orders))
        for child in children:
            assert child.depth == node.depth + (child not in rests)
            assert child is urls._root or child.rules or child.literals or ways_of(child)
        assert set(node.methods.values()) <= set(node.rules)
        first = node.branches[0] if node.branches else None
        assert node.text is (first.node if first and first.label == "<string>" else None)
        span = node.spans[0] if node.spans else None
        assert node.rest is (span.node if span and span.label == "<path>" else None)
        stack.extend(children)


def random_rule(
    dice: random.Random, hosts: bool, simple: bool
) -> tuple[tuple[str, str], list[str]]:
    """(path and host of a rule), and the pattern that the reference reads."""
    pattern = [dice.choice(["", "", "a", "string", "x<string>"]) if hosts else "", ""]
    for _ in range(dice.randint(1, 4)):
        pattern.append(dice.choice(["a", "b", "1", "string", *(SIMPLE if simple else KINDS)]))
    if simple and dice.random() < 0.25:
        pattern.append("path")
    elif dice.random() < 0.25:
        pattern.append("")
    texts = []
    variables = 0
    for segment in pattern:
        text = KINDS[segment][3] if segment in KINDS else segment
        while "{}" in text:
            text = text.replace("{}", f"v{variables}", 1)
            variables += 1
        texts.append(text)
    return ("/".join(texts[1:]), texts[0]), pattern


def test_a_rule_for_another_method_does_not_hide_a_wider_one():
    urls = Map(
        [
            Rule("/a", endpoint="literal", methods=["POST"]),
            Rule("/<v>", endpoint="text", methods=["GET"]),
        ]
    )
    assert urls.find("GET", "/a")[0].endpoint == "text"
    with pytest.raises(WrongMethod) as caught:
        urls.find("PUT", "/a")
    assert caught.value.valid_methods == ["GET", "HEAD", "POST"]


def test_node_repr_names_its_ways():
    urls = Map([Rule("/a", endpoint="a"), Rule("/<int:n>", endpoint="n")])
    assert repr(urls._root.literals[""]) == (
        "<RouteNode depth=1 literals=['a'] branches=['<int>'] spans=[] rules=[]>"
    )


def check_agreement(seed: int, hosts: bool, simple: bool) -> None:
    """Let the trie and the reference answer the same questions about random maps."""
    dice = random.Random(seed)
    for _ in range(25):
        patterns = dict(random_rule(dice, hosts, simple) for _ in range(dice.randint(1, 8)))
        methods = {rule: dice.choice(["PUT", "PUT", "POST"]) for rule in patterns}
        urls = Map(merge_slashes=False)
        for rule in patterns:
            path, host = rule
            urls.add(Rule(path, endpoint=rule, methods=[methods[rule]], subdomain=host or None))
            check_invariants(urls)
        words = ["a", "b", "1", "2", "x", "xa", "a-1", ""]
        for _ in range(20):
            path = "/" + "/".join(dice.choice(words) for _ in range(dice.randint(1, 5)))
            host = dice.choice(["", "", "a", "x", "xb"]) if urls.has_hosts else ""
            expected = reference_find(patterns, methods, "PUT", host, path)
            if expected == ("redirect", path + "/"):
                expected = ("redirect", "/" + (path + "/").lstrip("/"))
            assert trie_find(urls, "PUT", path, host if hosts else None) == expected, (
                methods,
                host,
                path,
            )


@pytest.mark.parametrize("seed", range(40))
def test_trie_agrees_with_trying_every_rule(seed):
    print(f"seed {seed}")
    check_agreement(seed, hosts=False, simple=True)
