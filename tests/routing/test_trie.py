"""The trie against a reference matcher that tries every rule, and within its bounds."""

from __future__ import annotations

import random
import re
from itertools import permutations

import pytest

from microweb.routing import Map, NoMatch, RequestRedirect, Rule, WrongMethod
from microweb.routing.trie import RouteNode, search_trie

# What the reference knows of each variable: its place in the order, what it takes, and how it is
# written in a rule. The last two are segments that mix text and variables.
KINDS = {
    "any(a,1)": (20, "a|1", "<any(a,1):{}>"),
    "int": (50, "[0-9]+", "<int:{}>"),
    "<string>-<int>": (99, "([^/]+)-([0-9]+)", "<{}>-<int:{}>"),
    "x<string>": (99, "x([^/]+)", "x<{}>"),
    "string": (100, "[^/]+", "<{}>"),
    "path": (200, "[^/].*", "<path:{}>"),
}


def reference_matches(pattern: list[str], path: list[str]) -> list[tuple]:
    """All ways to lay *pattern* over *path*: (rank per segment, values)."""
    if not pattern:
        return [((), ())] if not path else []
    if not path:
        return []
    head = pattern[0]
    found = []
    if head not in KINDS:
        if head == path[0]:
            for rank, values in reference_matches(pattern[1:], path[1:]):
                found.append((((0, 0, "", 0), *rank), values))
        return found
    weight, regex, _ = KINDS[head]
    for length in range(1, len(path) + 1) if head == "path" else (1,):
        text = "/".join(path[:length])
        match = re.fullmatch(regex, text)
        if match:
            own = match.groups() or (text,)
            if "int" in head:
                own = (*own[:-1], int(own[-1]))
            place = (2 if head == "path" else 1, weight, head, length)
            for rank, values in reference_matches(pattern[1:], path[length:]):
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


def check_invariants(urls: Map) -> None:
    """What holds for every node after every insert."""
    assert urls._root.depth == 0
    stack: list[RouteNode] = [urls.root_of("")[0]]
    while stack:
        node = stack.pop()
        ways = ways_of(node)
        children = [*node.literals.values(), *(branch.node for branch in ways)]
        for branches in (node.branches, node.spans):
            orders = [branch.order for branch in branches]
            assert orders == sorted(set(orders))
        for child in children:
            assert child.depth == node.depth + 1
            assert child is urls._root or child.rules or child.literals or ways_of(child)
        assert set(node.methods.values()) <= set(node.rules)
        first = node.branches[0] if node.branches else None
        assert node.text is (first.node if first and first.label == "<string>" else None)
        span = node.spans[0] if node.spans else None
        assert node.rest is (span.node if span and span.label == "<path>" else None)
        stack.extend(children)


def random_rule(dice: random.Random, hosts: bool) -> tuple[tuple[str, str], list[str]]:
    """(path and host of a rule), and the pattern that the reference reads."""
    pattern = [dice.choice(["", "", "a", "string", "x<string>"]) if hosts else "", ""]
    for _ in range(dice.randint(1, 4)):
        pattern.append(dice.choice(["a", "b", "1", "string", *KINDS]))
    if dice.random() < 0.25:
        pattern.append("")
    texts = []
    variables = 0
    for segment in pattern:
        text = KINDS[segment][2] if segment in KINDS else segment
        while "{}" in text:
            text = text.replace("{}", f"v{variables}", 1)
            variables += 1
        texts.append(text)
    return ("/".join(texts[1:]), texts[0]), pattern


