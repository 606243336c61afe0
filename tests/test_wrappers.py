"""What the app tells its requests and responses: limits, and headers that were left out."""

from __future__ import annotations

import logging

import pytest

from microweb import Microweb, Request, Response, request
from microweb.testing import EnvironBuilder

HOP_BY_HOP = [
    ("Connection", "keep-alive"),
    ("keep-alive", "timeout=5"),
    ("Status", "200 OK"),
    ("Transfer-Encoding", "chunked"),
    ("Upgrade", "websocket"),
    ("Proxy-Authenticate", "Basic"),
    ("TE", "trailers"),
]


def make_answers(headers):
    """An app that sends *headers* with each kind of answer."""
    app = Microweb("wrapped")

    @app.get("/piece")
    def piece():
        return "x", headers

    @app.get("/stream")
    def stream():
        return Response((f"data: {i}\n\n" for i in range(3)), headers=headers)

    @app.get("/empty")
    def empty():
        return "", 204, headers

    @app.errorhandler(404)
    def missing(error):
        return "none", 404, headers

    return app


@pytest.mark.parametrize("header", HOP_BY_HOP)
@pytest.mark.parametrize("path", ["/piece", "/stream", "/empty", "/none"])
def test_c16_headers_of_the_connection_are_left_out(header, path, caplog):
    app = make_answers([header, ("X-Kept", "1")])
    app.name = f"{path}{header[0]}"
    client = app.test_client()
    for _ in range(2):
        answer = client.get(path)
        assert header[0] not in answer.headers
        assert answer.headers["X-Kept"] == "1"
        assert answer.status_code < 500
    [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert header[0].lower() in warning.getMessage().lower()
    assert repr("None" if path == "/none" else path[1:]).strip("'") in warning.getMessage()


def test_c16_what_a_view_set_can_still_be_read():
    app = make_answers([("Connection", "close")])
    seen = []
    app.after_request(lambda response: seen.append(response.headers["Connection"]) or response)
    app.test_client().get("/piece")
    assert seen == ["close"]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("MAX_CONTENT_LENGTH", 10, 413),
        ("MAX_FORM_MEMORY_SIZE", 10, 413),
        ("MAX_FORM_PARTS", 1, 413),
        ("TRUSTED_HOSTS", ["localhost"], 200),
    ],
)
@pytest.mark.parametrize("made_of", [lambda environ: environ, dict])
def test_e3_a_request_that_a_view_makes_has_the_limits_of_the_app(key, value, code, made_of):
    app = Microweb("x")
    app.config[key] = value
    seen = {}

    @app.post("/")
    def view():
        made = Request(made_of(request.environ))
        seen.update({name: getattr(made, name) == getattr(request, name) for name in NAMES})
        return str(made.form["a"])

    assert app.test_client().post("/", data={"a": "x" * 50, "b": "y"}).status_code == code
    assert all(seen.values())


NAMES = ("max_content_length", "max_form_memory_size", "max_form_parts", "trusted_hosts")


def test_e3_other_requests_have_their_own():
    app, other = Microweb("x"), Microweb("other")
    app.config["MAX_CONTENT_LENGTH"] = 10

    @app.post("/")
    def view():
        with other.test_request_context("/", method="POST", data="y" * 100):
            assert request.max_content_length is None
            assert len(request.get_data()) == 100
        made = Request.from_values("/", method="POST", data="z" * 100)
        return str(len(made.get_data()))

    assert app.test_client().post("/", data="x").text == "100"
    assert Request({}).max_content_length is None


def test_werkzeugs_arguments_of_a_request_are_taken():
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/x"}
    assert Request(environ, populate_request=False, shallow=True).path == "/x"
    assert set(environ) == {"REQUEST_METHOD", "PATH_INFO"}


def test_c10_a_location_is_made_absolute_where_a_response_class_says_so():
    app = Microweb("x")

    class Absolute(Response):
        autocorrect_location_header = True

    app.response_class = Absolute
    app.get("/a")(lambda: ("", 302, {"Location": "/b"}))
    assert app.test_client().get("/a").headers["Location"] == "http://localhost/b"


def test_c1_an_old_device_sends_no_host():
    app = Microweb("x")
    app.get("/")(lambda: request.url)
    answer = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": "", "SERVER_NAME": ""}
    body = app(environ, lambda status, headers: answer.append(status))
    assert (answer, b"".join(body)) == (["200 OK"], b"http://localhost/")


ODD_TEXT = ["é", "日", "\udcc3\udca9", "\ud800", "a=é; b=日; c=\udcc3", "/é日\udcc3"]
KEYS = """
    PATH_INFO SCRIPT_NAME QUERY_STRING HTTP_COOKIE HTTP_HOST CONTENT_TYPE CONTENT_LENGTH
    HTTP_AUTHORIZATION HTTP_ACCEPT HTTP_ACCEPT_LANGUAGE HTTP_RANGE HTTP_IF_RANGE HTTP_IF_MATCH
    HTTP_IF_NONE_MATCH HTTP_IF_MODIFIED_SINCE HTTP_USER_AGENT HTTP_X_FORWARDED_FOR SERVER_NAME
    HTTP_TRANSFER_ENCODING HTTP_ORIGIN HTTP_CACHE_CONTROL SERVER_PORT
"""


@pytest.mark.parametrize("key", KEYS.split())
@pytest.mark.parametrize("text", ODD_TEXT, ids=ascii)
def test_c20_text_that_is_not_latin_1_is_no_500(key, text):
    app = Microweb("x")
    app.secret_key = "k"

    @app.post("/<path:p>")
    def view(p):
        for name in dir(Request):
            if isinstance(getattr(Request, name, None), (property, type(Request.path))):
                getattr(request, name)
        return request.url + request.path + "".join(request.cookies.values()) + repr(request)

    environ = EnvironBuilder("/a", method="POST", data={"a": "1"}).get_environ()
    environ[key] = text
    answer = []
    body = b"".join(app(environ, lambda status, *rest: answer.append(status)))
    assert answer[0][0] in "234"
    body.decode("utf-8")


@pytest.mark.parametrize(
    "header",
    ["a=caf\xc3\xa9", "a=caf\udcc3\udca9", "b=日; a=café"],  # PEP 3333, aiohttp-wsgi, rocket3
)
def test_c20_cookies_are_read_however_the_server_decodes(header):
    assert Request({"HTTP_COOKIE": header}).cookies["a"] == "café"
