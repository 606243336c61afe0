"""The search with spans, mixed segments and hosts, against the reference, and within its bounds."""

from __future__ import annotations

from itertools import permutations

import pytest

from microweb.routing import Map, NoMatch, PathConverter, Rule
from microweb.routing.extra.search import search_with_spans

from .test_converters import value_of
from .test_trie import check_agreement, trie_find


@pytest.mark.parametrize("hosts", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_search_agrees_with_trying_every_rule(seed, hosts):
    print(f"seed {seed}, {hosts=}")
    check_agreement(seed, hosts, simple=False)


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


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("/Some/Page/edit", ["/<path:name>/edit", "/<a>/<b>/<c>"]),
        ("/1/raw", ["/<path:p>/raw", "/<int:id>/<name>"]),
        ("/a/b/c", ["/<path:p>/c", "/<path:p>/<a>/<b>"]),
        ("/x/y", ["/<path:p>/<a>", "/<a>/<b>"]),
        ("/a/b/c/d", ["/<path:p>/c/<q>", "/<path:p>/<a>/<b>"]),
        ("/a/b/cc/d", ["/<path:p>/b/cc/<q>", "/<path:p>/b/<q>/d"]),
        ("/a/b/ccc", ["/<path:p>/ccc", "/<p>/b/<q>"]),
        ("/u/a/edit", ["/u/<path:p>/edit", "/<a>/<b>/<c>", "/<path:p>"]),
        ("/u/a/edit", ["/u/<path:p>/edit", "/u/<b>/edit"]),
        ("/a", ["/<a>", "/<path:p>"]),
        ("/a/b", ["/<a>/<b>", "/<path:p>"]),
        ("/p-a/b", ["/p-<path:p>", "/<a>/<b>"]),
        ("/1.5", ["/<name>.<ending>", "/<float:number>"]),
        ("/xa", ["/x<v>", "/<any(xa, xb):v>"]),
        ("/file-1", ["/file-<name>", "/<a>-<int:b>"]),
    ],
)
def test_a_rule_that_spells_out_more_is_found_first_as_in_werkzeug(path, rules):
    for order in permutations(rules):
        urls = Map([Rule(rule, endpoint=rule) for rule in order])
        assert urls.find("GET", path)[0].rule == rules[0]
        assert urls.find("GET", path) == urls._find_searching("GET", path, None)


def visits_of(urls: Map, path: str) -> int:
    """How many nodes and branches the search enters for a path that leads nowhere."""
    steps: list = []
    with pytest.raises(NoMatch):
        search_with_spans(urls._root, "GET", path, None, steps)
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
    # A node and a branch to it make two states, at most 12 times each. The rests of the rules have
    # seven places in the order, which share no nodes: 327 there are.
    assert visits_of(urls, "/a" * 12) < 2 * 12 * 327


@pytest.mark.parametrize(
    ("variable", "text"), [("any('a/b', c)", "a/b"), ("re('a/[0-9]')", "a/1"), ("path", "a/b")]
)
@pytest.mark.parametrize("ends", ["", "/q"])
def test_a_converter_may_take_several_segments(variable, text, ends):
    assert value_of(variable, text) == text
    for rule in (f"/p/<{variable}:x>{ends}", f"/p-<{variable}:x>/q{ends}"):
        path = rule.replace(f"<{variable}:x>", text)
        assert Map([Rule(rule, endpoint="e")]).find("GET", path)[1] == {"x": text}


def test_a_subclass_of_path_keeps_what_it_overrides():
    class Upper(PathConverter):
        def to_python(self, value):
            return value.upper()

    assert value_of("up", "a/b", converters={"up": Upper}) == "A/B"
