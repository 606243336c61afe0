"""Building URLs, quoting, and the adapter."""

from __future__ import annotations

import pytest

from microweb.routing import BuildError, Map, NoMatch, RequestRedirect, Rule, WrongMethod
from microweb.text.quoting import local_path, quote_path, quote_query, quote_segment

URLS = Map(
    [
        Rule("/", endpoint="home", methods=["GET"]),
        Rule("/u/<name>/", endpoint="user", methods=["GET"]),
        Rule("/p/<path:p>", endpoint="file"),
        Rule("/<path:p>", endpoint="top"),
        Rule("/a b/<int:n>-<x>.txt", endpoint="mixed"),
        Rule("/all/", endpoint="all", defaults={"page": 1}),
        Rule("/all/<int:page>", endpoint="all"),
        Rule("/save", endpoint="thing", methods=["POST"]),
        Rule("/show", endpoint="thing", methods=["GET"]),
    ]
)


@pytest.mark.parametrize(
    ("endpoint", "values", "url"),
    [
        ("home", {}, "/"),
        ("user", {"name": "a b"}, "/u/a%20b/"),
        ("user", {"name": ".."}, "/u/../"),
        ("file", {"p": "a/b"}, "/p/a/b"),
        ("mixed", {"n": 3, "x": "y"}, "/a%20b/3-y.txt"),
        ("all", {}, "/all/"),
        ("all", {"page": 1}, "/all/"),
        ("all", {"page": 2}, "/all/2"),
        ("home", {"q": "a b&c", "n": [1, None, 2], "x": None}, "/?q=a+b%26c&n=1&n=2"),
        ("home", {"x": None, "y": []}, "/"),
        ("user", {"name": "x", "é": "ü"}, "/u/x/?%C3%A9=%C3%BC"),
    ],
)
def test_build(endpoint, values, url):
    assert URLS.build(endpoint, values) == url


def test_build_by_method():
    assert URLS.build("thing", {}, "POST") == "/save"
    assert URLS.build("thing", {}, "GET") == "/show"
    assert URLS.build("user", {"name": "x", "q": 1}, append_unknown=False) == "/u/x/"


@pytest.mark.parametrize("value", ["/evil.com", "\\evil.com", "/\t/evil.com", "//evil.com", "///"])
@pytest.mark.parametrize("endpoint", ["top", "file"])
def test_rt_14_a_built_url_never_names_a_host(endpoint, value):
    for url in (
        URLS.build(endpoint, {"p": value}),
        URLS.bind("example.org").build(endpoint, {"p": value}),
    ):
        assert url[0] == "/" and url[1:2] not in ("/", "\\") and url.isprintable()


@pytest.mark.parametrize(
    ("endpoint", "values", "method", "message"),
    [
        ("user", {}, None, "the endpoint 'user'. The rule '/u/<name>/' needs a value for 'name'."),
        ("user", {"name": None}, None, "needs a value for 'name'"),
        ("usr", {}, None, "There is no such endpoint. Did you mean 'user'?"),
        ("zzzzzz", {}, None, "'zzzzzz'. There is no such endpoint."),
        ("user", {"name": "x"}, "PUT", "takes the methods GET, HEAD."),
        ("mixed", {"n": "z", "x": "y"}, None, "cannot take n='z'"),
    ],
)
def test_build_error_says_what_is_wrong(endpoint, values, method, message):
    with pytest.raises(BuildError) as caught:
        URLS.build(endpoint, values, method)
    assert message in str(caught.value)
    assert (caught.value.endpoint, caught.value.values) == (endpoint, values)
    assert isinstance(caught.value, LookupError)


def test_build_error_suggests_a_rule():
    with pytest.raises(BuildError) as caught:
        URLS.build("usr", {})
    assert caught.value.suggested.endpoint == "user"


def test_query_is_sorted_if_asked():
    urls = Map([Rule("/", endpoint="e")], sort_parameters=True)
    assert urls.build("e", {"b": 1, "a": 2}) == "/?a=2&b=1"
    urls.sort_key = lambda pair: -pair[1]
    assert urls.build("e", {"b": 1, "a": 2}) == "/?a=2&b=1"


