"""The trie against a reference matcher that tries every rule, and within its bounds."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from microweb.routing import Map, NoMatch, RequestRedirect, Rule, WrongMethod
from microweb.routing.trie import RouteNode, RouteSearch

# What the reference knows of each variable: its place in the order and what it takes.
KINDS = {
    "any(a,1)": (20, lambda text: text in ("a", "1")),
    "int": (50, lambda text: text.isascii() and text.isdigit()),
    "default": (100, lambda text: text != "" and "/" not in text),
    "path": (200, lambda text: text != "" and text[0] != "/"),
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
    weight, accepts = KINDS[head]
    for length in range(1, len(path) + 1) if head == "path" else (1,):
        text = "/".join(path[:length])
        if accepts(text):
            place = (2 if head == "path" else 1, weight, head, length)
            for rank, values in reference_matches(pattern[1:], path[length:]):
                value = int(text) if head == "int" else text
                found.append(((place, *rank), (value, *values)))
    return found


def reference_find(patterns: dict[str, list[str]], methods: dict[str, str], method, path):
    """The best rule by trying all: ("match", rule, values), ("redirect",), ("methods", ...)."""
    segments = path.split("/")
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


def trie_find(urls: Map, method: str, path: str):
    try:
        rule, arguments = urls.find(method, path)
    except RequestRedirect as redirect:
        return ("redirect", redirect.new_url)
    except WrongMethod as error:
        return ("methods", error.valid_methods)
    except NoMatch:
        return ("nothing",)
    return ("match", rule.rule, tuple(arguments[f"v{i}"] for i in range(len(arguments))))


def check_invariants(urls: Map) -> None:
    """What holds for every node after every insert."""
    stack: list[RouteNode] = [urls._root]
    while stack:
        node = stack.pop()
        ways = [*node.branches, *node.spans]
        children = [*node.literals.values(), *(branch.node for branch in ways)]
        for branches in (node.branches, node.spans):
            orders = [branch.order for branch in branches]
            assert orders == sorted(set(orders))
        for child in children:
            assert child.depth == node.depth + 1
            assert child.rules or child.literals or child.branches or child.spans
        assert set(node.methods.values()) <= set(node.rules)
        first = node.branches[0] if node.branches else None
        assert node.text is (first.node if first and first.label == "<string>" else None)
        stack.extend(children)


def random_rule(dice: random.Random) -> tuple[str, list[str]]:
    pattern = [""]
    text = ""
    variables = 0
    for _ in range(dice.randint(1, 4)):
        kind = dice.choice(["a", "b", "1", "any(a,1)", "int", "default", "default", "path"])
        pattern.append(kind)
        if kind in KINDS:
            text += f"/<{kind}:v{variables}>"
            variables += 1
        else:
            text += "/" + kind
    if dice.random() < 0.25:
        pattern.append("")
        text += "/"
    return text, pattern


@pytest.mark.parametrize("seed", range(40))
def test_trie_agrees_with_trying_every_rule(seed):
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(25):
        patterns = dict(random_rule(dice) for _ in range(dice.randint(1, 8)))
        methods = {rule: dice.choice(["PUT", "PUT", "POST"]) for rule in patterns}
        urls = Map(merge_slashes=False)
        for rule in patterns:
            urls.add(Rule(rule, endpoint=rule, methods=[methods[rule]]))
            check_invariants(urls)
        for _ in range(20):
            words = [dice.choice(["a", "b", "1", "2", "x", ""]) for _ in range(dice.randint(1, 5))]
            path = "/" + "/".join(words)
            expected = reference_find(patterns, methods, "PUT", path)
            if expected == ("redirect", path + "/"):
                expected = ("redirect", "/" + (path + "/").lstrip("/"))
            assert trie_find(urls, "PUT", path) == expected, (sorted(methods.items()), path)


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


@pytest.mark.parametrize("length", [50, 100, 200])
def test_search_enters_no_state_twice(length):
    # Three paths in one rule: trying every split would take length cubed.
    urls = Map([Rule("/<path:a>/x/<path:b>/x/<path:c>/end", endpoint="e")])
    search = RouteSearch(urls._root, "GET", "/x" * length)
    with pytest.raises(NoMatch):
        search.run()
    assert search.visits < 20 * length


def test_search_without_paths_enters_each_node_at_most_once():
    # Every prefix fits both ways, and nothing ends: 2 ** 9 nodes is all there is to enter.
    rules = []
    for number in range(2**8):
        bits = f"{number:08b}"
        parts = [f"<v{i}>" if bit == "1" else "a" for i, bit in enumerate(bits)]
        rules.append("/" + "/".join(parts) + "/end")
    urls = Map([Rule(rule, endpoint=rule) for rule in rules])
    search = RouteSearch(urls._root, "GET", "/a" * 8 + "/nope")
    with pytest.raises(NoMatch):
        search.run()
    assert search.visits <= 2 * 2**9


def test_search_behind_converters_that_span_segments_enters_no_node_twice():
    urls = Map()
    for number in range(2**6):
        ways = [f"<v{i}>" if number >> i & 1 else "a" for i in range(6)]
        rule = "/<path:p>/<re:[a/]*:q>/" + "/".join(ways) + "/end"
        urls.add(Rule(rule, endpoint=rule))
    search = RouteSearch(urls._root, "GET", "/a" * 12)
    with pytest.raises(NoMatch):
        search.run()
    # A node and a branch to it make two states, at most 12 times 2 ** 7 each.
    assert search.visits < 2 * 12 * 2**7


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
