"""The adapter's own: what it raises, dispatching, redirects by hand."""

from __future__ import annotations

import pytest

from microweb.routing import (
    Map,
    NoMatch,
    RequestRedirect,
    Rule,
    WebsocketMismatch,
    WrongMethod,
)


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
    assert list(body) == [b""]
    body.close()
    [(status, headers)] = sent
    assert status == "308 Permanent Redirect"
    assert (headers["Location"], headers["Content-Length"]) == ("http://example.org/x", "0")


@pytest.mark.parametrize(
    ("code", "status"),
    [(301, "301 Moved Permanently"), (302, "302 Found"), (307, "307 Temporary Redirect")]
    + [(399, "399 Redirect"), (None, "308 Permanent Redirect")],
)
def test_the_status_of_a_redirect_may_be_set(code, status):
    sent = []
    redirect = RequestRedirect("/x")
    redirect.code = code
    redirect({}, lambda *answer: sent.append(answer))
    assert sent[0][0] == status


def test_the_port_of_a_server_name_is_no_part_of_its_last_label():
    label = "ü" + "a" * 50
    encoded = label.encode("idna").decode()
    adapter = Map([Rule("/", endpoint="home")]).bind(f"{label}:65000")
    assert adapter.build("home", force_external=True) == f"http://{encoded}:65000/"


def test_a_path_for_websockets_is_not_there_for_requests():
    urls = Map()
    urls.add(Rule("/echo", endpoint="echo", methods=["GET"], websocket=True))
    urls.add(Rule("/<name>/both", endpoint="socket", websocket=True))
    urls.add(Rule("/<name>/both", endpoint="post", methods=["POST"]))
    urls.add(Rule("/<path:rest>", endpoint="rest", methods=["PUT"]))
    adapter = urls.bind("h")
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        with pytest.raises(WrongMethod) as caught:
            adapter.match("/echo", method)
        assert caught.value.valid_methods == ["PUT"]
    assert adapter.match("/echo", "PUT")[0] == "rest"
    assert adapter.match("/a/both", "POST")[0] == "post"
    with pytest.raises(WrongMethod) as caught:
        adapter.match("/a/both")
    assert caught.value.valid_methods == ["POST", "PUT"]
    assert adapter.build("echo") == "/echo"


@pytest.mark.parametrize("rule", ["/echo", "/<name>"])
def test_where_only_websockets_lead_that_is_what_is_said(rule):
    adapter = Map([Rule(rule, endpoint="echo", websocket=True)]).bind("h")
    for method in ("GET", "(WEBSOCKET)"):
        with pytest.raises(WebsocketMismatch, match="'/echo' is for websockets only"):
            adapter.match("/echo", method)
    assert not adapter.test("/echo") and adapter.allowed_methods("/echo") == []

    class Own(Map):
        websocket_mismatch_class = Missing
        redirect_class = type("OwnRedirect", (RequestRedirect,), {})

    adapter = Own([Rule(rule, endpoint="e", websocket=True), Rule("/a/", endpoint="a")]).bind("h")
    with pytest.raises(Missing):
        adapter.match("/echo")
    with pytest.raises(Own.redirect_class) as caught:
        adapter.match("/a")
    assert caught.value.new_url == "http://h/a/"


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
