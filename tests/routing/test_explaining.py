"""Explaining a path: the steps of its walk, and the rules that come near."""

from __future__ import annotations

import sys

import pytest

from microweb.dev.inspecting import _walk_rules
from microweb.routing import Map, Rule, UnknownConverter


def site() -> Map:
    return Map(
        [
            Rule("/", endpoint="home", methods=["GET"]),
            Rule("/about", endpoint="about", methods=["GET"]),
            Rule("/blog/", endpoint="blog", methods=["GET"]),
            Rule("/user/<int:n>", endpoint="user", methods=["GET"]),
            Rule("/user/<int:n>/posts", endpoint="posts", methods=["GET", "POST"]),
            Rule("/files/<path:p>/edit", endpoint="edit"),
        ]
    )


@pytest.mark.parametrize(
    ("method", "path", "outcome", "near"),
    [
        ("GET", "/about", "match", []),
        ("GET", "/blog", "redirect", []),
        ("GET", "/about/", "no match", [("about", "it has no slash at the end")]),
        ("GET", "/abuot", "no match", [("about", "'about' is spelled like 'abuot'")]),
        ("GET", "/About", "no match", [("about", "it is in lower case")]),
        ("POST", "/about", "wrong method", [("about", "it takes GET, HEAD")]),
        ("PUT", "/user/7/posts", "wrong method", [("posts", "it takes GET, HEAD, POST")]),
        ("GET", "/user/x", "no match", [("user", "<int> does not take 'x'")]),
        ("GET", "/user/x/posts", "no match", [("posts", "<int> does not take 'x'")]),
        ("GET", "/user/7/post", "no match", [("posts", "'posts' is spelled like 'post'")]),
        ("GET", "/zzz", "no match", []),
    ],
)
def test_explanation_names_the_outcome_and_what_comes_near(method, path, outcome, near):
    found = site().explain(method, path)
    assert found.outcome == outcome
    assert [(rule.endpoint, why) for rule, why in found.near] == near
    assert (found.rule is not None) == (found.error is None) == (outcome == "match")


def test_steps_are_those_of_the_walk():
    assert site().explain("GET", "/user/7/x").steps == [
        ("", "user", "fixed", True),
        ("/user", "7", "<int>", True),
        ("/user/7", "x", "fixed", False),
    ]
    assert site().explain("POST", "/about").steps == [
        ("", "about", "fixed", True),
        ("/about", None, "end", False),
    ]


def test_explanation_reads_as_text():
    assert str(site().explain("GET", "/user/x")) == "\n".join(
        [
            "GET /user/x: no rule leads there",
            "  /: 'user' is a fixed segment",
            "  /user: <int> does not take 'x'",
            "/user/<int:n> comes near: <int> does not take 'x'",
        ]
    )
    matched = site()
    matched.find("GET", "/about")[0].origin = "app.py:3"
    assert str(matched.explain("GET", "/about")).startswith(
        "GET /about: the rule '/about' to 'about' (app.py:3) answers\n"
    )
    assert "it takes GET, HEAD" in str(site().explain("POST", "/about"))


def test_a_long_walk_is_cut_when_it_is_shown():
    text = str(site().explain("GET", "/files" + "/x" * 5000))
    assert text.count("\n") < 110
    assert "and more steps" in text


def test_a_long_path_is_explained_in_time_that_grows_with_it():
    urls = Map(
        [Rule("/<path:a>/b/<path:c>/d", endpoint="e"), Rule("/<a>/<path:b>/e", endpoint="f")]
    )
    found = urls.explain("GET", "/a/b/cc" * 5000 + "/")
    assert found.has_more_steps
    assert sum(len(read) for read, *_ in found.steps) < 2_000_000


def test_hosts_are_the_first_step():
    urls = Map([Rule("/a", endpoint="a", host="www.example.org")], host_matching=True)
    found = urls.explain("GET", "/a", "ww.example.org")
    assert ("", "ww.example.org", "fixed", False) in found.steps
    assert [rule.endpoint for rule, _ in found.near] == ["a"]
    assert urls.explain("GET", "/a", "www.example.org").outcome == "match"


@pytest.mark.parametrize("path", ["", "*", "//", "/\0", "/\ud800", "/" * 1000, "/<x>", "/..//."])
@pytest.mark.parametrize("method", ["GET", "", "B\r\n"])
def test_odd_paths_are_explained_too(method, path):
    assert site().explain(method, path).outcome in ("no match", "wrong method", "redirect")


def test_without_difflib_no_spelling_comes_near(monkeypatch):
    assert site().explain("GET", "/usr/7").near
    monkeypatch.setitem(sys.modules, "difflib", None)
    assert site().explain("GET", "/usr/7").outcome == "no match"
    with pytest.raises(UnknownConverter, match="there is no converter 'itn'; there are default, "):
        Map([Rule("/<itn:n>", endpoint="e")])


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


def test_draw_shows_a_path_that_more_follows_where_it_stands_in_the_order():
    rules = ["/<a>/<b>", "/<path:p>", "/<path:p>/edit", "/<path:p>/edit/<x>"]
    urls = Map([Rule(rule, endpoint=rule, methods=["PUT"]) for rule in rules])
    assert urls.draw() == "\n".join(
        [
            "/",
            "  <path>",
            "    edit",
            "      <string>  [PUT] -> /<path:p>/edit/<x>",
            "  <path>",
            "    edit  [PUT] -> /<path:p>/edit",
            "  <string>",
            "    <string>  [PUT] -> /<a>/<b>",
            "  <path>  [PUT] -> /<path:p>",
        ]
    )
    assert urls.explain("PUT", "/a/edit").rule.rule == "/<path:p>/edit"
    assert [rule.rule for rule in _walk_rules(urls._root)] == [*rules[:1:-1], *rules[:2]]
