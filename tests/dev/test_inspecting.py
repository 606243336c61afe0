"""Routes, explanations and templates of an app, as text."""

from __future__ import annotations

import re

import pytest

from microweb import Microweb
from microweb.dev.inspecting import check_templates, draw_routes, explain_route, list_routes
from microweb.dev.loading import CommandFailed


def view(**values):
    return "text"


def make_app(rules, host_matching=False):
    app = Microweb("example", static_folder=None, template_folder=None)
    app.url_map.host_matching = host_matching
    for rule, endpoint, options in rules:
        app.add_url_rule(rule, endpoint, view, **options)
    return app


PATHS = (
    ("/<path:p>", "c", {"methods": ["POST"]}),
    ("/z/<int:n>", "b", {}),
    ("/z/new", "d", {"methods": ["DELETE"]}),
    ("/z/<name>", "a", {}),
)


def columns(text):
    return [re.split("  +", line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("sort", "endpoints"),
    [
        ("endpoint", "abcd"),
        ("rule", "cbad"),
        ("methods", "dbac"),
        ("match", "dbac"),
        ("domain", "cbda"),
    ],
)
def test_routes_are_sorted(sort, endpoints):
    header, *rows = columns(list_routes(make_app(PATHS), sort))
    assert header == ["Endpoint", "Methods", "Rule", "View"]
    assert "".join(row[0] for row in rows) == endpoints


def test_routes_tell_methods_and_the_place_of_the_view():
    app = make_app(PATHS[1:3])
    rows = columns(list_routes(app))[1:]
    assert [row[1] for row in rows] == ["GET", "DELETE"]
    assert re.fullmatch(r"view \(.*test_inspecting\.py:\d+\)", rows[0][3])
    assert [row[1] for row in columns(list_routes(app, all_methods=True))[1:]] == [
        "GET, HEAD, OPTIONS",
        "DELETE, OPTIONS",
    ]


@pytest.mark.parametrize(
    ("host_matching", "option", "header", "domains"),
    [
        (False, {"subdomain": "api"}, "Subdomain", ["api", "a"]),
        (True, {"host": "api.example"}, "Host", ["api.example", "any"]),
    ],
)
def test_routes_tell_hosts_and_subdomains(host_matching, option, header, domains):
    rules = [("/a", "a", option), ("/b", "b", {} if host_matching else {"subdomain": "a"})]
    rows = columns(list_routes(make_app(rules, host_matching)))
    assert rows[0] == ["Endpoint", "Methods", header, "Rule", "View"]
    assert [row[2] for row in rows[1:]] == domains
    ordered = columns(list_routes(make_app(rules, host_matching), "domain"))[1:]
    assert [row[0] for row in ordered] == sorted(
        "ab", key=lambda name: domains["ab".index(name)]
    ) or (host_matching)


def test_the_tree_tells_the_place_of_each_view():
    lines = draw_routes(make_app(PATHS[1:3]).url_map).splitlines()
    assert lines[:2] == ["/", "  z"]
    assert re.fullmatch(
        r"    new  \[DELETE, OPTIONS\] -> d \(.*test_inspecting\.py:\d+\)", lines[2]
    )
    bare = make_app([])
    bare.add_url_rule("/x", "nothing")
    assert draw_routes(bare.url_map).endswith("-> nothing (no view)")


@pytest.mark.parametrize(
    ("method", "target", "found"),
    [
        ("GET", "/z/7", "GET /z/7: the rule '/z/<int:n>' to 'b' (view ("),
        ("get", "/z/7?x=/y", "GET /z/7: the rule '/z/<int:n>' to 'b' (view ("),
        ("GET", "http://example.org/z/%C3%BC?q", "GET /z/\u00fc: the rule '/z/<name>' to 'a'"),
        ("GET", "https://example.org", "GET /: no rule leads there"),
        ("GET", "//z/7", "GET //z/7: "),
        ("GET", "/z/new", "GET /z/new: the rule '/z/<name>' to 'a'"),
        ("DELETE", "/z/7", "/z/<int:n> comes near: it takes GET, HEAD, OPTIONS"),
    ],
)
def test_a_path_is_explained(method, target, found):
    assert found in explain_route(make_app(PATHS[1:]), method, target)


def test_a_whole_url_chooses_the_host():
    app = make_app([("/", "api", {"subdomain": "api"}), ("/", "site", {})])
    app.config["SERVER_NAME"] = "example.org"
    assert "to 'api'" in explain_route(app, "GET", "http://api.example.org/")
    assert "to 'site'" in explain_route(app, "GET", "/")


@pytest.mark.parametrize("target", ["", "z", "?x", "z/http"])
def test_a_path_begins_with_a_slash(target):
    with pytest.raises(CommandFailed) as caught:
        explain_route(make_app([]), "GET", target)
    assert str(caught.value) == (
        f"{target!r} is no path: one begins with a slash, as in: microweb explain GET /users/7"
    )


def test_templates_that_fail_are_told(tmp_path):
    app = Microweb("example", root_path=str(tmp_path))
    assert check_templates(app) == ([], [])
    (tmp_path / "templates" / "mail").mkdir(parents=True)
    (tmp_path / "templates" / "a.html").write_text("{{ x }}")
    (tmp_path / "templates" / "mail" / "b.txt").write_text("{{ x|no_such_filter }}")
    (tmp_path / "templates" / "c.png").write_bytes(b"\x89PNG\xff")
    app.add_inline_templates({"d.html": "{% block %}"})
    names, failures = check_templates(app)
    assert names == ["a.html", "c.png", "d.html", "mail/b.txt"]
    assert [failure.partition(":")[0] for failure in failures] == names[1:]
    assert "no_such_filter" in failures[2]