@pytest.mark.parametrize("hosts", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_trie_agrees_with_trying_every_rule(seed, hosts):
    print(f"seed {seed}, {hosts=}")
    dice = random.Random(seed)
    for _ in range(25):
        patterns = dict(random_rule(dice, hosts) for _ in range(dice.randint(1, 8)))
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
            assert trie_find(urls, "PUT", path, host) == expected, (methods, host, path)


def path_for(rule: Rule, values: dict[str, int]) -> str | None:
    if any(values[name] != default for name, default in rule.defaults.items()):
        return None
    return re.sub("<int:(.)>", lambda found: str(values[found[1]]), rule.rule)


@pytest.mark.parametrize("seed", range(20))
def test_matches_are_redirected_to_the_canonical_rule(seed):
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(50):
        rules = []
        for index in range(dice.randint(2, 5)):
            own = [name for name in "ab" if dice.random() < 0.5]
            path = f"/{index}" + "".join(f"/<int:{name}>" for name in own)
            defaults = {name: 1 for name in "ab" if name not in own}
            rules.append(Rule(path, defaults, endpoint="e", alias=dice.random() < 0.3))
        urls = Map(rules)
        order = sorted(rules, key=lambda rule: (rule.alias, -len(rule.defaults)))
        for values in ({"a": a, "b": b} for a in (1, 2) for b in (1, 2)):
            for rule in rules:
                path = path_for(rule, values)
                if path is None:
                    continue
                canonical = [
                    path_for(other, values)
                    for other in order[: order.index(rule)]
                    if other.defaults or rule.alias
                ]
                expected = [url for url in canonical if url] or [path]
                try:
                    assert urls.find("GET", path) == (rule, values)
                    target = path
                except RequestRedirect as redirect:
                    target = redirect.new_url
                assert target == expected[0]


def test_priority_does_not_depend_on_the_order_of_registration():
    rules = ["/a/<v0>", "/<int:v0>/<v1>", "/<v0>/b", "/<path:v0>", "/<v0>-x/b"]
    paths = ["/a/b", "/1/b", "/q/b", "/q/r", "/q-x/b", "/1/2/3", "/a", "/a-x/b"]
    outcomes = set()
    for order in permutations(rules):
        urls = Map([Rule(rule, endpoint=rule) for rule in order])
        outcomes.add(tuple(trie_find(urls, "GET", path) for path in paths))
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/user/me", "/user/me"),
        ("/user/7", "/user/<int:n>"),
        ("/user/x-y", "/user/<a>-<b>"),
        ("/user/x", "/user/<name>"),
        ("/user/me/post", "/user/<name>/post"),
        ("/user/x/y/z", "/user/<path:p>"),
        ("/user/x/y/edit", "/user/<path:p>/edit"),
    ],
)
def test_the_narrowest_rule_wins(path, target):
    rules = ["/user/<path:p>/edit", "/user/<path:p>", "/user/<name>/post", "/user/<name>"]
    rules += ["/user/<a>-<b>", "/user/<int:n>", "/user/me"]
    urls = Map([Rule(rule, endpoint=rule) for rule in rules])
    assert urls.find("GET", path)[0].rule == target


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


def visits_of(urls: Map, path: str) -> int:
    """How many nodes and branches the search enters for a path that leads nowhere."""
    steps: list = []
    with pytest.raises(NoMatch):
        search_trie(urls._root, "GET", path, None, steps)
    return len(steps)


@pytest.mark.parametrize("length", [50, 100, 200])
def test_search_enters_no_state_twice(length):
    # Three paths in one rule: trying every split would take length cubed.
    urls = Map([Rule("/<path:a>/x/<path:b>/x/<path:c>/end", endpoint="e")])
    assert visits_of(urls, "/x" * length) < 20 * length


def test_search_without_paths_enters_each_node_at_most_once():
    # Every prefix fits both ways, and nothing ends: 2 ** 9 nodes is all there is to enter.
    rules = []
    for number in range(2**8):
        bits = f"{number:08b}"
        parts = [f"<v{i}>" if bit == "1" else "a" for i, bit in enumerate(bits)]
        rules.append("/" + "/".join(parts) + "/end")
    urls = Map([Rule(rule, endpoint=rule) for rule in rules])
    assert 2**8 < visits_of(urls, "/a" * 8 + "/nope") <= 2 * 2**9


def test_search_behind_converters_that_span_segments_enters_no_node_twice():
    urls = Map()
    for number in range(2**6):
        ways = [f"<v{i}>" if number >> i & 1 else "a" for i in range(6)]
        rule = "/<path:p>/<re:[a/]*:q>/" + "/".join(ways) + "/end"
        urls.add(Rule(rule, endpoint=rule))
    # A node and a branch to it make two states, at most 12 times 2 ** 7 each.
    assert visits_of(urls, "/a" * 12) < 2 * 12 * 2**7


def test_draw_shows_segments_methods_and_endpoints():
    urls = Map(
        [
            Rule("/", endpoint="home", methods=["GET"]),
            Rule("/user/<name>/", endpoint="user", methods=["GET"]),
            Rule("/user/<int:n>-<b>", endpoint="pair"),
            Rule("/<path:p>", endpoint="file", methods=["PUT"]),
        ]
    )
    assert urls.draw() == "\n".join(
        [
            "/",
            "  (slash)  [GET, HEAD] -> home",
            "  user",
            "    <int>-<string>  [any method] -> pair",
            "    <string>",
            "      (slash)  [GET, HEAD] -> user",
            "  <path>  [PUT] -> file",
        ]
    )


def test_node_repr_names_its_ways():
    urls = Map([Rule("/a", endpoint="a"), Rule("/<int:n>", endpoint="n")])
    assert repr(urls._root.literals[""]) == (
        "<RouteNode depth=1 literals=['a'] branches=['<int>'] spans=[] rules=[]>"
    )
