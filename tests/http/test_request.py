"""The request."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from microweb.environ import EnvironBuilder
from microweb.http import (
    BadHost,
    BadRequest,
    ClientDisconnected,
    Request,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from ..support import MALFORMED_HOSTS
from .support_http import make_environ, make_request, post_form


def test_the_constructor_stores_the_environ_only():
    environ = make_environ()
    assert Request(environ).__dict__ == {"environ": environ}


def test_second_read_is_free():
    request = make_request(QUERY_STRING="a=1")
    assert request.args is request.args
    assert "args" in request.__dict__


@pytest.mark.parametrize(
    "host",
    [*[host for host in MALFORMED_HOSTS if host], "ü.com", "a:٣"],
)
def test_rq_01_rq_02_malformed_host_is_400(host):
    request = make_request(HTTP_HOST=host, PATH_INFO="/x")
    for name in ("host", "url", "base_url", "host_url", "root_url"):
        with pytest.raises(BadHost) as caught:
            getattr(request, name)
        assert caught.value.code == 400
        if host:
            assert host not in caught.value.get_body({})
    assert request.path == "/x"
    assert repr(request)


@pytest.mark.parametrize(
    ("host", "scheme", "shown"),
    [
        ("Example.com", "http", "Example.com"),
        ("a.b:80", "http", "a.b"),
        ("a.b:443", "https", "a.b"),
        ("a.b:8080", "http", "a.b:8080"),
        ("[::1]:5000", "http", "[::1]:5000"),
        ("my_host.", "http", "my_host."),
    ],
)
def test_host(host, scheme, shown):
    assert make_request(HTTP_HOST=host, **{"wsgi.url_scheme": scheme}).host == shown


def test_host_without_the_header_is_the_servers():
    assert make_request(HTTP_HOST=None, SERVER_PORT="8000").host == "localhost:8000"
    assert make_request(HTTP_HOST=None, SERVER_NAME="::1").host == "[::1]"


@pytest.mark.parametrize(
    ("environ", "host"),
    [
        # What servers say of a request without Host (HTTP/1.0): nginx, lighttpd, BusyBox, cheroot,
        # Hypercorn, waitress, a socket's file.
        ({"HTTP_HOST": "", "SERVER_NAME": "", "SERVER_PORT": "80"}, "localhost"),
        ({"SERVER_NAME": "", "SERVER_ADDR": "192.0.2.7", "SERVER_PORT": "81"}, "192.0.2.7:81"),
        ({"SERVER_NAME": "", "SERVER_ADDR": "2001:db8::1", "SERVER_PORT": ""}, "[2001:db8::1]"),
        ({}, "localhost"),
        ({"SERVER_NAME": "Cheroot/11.1.2 server", "SERVER_PORT": "8080"}, "localhost:8080"),
        ({"HTTP_HOST": "", "SERVER_NAME": "a.example", "SERVER_PORT": 8000}, "a.example:8000"),
        ({"SERVER_NAME": "waitress.invalid", "SERVER_PORT": "8080"}, "localhost:8080"),
        ({"SERVER_NAME": "/run/app.sock", "SERVER_PORT": "None"}, "localhost"),
    ],
)
def test_without_host_the_best_name_of_the_server_stands_in(environ, host):
    request = Request({"REQUEST_METHOD": "GET", "PATH_INFO": "/x", **environ})
    assert request.host == host
    assert request.url == f"http://{host}/x"
    request = Request({"REQUEST_METHOD": "GET", **environ})
    request.trusted_hosts = ["other.example"]
    with pytest.raises(BadHost):
        request.host  # noqa: B018


@pytest.mark.parametrize(
    ("trusted", "host", "allowed"),
    [
        (["good.com"], "good.com", True),
        (["good.com"], "good.com:80", True),
        (["good.com"], "GOOD.com", True),
        (["good.com"], "good.com.evil.com", False),
        (["good.com"], "xgood.com", False),
        (["good.com"], "a.good.com", False),
        ([".good.com"], "a.good.com", True),
        ([".good.com"], "good.com", True),
        ([".good.com"], "xgood.com", False),
        (["[::1]"], "[::1]:5000", True),
        ([], "good.com", False),
    ],
)
def test_rq_03_rq_04_trusted_hosts(trusted, host, allowed):
    request = make_request(HTTP_HOST=host)
    request.trusted_hosts = trusted
    if allowed:
        assert request.host.lower().startswith(host.lower()[:5])
    else:
        with pytest.raises(BadHost):
            request.url  # noqa: B018


def test_rq_05_forwarded_headers_change_nothing():
    request = make_request(
        HTTP_X_FORWARDED_HOST="evil", HTTP_X_FORWARDED_PROTO="https", HTTP_X_FORWARDED_FOR="1.2.3.4"
    )
    assert (request.host, request.scheme, request.remote_addr) == ("localhost", "http", "127.0.0.1")
    assert request.access_route == ["1.2.3.4"]
    assert make_request().access_route == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/a/../b", "/a/../b"),
        ("//a", "//a"),
        ("", "/"),
        ("a", "/a"),
        ("/\xc3\xa9", "/é"),
        ("/\xff", "/�"),
    ],
)
def test_rq_22_path_is_what_was_sent(raw, path):
    assert make_request(PATH_INFO=raw).path == path


def test_url_parts():
    request = make_request(
        SCRIPT_NAME="/app",
        PATH_INFO="/\xc3\xa9 x",
        QUERY_STRING="a=%20b&c=\xc3\xa9",
        HTTP_HOST="e.com:8000",
    )
    assert request.url == "http://e.com:8000/app/é%20x?a=%20b&c=é"
    assert request.base_url == "http://e.com:8000/app/é%20x"
    assert request.root_url == request.url_root == "http://e.com:8000/app/"
    assert request.host_url == "http://e.com:8000/"
    assert request.full_path == "/é x?a=%20b&c=é"
    assert request.root_path == request.script_root == "/app"
    assert request.query_string == b"a=%20b&c=\xc3\xa9"
    assert request.server == ("localhost", 80)
    assert not request.is_secure


def test_rq_16_raw_bytes_in_the_query():
    request = make_request(QUERY_STRING="a=\xff&b=%ff&c=\xc3\xa9")
    assert request.args.to_dict() == {"a": "�", "b": "�", "c": "é"}
    assert request.url


def test_client_headers():
    request = make_request(
        HTTP_USER_AGENT="curl/8",
        HTTP_REFERER="http://r/",
        HTTP_ORIGIN="http://o",
        REMOTE_USER="ada",
    )
    assert (str(request.user_agent), request.user_agent.string, request.referrer) == (
        "curl/8",
        "curl/8",
        "http://r/",
    )
    assert (request.origin, request.remote_user, request.headers["user-agent"]) == (
        "http://o",
        "ada",
        "curl/8",
    )
    assert not make_request().user_agent


def test_routing_fields():
    request = make_request()
    assert (request.endpoint, request.blueprint, request.blueprints) == (None, None, [])
    request.url_rule = SimpleNamespace(endpoint="a.b.view")
    assert (request.endpoint, request.blueprint, request.blueprints) == (
        "a.b.view",
        "a.b",
        ["a.b", "a"],
    )
    request.url_rule = SimpleNamespace(endpoint="view")
    assert (request.blueprint, request.blueprints) == (None, [])


@pytest.mark.parametrize(
    "length", ["-5", "abc", "+3", "0x3", "3_0", "٣", "3,3", "", None, "\x0b3", "3\xa0"]
)
def test_rq_07_odd_content_length_is_no_body(length):
    assert make_request("POST", b"abc", CONTENT_LENGTH=length).get_data() == b""


def test_rq_07_twenty_digits():
    with pytest.raises(BadRequest):
        make_request("POST", b"abc", CONTENT_LENGTH="9" * 20).get_data()
    assert make_request("POST", b"abc", CONTENT_LENGTH="9" * 21).get_data() == b""


READERS = {
    "get_data": lambda r: r.get_data(),
    "data": lambda r: r.data,
    "form": lambda r: r.form,
    "files": lambda r: r.files,
    "values": lambda r: r.values,
    "get_json": lambda r: r.get_json(force=True),
    "stream": lambda r: r.stream.read(),
    "stepwise": lambda r: [r.stream.read(3) for _ in range(30)],
    "readline": lambda r: [r.stream.readline() for _ in range(30)],
    "lines": lambda r: list(r.stream),
    "readinto": lambda r: [r.stream.readinto(bytearray(7)) for _ in range(30)],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=B"]
)
def test_rq_08_a_short_body_is_400_again_and_again(reader, content_type):
    request = post_form(b"a=1", CONTENT_LENGTH="10", CONTENT_TYPE=content_type)
    for _ in range(2):
        with pytest.raises(ClientDisconnected):
            READERS[reader](request)


def test_rq_09_more_than_announced_is_not_read():
    assert make_request("POST", b"abcdef", CONTENT_LENGTH="2").get_data() == b"ab"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("announced", [None, "2", "60", "100"])
@pytest.mark.parametrize("chunked", ["chunked", None])
def test_rq_10_rq_11_too_long_a_body_is_413_from_every_reader(reader, announced, chunked):
    environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": chunked}
    request = post_form(b"a=" + b"x\n" * 29, CONTENT_LENGTH=announced, **environ)
    request.max_content_length = 50
    for _ in range(2):
        with pytest.raises(RequestEntityTooLarge):
            READERS[reader](request)


def test_rq_10_a_body_that_just_fits():
    request = make_request(
        "POST", b"x" * 50, CONTENT_LENGTH=None, **{"wsgi.input_terminated": True}
    )
    request.max_content_length = 50
    assert len(request.get_data()) == 50


def test_rq_11_nothing_is_read_when_the_announced_length_is_too_large():
    request = make_request("POST", b"x" * 100)
    request.max_content_length = 50
    with pytest.raises(RequestEntityTooLarge):
        request.get_data()
    assert request.environ["wsgi.input"].tell() == 0
    assert request.path == "/"


def test_without_length_or_terminator_there_is_no_body():
    assert make_request("POST", b"abc", CONTENT_LENGTH=None).get_data() == b""
    assert make_request("POST", None, **{"wsgi.input": None}).get_data() == b""


def test_pe_03_input_is_read_with_a_size_and_never_closed():
    class Input:
        def __init__(self, data):
            self.source = io.BytesIO(data)

        def read(self, size):
            assert size >= 0
            return self.source.read(size)

        def close(self):
            raise AssertionError("closed")

    request = post_form(None, CONTENT_LENGTH="3", **{"wsgi.input": Input(b"a=1")})
    assert request.form["a"] == "1"
    request = make_request("POST", None, CONTENT_LENGTH="3", **{"wsgi.input": Input(b"a=1")})
    with request.stream as stream:
        assert stream.read() == b"a=1"


def test_a_source_that_gives_little_at_a_time():
    class Slow(io.BytesIO):
        def read(self, size):
            return super().read(min(size, 2))

    request = make_request("POST", None, CONTENT_LENGTH="7", **{"wsgi.input": Slow(b"abcdefghi")})
    assert request.stream.read(5) == b"abcde"
    assert request.stream.read() == b"fg"


@pytest.mark.parametrize("name", ["data", "stream"])
def test_a_body_that_ends_early_says_how_much_of_it_came(name):
    request = make_request("POST", b"abc", CONTENT_LENGTH="7")
    with pytest.raises(ClientDisconnected, match="ended after 3 of 7 bytes"):
        request.data if name == "data" else request.stream.read()


def test_a_source_that_fails_is_a_disconnect():
    class Broken(io.BytesIO):
        def read(self, size):
            raise ConnectionResetError

    with pytest.raises(ClientDisconnected):
        make_request("POST", None, CONTENT_LENGTH="7", **{"wsgi.input": Broken()}).get_data()


@pytest.mark.parametrize(
    ("content_type", "ok"),
    [
        ("text/plain;application/json", False),
        ("application/jsonx", False),
        ("", False),
        (None, False),
        ("application/json;charset=x", True),
        ("application/vnd.x+json", True),
        ("APPLICATION/JSON", True),
    ],
)
def test_rq_13_json_media_types(content_type, ok):
    request = make_request("POST", b'{"a": 1}', CONTENT_TYPE=content_type)
    assert request.is_json == ok
    if ok:
        assert request.json == {"a": 1}
    else:
        with pytest.raises(UnsupportedMediaType):
            request.json  # noqa: B018
        assert request.get_json(silent=True) is None
        assert request.get_json(force=True) == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xff",
        b"NaN",
        b"[Infinity]",
        b"{} x",
        b"",
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
        b'"\0"',
    ],
    ids=["deep list", "deep dict", "utf-8", "nan", "infinity", "trailing", "empty", "utf-16"]
    + ["utf-32", "NUL"],
)
def test_rq_12_rq_14_bad_json_is_400(body):
    request = make_request("POST", body, CONTENT_TYPE="application/json")
    with pytest.raises(BadRequest) as caught:
        request.get_json()
    assert caught.value.description == BadRequest.description
    assert request.get_json(silent=True) is None


def test_json_errors_say_more_in_debug():
    request = make_request("POST", b"{", CONTENT_TYPE="application/json")
    request.debug = True
    with pytest.raises(BadRequest, match="not valid JSON"):
        request.get_json()
    assert (
        make_request("POST", b'\xef\xbb\xbf"a\\u0000"', CONTENT_TYPE="application/json").json
        == "a\0"
    )


def test_json_is_parsed_once_and_by_whom_one_says():
    calls = []
    request = make_request("POST", b"[1]", CONTENT_TYPE="application/json")
    request.json_module = SimpleNamespace(loads=lambda text: calls.append(text) or {"n": 1})
    assert request.get_json() is request.json
    assert calls == ["[1]"]


AUTHORIZATIONS = [
    "Basic \xff",
    "Basic !!!!",
    "Basic",
    "Basic /w==",
    "Basic YTpi YTpi",
    "Basic " + "A" * 100_000,
]
AUTHORIZATIONS += [
    'Digest a="',
    "\0",
    "Basic a\0b",
    "",
    "Basic YQ==",
    "=",
    "Basic YTpi=",
    'Basic x="y"',
]


@pytest.mark.parametrize("header", AUTHORIZATIONS)
def test_rq_15_authorization_never_raises(header):
    auth = make_request(HTTP_AUTHORIZATION=header).authorization
    assert auth is None or auth.username is None


def test_authorization_basic_and_bearer():
    auth = make_request(HTTP_AUTHORIZATION="Basic YWRhOnB3OsOp").authorization
    assert (auth.type, auth.username, auth.password) == ("basic", "ada", "pw:é")
    assert make_request(HTTP_AUTHORIZATION="bearer abc==").authorization.token == "abc=="
    assert make_request().authorization is None


def test_rq_21_reading_twice_is_defined():
    request = post_form(b"a=1")
    assert request.form["a"] == "1"
    assert (request.get_data(), request.data, request.form["a"]) == (b"", b"", "1")
    request = post_form(b"a=1")
    assert request.get_data() == b"a=1"
    assert (request.form["a"], request.get_data()) == ("1", b"a=1")
    request = post_form(b"a=1")
    assert request.stream.read() == b"a=1"
    assert request.form.to_dict() == {}
    assert make_request().form.to_dict() == {}


def test_data_of_what_is_no_form():
    request = make_request("POST", "é".encode(), CONTENT_TYPE="text/plain; charset=latin-1")
    assert request.data == "é".encode()
    assert request.get_data(as_text=True) == "é"
    assert (request.mimetype, request.mimetype_params) == ("text/plain", {"charset": "latin-1"})


def test_values_join_query_and_form():
    request = post_form(b"a=2&b=3", QUERY_STRING="a=1")
    assert (request.values["a"], request.values.getlist("a"), request.values["b"]) == (
        "1",
        ["1", "2"],
        "3",
    )
    assert make_request(QUERY_STRING="a=1").values.to_dict() == {"a": "1"}


def test_negotiation_and_conditions():
    request = make_request(
        HTTP_ACCEPT="text/html;q=0.5, application/json",
        HTTP_ACCEPT_LANGUAGE="de-AT, en;q=0.5",
        HTTP_ACCEPT_ENCODING="gzip",
        HTTP_IF_NONE_MATCH='"a"',
        HTTP_IF_MODIFIED_SINCE="Sun, 06 Nov 1994 08:49:37 GMT",
        HTTP_RANGE="bytes=0-4",
        HTTP_CACHE_CONTROL="max-age=0",
    )
    assert (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )
    assert request.accept_languages.best_match(["en", "de"]) == "en"
    assert "gzip" in request.accept_encodings
    assert request.if_none_match.contains("a")
    assert request.if_modified_since.year == 1994
    assert request.range.ranges == [(0, 5)]
    assert request.cache_control.max_age == 0


def test_a_request_from_values():
    with pytest.raises(RuntimeError, match="EnvironBuilder"):
        type("Mine", (Request,), {"environ_builder": None}).from_values("/")

    class Built(Request):
        environ_builder = EnvironBuilder

    request = Built.from_values("/a?b=c", method="POST", data={"d": "e"})
    assert type(request) is Built
    assert (request.path, request.args["b"], request.form["d"]) == ("/a", "c", "e")


@pytest.mark.parametrize("source", [None, io.BytesIO()])
def test_a_body_that_is_announced_but_not_there(source):
    request = Request({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "5", "wsgi.input": source})
    if source is None:
        assert request.get_data() == b""
    else:
        with pytest.raises(ClientDisconnected):
            request.get_data()


def test_the_input_as_the_server_gives_it():
    environ = make_request("POST", b"abc").environ
    assert Request(environ).input_stream is environ["wsgi.input"]


def test_c4_fields_that_a_server_joined_are_read_or_left_alone():
    request = make_request(
        HTTP_USER_AGENT="a, b",
        HTTP_REFERER="http://a/, http://b/",
        HTTP_EXPECT="",
        HTTP_ACCEPT="text/html, text/html",
        HTTP_IF_NONE_MATCH='"a", "b"',
        HTTP_IF_MODIFIED_SINCE="Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        HTTP_RANGE="bytes=0-1, bytes=2-3",
        HTTP_AUTHORIZATION="Basic YTpi, Basic YTpi",
        HTTP_CACHE_CONTROL="no-cache, no-cache",
    )
    assert request.user_agent.string == request.headers["User-Agent"] == "a, b"
    assert request.referrer == "http://a/, http://b/"
    assert request.accept_mimetypes.best == "text/html"
    assert request.if_none_match.as_set() == {"a", "b"}
    assert request.cache_control.no_cache is True
    # One of two that differ may be forged.
    assert (request.range, request.authorization, request.if_modified_since) == (None, None, None)
