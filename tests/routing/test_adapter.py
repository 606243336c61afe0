"""The adapter's own: what it raises, dispatching, redirects by hand."""

from __future__ import annotations

import pytest

from microweb.routing import Map, NoMatch, RequestRedirect, Rule, WrongMethod


def rules() -> list[Rule]:
    return [
        Rule("/", endpoint="home", methods=["GET"]),
        Rule("/all/<int:page>", endpoint="all"),
        Rule("/all/", endpoint="all", defaults={"page": 1}),
        Rule("/every/<int:page>", endpoint="all", alias=True),
    ]


class Missing(Exception):
    pass


class NotTaken(Exception):
    def __init__(self, valid_methods=None):
        self.valid_methods = valid_methods


class OwnMap(Map):
    not_found_class = Missing
    method_not_allowed_class = NotTaken
    http_exception_class = Missing


def test_what_match_raises_is_set_on_the_map():
    adapter = OwnMap(rules()).bind("example.org")
    with pytest.raises(Missing):
        adapter.match("/nope")
    with pytest.raises(NotTaken) as caught:
        adapter.match("/", "POST")
    assert caught.value.valid_methods == ["GET", "HEAD"]
    assert (adapter.test("/nope"), adapter.test("/"), adapter.test("/all")) == (False, True, True)
    assert adapter.allowed_methods("/") == ["GET", "HEAD"]
    with pytest.raises(NoMatch):
        Map(rules()).bind("example.org").match("/nope")
    with pytest.raises(WrongMethod):
        Map(rules()).bind("example.org").match("/", "POST")


def test_dispatch_calls_the_view_or_returns_the_redirect():
    adapter = OwnMap(rules()).bind("example.org", path_info="/all/2")

    def view(endpoint, arguments):
        if arguments.get("page") == 9:
            raise Missing("by the view")
        return endpoint, arguments

    assert adapter.dispatch(view) == ("all", {"page": 2})
    assert adapter.dispatch(view, "/all").new_url == "http://example.org/all/"
    assert isinstance(adapter.dispatch(view, "/nope", catch_http_exceptions=True), Missing)
    assert str(adapter.dispatch(view, "/all/9", "GET", True)) == "by the view"
    with pytest.raises(Missing):
        adapter.dispatch(view, "/nope")
    with pytest.raises(NotTaken):
        adapter.dispatch(view, "/", "POST", catch_http_exceptions=True)


def test_a_redirect_is_a_wsgi_application():
    from wsgiref.util import setup_testing_defaults
    from wsgiref.validate import validator

    sent = []

    def start_response(status, headers, exc_info=None):
        sent.append((status, dict(headers)))
        return lambda data: None

    environ: dict = {"QUERY_STRING": ""}
    setup_testing_defaults(environ)
    body = validator(RequestRedirect("http://example.org/x"))(environ, start_response)
    assert list(body) == []
    body.close()
    [(status, headers)] = sent
    assert status == "308 Permanent Redirect"
    assert (headers["Location"], headers["Content-Length"]) == ("http://example.org/x", "0")


def test_redirects_by_hand():
    urls = Map(rules())
    adapter = urls.bind("example.org", "/app", query_args={"q": "a b"})
    assert adapter.make_redirect_url("/x") == "http://example.org/app/x?q=a+b"
    assert adapter.make_redirect_url("x", {}) == "http://example.org/app/x"
    assert adapter.make_redirect_url("x", "n=1", "api") == "http://api.example.org/app/x?n=1"
    plain, defaults = urls.iter_rules("all"), {"page": 1}
    found = {rule.rule: adapter.get_default_redirect(rule, "GET", defaults, "") for rule in plain}
    assert found == {
        "/all/<int:page>": "http://example.org/app/all/",
        "/all/": None,
        "/every/<int:page>": "http://example.org/app/all/",
    }
    rule = urls.find("GET", "/all/2")[0]
    assert adapter.get_default_redirect(rule, "GET", {"page": 2}) is None
    alias = adapter.make_alias_redirect_url("/every/2", "all", {"page": 2}, "GET", {"n": 1})
    assert alias == "http://example.org/app/all/2?n=1"
    assert adapter.encode_query_args({"a": [1, 2]}) == "a=1&a=2"


def test_redirect_to_another_site_keeps_its_url():
    urls = Map([Rule("/out", endpoint="out", redirect_to="https://example.com/?a=1")])
    with pytest.raises(RequestRedirect) as caught:
        urls.bind("example.org", "/app").match("/out", query_args="q=1")
    assert caught.value.new_url == "https://example.com/?a=1"