@pytest.mark.parametrize("text", ["a", "a b", "ü", "%", "a/b", "?#[]", "\ud800", "\r\n\0"])
def test_quoting_is_ascii_and_reversible(text):
    from urllib.parse import unquote, unquote_plus

    for quoted in (quote_segment(text), quote_path(text)):
        assert quoted.isascii() and quoted.isprintable() and " " not in quoted
        assert unquote(quoted, errors="surrogatepass") == text
    query = quote_query([(text, text)])
    assert query.isascii() and query.isprintable()
    assert [unquote_plus(part, errors="surrogatepass") for part in query.split("=")] == [text, text]


@pytest.mark.parametrize(
    ("path", "expected"), [("//x", "/x"), ("/x", "/x"), ("", "/"), ("x", "/x"), ("///", "/")]
)
def test_local_path_has_one_slash_in_front(path, expected):
    assert local_path(path) == expected


def test_adapter_matches_the_request_and_returns_endpoint_or_rule():
    adapter = URLS.bind("example.org", path_info="/u/x/")
    assert adapter.match() == ("user", {"name": "x"})
    assert adapter.match("u/x/") == ("user", {"name": "x"})
    assert adapter.match("/u/y/", "get", return_rule=True)[0].rule == "/u/<name>/"
    with pytest.raises(WrongMethod):
        Map([Rule("/a", endpoint="a", methods=["GET"])]).bind("h").match("/a", "PUT")


@pytest.mark.parametrize("query", ["a=b+c", {"a": "b c"}])
def test_adapter_redirects_to_a_whole_url_that_keeps_the_query(query):
    adapter = URLS.bind("example.org", "/app", url_scheme="https")
    with pytest.raises(RequestRedirect) as caught:
        adapter.match("/u/ü", query_args=query)
    assert caught.value.new_url == "https://example.org/app/u/%C3%BC/?a=b+c"


def test_adapter_tests_and_lists_methods():
    urls = Map([Rule("/a", endpoint="a", methods=["GET", "PUT"]), Rule("/b/", endpoint="b")])
    adapter = urls.bind("example.org")
    assert [adapter.test("/a"), adapter.test("/b"), adapter.test("/c")] == [True, True, False]
    assert adapter.test("/a", "POST") is False
    assert adapter.allowed_methods("/a") == ["GET", "HEAD", "PUT"]
    assert adapter.allowed_methods("/b/") == []
    with pytest.raises(NoMatch):
        adapter.match("/c")


def test_adapter_builds_below_the_script_name():
    adapter = URLS.bind("example.org", "/my app/", subdomain="www", url_scheme="https")
    assert adapter.build("user", {"name": "x"}) == "/my%20app/u/x/"
    assert adapter.build("home", force_external=True) == "https://www.example.org/my%20app/"
    assert adapter.build("home", url_scheme="ftp") == "/my%20app/"
    assert adapter.build("home", None, None, True, url_scheme="") == "//www.example.org/my%20app/"
    assert adapter.build("thing") == "/my%20app/show"
    assert adapter.build("thing", method="POST") == "/my%20app/save"


def test_adapter_takes_the_values_of_a_multi_dict():
    class Lists(dict):
        def lists(self):
            return self.items()

    assert URLS.bind("h").build("user", Lists(name=["x"], q=["1", "2"])) == "/u/x/?q=1&q=2"


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"HTTP_HOST": "a.example"}, "http://a.example/u/%C3%BC/?q=1"),
        ({"HTTP_HOST": "a.example:80"}, "http://a.example/u/%C3%BC/?q=1"),
        ({"HTTP_HOST": "a.example:8080"}, "http://a.example:8080/u/%C3%BC/?q=1"),
        ({"HTTP_HOST": "evil.com/@x"}, "http://srv/u/%C3%BC/?q=1"),
        ({"wsgi.url_scheme": "https", "SERVER_PORT": "443"}, "https://srv/u/%C3%BC/?q=1"),
        ({"SCRIPT_NAME": "/app"}, "http://srv/app/u/%C3%BC/?q=1"),
    ],
)
def test_bind_to_environ(environ, url):
    base = {"SERVER_NAME": "srv", "SERVER_PORT": "80", "PATH_INFO": "/u/\xc3\xbc"}
    adapter = URLS.bind_to_environ({**base, "QUERY_STRING": "q=1", **environ})
    with pytest.raises(RequestRedirect) as caught:
        adapter.match()
    assert caught.value.new_url == url


def test_bind_to_environ_replaces_what_is_not_utf_8():
    environ = {"SERVER_NAME": "srv", "SERVER_PORT": "80", "PATH_INFO": "/p/\xff"}
    assert URLS.bind_to_environ(environ).match() == ("file", {"p": "\ufffd"})
