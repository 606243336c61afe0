"""The test client: environs, cookies, redirects, contexts."""

from __future__ import annotations

import gc
import io
import os
import tempfile
from urllib.parse import quote, unquote

import pytest

from microweb import Response, g, has_request_context, redirect, request, session
from microweb.environ import EnvironBuilder
from microweb.http import Authorization, FileStorage, Request
from microweb.testing import (
    Client,
    ClientCookie,
    ClientRedirectError,
    TestResponse,
    run_wsgi_app,
)

from .serving.wire import ask, serving
from .support import checked_client, make_app


def echo_app():
    app = make_app()

    @app.route("/", methods=["GET", "POST", "PUT"])
    @app.route("/<path:where>", methods=["GET", "POST", "PUT"])
    def echo(where=""):
        return {
            "method": request.method,
            "path": request.path,
            "args": request.args.to_dict(),
            "form": {key: request.form.getlist(key) for key in request.form},
            "files": {
                key: [f.filename, f.mimetype, f.read().decode()] for key, f in request.files.items()
            },
            "data": request.get_data(as_text=True) if not request.form else "",
            "host": request.host,
            "root": request.script_root,
            "agent": str(request.user_agent),
            "auth": request.authorization and request.authorization.username,
            "x": request.headers.get("X-Y"),
        }

    return app


@pytest.mark.parametrize(
    ("path", "options", "expected"),
    [
        ("/a?b=c%20d", {}, {"path": "/a", "args": {"b": "c d"}}),
        ("/", {"query_string": {"a": "ä&", "n": 1}}, {"args": {"a": "ä&", "n": "1"}}),
        ("/", {"query_string": "a=ä"}, {"args": {"a": "ä"}}),
        ("/", {"query_string": {"a": ("1", "2"), "b": None}}, {"data": "", "args": {"a": "1"}}),
        ("/a://b", {"base_url": "http://e.com/"}, {"host": "e.com", "path": "/a://b"}),
        ("/ü/%25", {}, {"path": "/ü/%"}),
        ("x?y=1", {}, {"path": "/x", "args": {"y": "1"}}),
        ("/a?u=http://e.com", {}, {"path": "/a", "args": {"u": "http://e.com"}}),
        ("http://example.com/x", {}, {"host": "example.com", "path": "/x"}),
        ("/x", {"base_url": "https://e.com:8443/app/"}, {"host": "e.com:8443", "root": "/app"}),
        ("/", {"headers": {"X-Y": "z"}}, {"x": "z"}),
        ("/", {"headers": [("X-Y", "1"), ("X-Y", "2")]}, {"x": "1, 2"}),
        ("/", {"auth": ("ada", "pw:ü")}, {"auth": "ada"}),
        ("/", {"environ_overrides": {"HTTP_USER_AGENT": "me"}}, {"agent": "me"}),
        ("/", {"method": "PUT", "data": "täxt"}, {"data": "täxt", "method": "PUT"}),
        ("/", {"method": "POST", "data": b"raw"}, {"data": "raw"}),
        ("/", {"method": "POST", "data": {"a": ["1", 2], "b": None}}, {"form": {"a": ["1", "2"]}}),
        ("/", {"method": "POST", "json": {"a": None}}, {"data": '{"a": null}'}),
    ],
)
def test_what_a_test_says_reaches_the_app(path, options, expected):
    answer = checked_client(echo_app()).open(path, **options).json
    assert {key: answer[key] for key in expected} == expected


def test_uploads():
    data = {
        "one": (io.BytesIO(b"1"), "one ü.txt", "text/x-one"),
        "two": (io.BytesIO(b"2"), 'tw"o.txt'),
        "field": "value",
    }
    answer = checked_client(echo_app()).post("/", data=data).json
    assert answer["form"] == {"field": ["value"]}
    assert answer["files"]["one"] == ["one ü.txt", "text/x-one", "1"]
    assert answer["files"]["two"][1:] == ["text/plain", "2"]


def test_a_file_without_a_name_is_sent_as_a_field(tmp_path):
    (tmp_path / "n.txt").write_text("3")
    with open(tmp_path / "n.txt", "rb") as named, tempfile.TemporaryFile() as nameless:
        nameless.write(b"2")
        nameless.seek(0)
        data = {
            "a": io.BytesIO(b"1"),
            "b": nameless,
            "c": named,
            "d": (io.BytesIO(b"4"), None, "text/x"),
            "e": (io.BytesIO(b"5"), ""),
        }
        answer = checked_client(echo_app()).post("/", data=data).json
    assert answer["form"] == {"a": ["1"], "b": ["2"], "d": ["4"]}
    assert answer["files"] == {
        "c": ["n.txt", "text/plain", "3"],
        "e": ["", "application/octet-stream", "5"],
    }


@pytest.mark.parametrize("value", [("1", "2"), (), (io.BytesIO(b""), "a", "b/c", "d")])
def test_a_tuple_that_is_no_upload_says_what_to_pass(value):
    with pytest.raises(TypeError, match=r"the value of 'a' is \(.*\(file, filename\).*pass a list"):
        echo_app().test_client().post("/", data={"a": value})


def test_two_query_strings_are_refused():
    with pytest.raises(ValueError, match="one of the two places"):
        echo_app().test_client().get("/e?a=1", query_string={"b": 2})
    assert echo_app().test_client().get("/e?", query_string={"b": 2}).json["args"] == {"b": "2"}


def test_arguments_of_a_client_are_keys_of_the_environ():
    client = echo_app().test_client(HTTP_X_Y="z", **{"wsgi.run_once": True})
    response = client.get("/")
    assert response.json["x"] == "z"
    assert response.request.environ["wsgi.run_once"] is True
    with pytest.raises(TypeError, match="no argument 'allow_redirects'"):
        echo_app().test_client(allow_redirects=True)


@pytest.mark.parametrize("base", [Response, TestResponse])
def test_a_client_answers_with_the_response_class_asked_for(base):
    class Shouting(base):
        def shout(self):
            return self.text.upper()

    app = make_app()
    app.get("/")(lambda: "quiet")
    response = app.test_client(response_wrapper=Shouting).get("/")
    assert isinstance(response, TestResponse)
    assert (response.shout(), response.request.path, response.history) == ("QUIET", "/", ())


def test_two_slashes_are_a_path_and_no_host():
    environ = EnvironBuilder("//evil.com/x").get_environ()
    assert (environ["PATH_INFO"], environ["HTTP_HOST"]) == ("//evil.com/x", "localhost")


def test_tc_05_names_cannot_break_out_of_a_multipart_body():
    data = {'a"; filename="evil': "x", "b\r\nX: y": "z", "f": (io.BytesIO(b""), 'n"\r\nA: b')}
    answer = checked_client(echo_app()).post("/", data=data).json
    assert len(answer["form"]) == 2
    assert list(answer["files"]) == ["f"]


def test_tc_06_a_header_cannot_be_injected():
    with pytest.raises(ValueError, match=r".*"):
        echo_app().test_client().get("/", headers={"X": "a\r\nb"})


def redirect_app():
    app = make_app()

    @app.route("/<int:code>", methods=["GET", "POST", "HEAD"])
    def start(code):
        return redirect("/end?x=1", code)

    @app.route("/end", methods=["GET", "POST", "HEAD"])
    def end():
        return f"{request.method} {request.get_data(as_text=True)} {request.args['x']}"

    app.get("/loop")(lambda: redirect("/loop"))
    app.get("/away", endpoint="away")(lambda: redirect("http://evil.com/"))
    return app


@pytest.mark.parametrize(
    ("code", "text"),
    [(301, "GET  1"), (302, "GET  1"), (303, "GET  1"), (307, "POST b 1"), (308, "POST b 1")],
)
def test_tc_03_what_a_redirect_repeats(code, text):
    response = checked_client(redirect_app()).post(f"/{code}", data="b", follow_redirects=True)
    assert response.text == text
    assert [step.status_code for step in response.history] == [code]
    assert response.request.path == "/end"


def test_tc_01_tc_02_a_loop_and_another_host_are_refused():
    client = redirect_app().test_client()
    with pytest.raises(RuntimeError, match=r"more than 20 redirects.*/loop"):
        client.get("/loop", follow_redirects=True)
    with pytest.raises(RuntimeError, match="another host"):
        client.get("/away", follow_redirects=True)


def cookie_app():
    app = make_app()

    @app.get("/set")
    def set_cookie():
        response = Response("set")
        response.set_cookie("plain", "a b;ü")
        response.set_cookie("only", "1", path="/only")
        response.set_cookie("foreign", "1", domain="other.com")
        response.set_cookie("secure", "1", secure=True)
        response.set_cookie("gone", "1", max_age=0)
        return response

    @app.get("/only")
    @app.get("/", endpoint="root")
    def read():
        return request.cookies.to_dict()

    return app


def test_tc_04_cookies_go_where_they_belong():
    client = checked_client(cookie_app())
    client.get("/set", base_url="http://app.com")
    assert client.get("/", base_url="http://app.com").json == {"plain": "a b;ü"}
    assert client.get("/only", base_url="http://app.com").json == {"plain": "a b;ü", "only": "1"}
    assert client.get("/", base_url="https://app.com").json == {"plain": "a b;ü", "secure": "1"}
    assert client.get("/", base_url="http://else.com").json == {}


def test_tc_04_two_cookies_of_one_name_are_told_apart_by_their_paths():
    app = make_app()

    @app.get("/set")
    def set_both():
        response = Response("set")
        response.set_cookie("name", "root")
        response.set_cookie("name", "deep", path="/only")
        return response

    for path in ("/", "/only/x", "/onlyx"):
        app.get(path, endpoint=path)(lambda: request.cookies.getlist("name"))
    client = checked_client(app)
    client.get("/set")
    found = [client.get(path).json for path in ("/", "/only/x", "/onlyx")]
    assert found == [["root"], ["deep", "root"], ["root"]]


def test_cookies_by_hand():
    client = checked_client(cookie_app())
    client.set_cookie("mine", "1")
    assert client.get_cookie("mine").value == "1"
    assert client.get("/").json == {"mine": "1"}
    client.delete_cookie("mine")
    assert client.get("/").json == {}
    without = cookie_app().test_client(use_cookies=False)
    without.get("/set")
    assert without.get("/").json == {}
    with pytest.raises(TypeError, match="use_cookies=True"):
        without.get_cookie("x")


def test_a_cookie_can_be_read_as_the_browser_and_as_the_app_sees_it():
    client = checked_client(cookie_app())
    client.set_cookie("mine", "a b;ü", max_age=60)
    cookie = client.get_cookie("mine")
    assert cookie.value == r'"a b\073\303\274"'
    assert (cookie.decoded_key, cookie.decoded_value) == ("mine", "a b;ü")
    assert cookie.max_age == 60
    client.set_cookie("mine", "1")
    assert client.get_cookie("mine").max_age is None


@pytest.mark.parametrize(
    ("attribute", "max_age"),
    [
        ("60", 60),
        ("007", 7),
        ("", None),
        ("x", None),
        ("+5", None),
        ("\u0661", None),
        ("1.5", None),
    ],
)
def test_a_max_age_that_is_no_number_is_none(attribute, max_age):
    cookie = ClientCookie("a", "b", {"max-age": attribute}, "localhost")
    assert cookie.max_age == max_age
    assert not cookie.is_expired


@pytest.mark.parametrize("attribute", ["0", "-1", "-" + "9" * 5000])
def test_a_max_age_up_to_zero_forgets_the_cookie(attribute):
    assert ClientCookie("a", "b", {"max-age": attribute}, "localhost").is_expired


def test_session_transaction():
    app = make_app()
    app.get("/")(lambda: str(session.get("n")))
    client = checked_client(app)
    with client.session_transaction() as changed:
        changed["n"] = 7
    assert client.get("/").text == "7"
    with client.session_transaction() as read:
        assert read["n"] == 7
    app.secret_key = None
    with pytest.raises(RuntimeError, match=r"app\.secret_key"), client.session_transaction():
        pass


def test_tc_07_in_a_with_block_the_last_request_stays():
    app = make_app()
    torn = []
    app.teardown_request(lambda error: torn.append(request.path))

    @app.get("/<name>")
    def index(name):
        g.name = session["name"] = name
        return redirect("/last") if name == "first" else "x"

    with app.test_client() as client:
        client.get("/first", follow_redirects=True)
        assert (request.path, g.name, session["name"]) == ("/last", "last", "last")
        assert torn == ["/first"]
        client.get("/again")
        assert request.path == "/again"
        with pytest.raises(RuntimeError, match="nested"), client:
            pass
        assert torn == ["/first", "/last"]
    assert torn == ["/first", "/last", "/again"]
    assert not has_request_context()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
def test_tc_08_many_requests_with_files_leave_nothing_open():
    client = checked_client(echo_app())
    before = len(os.listdir("/proc/self/fd"))
    for number in range(1000):
        # A large one is spooled to the disk.
        client.post("/", data={"f": (io.BytesIO(b"x" * (1 if number % 50 else 600_000)), "f")})
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_tc_09_an_exception_in_mid_body_closes_the_generator():
    closed = []

    def generate():
        try:
            yield "a"
            raise LookupError("mid")
        finally:
            closed.append(1)

    app = make_app()
    app.get("/")(generate)
    with pytest.raises(LookupError, match="mid"):
        app.test_client().get("/")
    assert closed == [1]


def test_any_wsgi_application_can_be_called():
    def hello(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield environ["PATH_INFO"].encode()

    assert Client(hello).get("/x").text == "/x"
    body, status, headers = run_wsgi_app(hello, EnvironBuilder("/y").get_environ(), buffered=False)
    assert (b"".join(body), status, headers["content-type"]) == (b"/y", "200 OK", "text/plain")


def test_an_environ_a_builder_or_a_request_may_be_opened():
    client = echo_app().test_client()
    builder = EnvironBuilder("/x?a=1")
    environ = builder.get_environ()
    for what in (builder, environ, Request(environ)):
        assert client.open(what).json["args"] == {"a": "1"}


def test_data_and_json_exclude_each_other():
    with pytest.raises(TypeError, match="one body"):
        EnvironBuilder(json=1, data="x")


def test_an_app_that_never_starts_a_response_is_named():
    with pytest.raises(RuntimeError, match="start_response"):
        run_wsgi_app(lambda environ, start_response: [b""], EnvironBuilder().get_environ())


def test_a_cookie_that_expires_in_the_past_is_forgotten():
    app = make_app()

    @app.get("/<int:seconds>")
    def index(seconds):
        response = Response("x")
        response.set_cookie("a", "1", expires=seconds)
        return response

    client = checked_client(app)
    client.get("/4000000000")
    assert client.get_cookie("a").value == "1"
    client.get("/1")
    assert client.get_cookie("a") is None


def test_a_redirect_stays_where_the_app_is_mounted():
    client = checked_client(redirect_app())
    response = client.get("/302", base_url="http://localhost/mount", follow_redirects=True)
    assert (response.status_code, response.request.script_root) == (200, "")
    app = make_app()
    app.get("/a/", endpoint="a")(lambda: f"{request.script_root} {request.path}")
    client = checked_client(app)
    response = client.get("/a", base_url="http://localhost/mount", follow_redirects=True)
    assert response.text == "/mount /a/"


@pytest.mark.parametrize("mount", ["", "/m", "/mötley crüe", "/100%25"])
@pytest.mark.parametrize("tail", ["", "/", "/ü/x%3Fy"])
def test_a_redirect_below_the_mount_or_to_it_works(mount, tail):
    def app(environ, start_response):
        path = environ["PATH_INFO"]
        seen = [environ["SCRIPT_NAME"], path, environ["QUERY_STRING"]]
        if path == "/start":
            location = (quote(mount + tail, safe="/%") or "/") + "?a=%26"
            start_response("302 FOUND", [("Location", location)])
            return []
        start_response("200 OK", [("Content-Type", "text/plain")])
        return ["|".join(seen).encode("latin-1")]

    client = Client(app)
    base_url = f"http://localhost{mount}"
    response = client.get("/start", base_url=base_url, follow_redirects=True)
    path = unquote(tail) or ("" if mount else "/")
    assert response.text == f"{unquote(mount)}|{path}|a=%26"


def test_a_redirect_to_the_bare_mount_reaches_the_apps_root():
    app = make_app()
    app.get("/")(lambda: f"{request.script_root} {request.path}")
    app.get("/away", endpoint="away")(lambda: redirect(request.script_root))
    client = app.test_client()
    response = client.get("/away", base_url="http://localhost/m", follow_redirects=True)
    assert response.text == "/m /"


def test_json_without_an_app():
    assert EnvironBuilder(json={"a": 1}).get_environ()["wsgi.input"].read() == b'{"a": 1}'


class Seen:
    """A WSGI application that keeps the environs that it was called with."""

    def __init__(self):
        self.environs = []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.environs.append({**environ, "body": body})
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("/é", {}),
        ("/a%2Fb%25?q=%C3%A9&x=a%20b", {}),
        ("//double//slashes", {}),
        ("/a?u=1&u=2", {"headers": {"X-One": "1", "Cookie": "a=b; c=d"}}),
        ("/p", {"method": "POST", "data": {"a": "ü", "b": ["1", "2"]}}),
        ("/p", {"method": "PUT", "data": b"\x00\xff", "content_type": "application/x"}),
        ("/", {"method": "DELETE"}),
    ],
)
def test_tc_10_a_clients_environ_is_what_the_server_makes_of_the_same_bytes(target, options):
    seen = Seen()
    with serving(seen) as server:
        base_url = f"http://127.0.0.1:{server.port}"
        builder = EnvironBuilder(target, base_url=base_url, **options)
        ours = builder.get_environ()
        body = ours["wsgi.input"].read()
        raw_target = quote(target, safe="/%?=&")
        head = [f"{ours['REQUEST_METHOD']} {raw_target} HTTP/1.1", "Connection: close"]
        for key, value in ours.items():
            if key.startswith("HTTP_"):
                head.append(f"{key[5:].title().replace('_', '-')}: {value}")
            elif key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                head.append(f"{key.title().replace('_', '-')}: {value}")
        ask(server, "\r\n".join([*head, "", ""]).encode("latin-1") + body)
    theirs = seen.environs[0]
    assert theirs.pop("HTTP_CONNECTION") == "close"
    server_only = ("REMOTE_PORT", "SERVER_SOFTWARE", "GATEWAY_INTERFACE")
    about_the_request = [
        key for key in {*ours, *theirs} if key.isupper() and key not in server_only
    ]
    for key in about_the_request:
        assert ours.get(key) == theirs.get(key), key
    assert theirs["body"] == body
    assert ours["wsgi.url_scheme"] == theirs["wsgi.url_scheme"]


def test_tc_10_https_and_a_mount():
    environ = EnvironBuilder("/x", base_url="https://e.com/müd/").get_environ()
    assert environ["wsgi.url_scheme"] == "https"
    assert (environ["SERVER_PORT"], environ["HTTP_HOST"]) == ("443", "e.com")
    assert environ["SCRIPT_NAME"] == "/müd".encode().decode("latin-1")


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (Authorization("bearer", token="abc"), "Bearer abc"),
        (Authorization("basic", {"username": "ada", "password": "x"}), "Basic YWRhOng="),
        (("ada", "x"), "Basic YWRhOng="),
    ],
)
def test_credentials_are_a_pair_or_an_authorization(auth, header):
    app = make_app()
    app.add_url_rule("/", "show", lambda: request.headers["Authorization"])
    assert app.test_client().get("/", auth=auth).text == header


@pytest.mark.parametrize("auth", ["ada", ("a", "b", "c"), object(), 5])
def test_credentials_of_another_kind_are_refused(auth):
    with pytest.raises(TypeError, match="give a name and a password"):
        make_app().test_client().get("/", auth=auth)


def test_what_a_builder_was_told_stands_in_attributes():
    builder = EnvironBuilder(
        "/a?x=1", base_url="https://e.com:44/app", data={"a": "1"}, method="PUT"
    )
    assert (builder.path, builder.script_root, builder.host) == ("/a", "/app", "e.com:44")
    assert (builder.url_scheme, builder.server_name, builder.server_port) == ("https", "e.com", 44)
    assert (builder.args.to_dict(), builder.form.to_dict()) == ({"x": "1"}, {"a": "1"})
    assert (builder.base_url, builder.request_uri) == ("https://e.com:44/app/", "/app/a?x=1")
    builder.args = {"y": ["2", "3"]}
    builder.form["b"] = "é"
    builder.base_url = "http://other/"
    environ = builder.get_environ()
    assert environ["QUERY_STRING"] == "y=2&y=3"
    assert environ["wsgi.input"].read() == b"a=1&b=%C3%A9"
    assert (environ["HTTP_HOST"], environ["SCRIPT_NAME"]) == ("other", "")
    assert "HTTP_USER_AGENT" not in environ


def test_files_of_a_builder_are_uploaded_and_closed():
    builder = EnvironBuilder(method="POST", data={"f": (io.BytesIO(b"x"), "x.txt")})
    builder.files.add("g", FileStorage(io.BytesIO(b"y"), "y.txt"))
    files = builder.get_request().files
    assert {name: file.read() for name, file in files.items()} == {"f": b"x", "g": b"y"}
    builder.close()
    assert all(file.closed for file in builder.files.values())


def test_the_media_type_of_a_builder_has_a_charset_where_it_is_text():
    builder = EnvironBuilder(data="x")
    builder.mimetype = "text/css"
    assert (builder.mimetype, builder.content_type) == ("text/css", "text/css; charset=utf-8")


def test_a_builder_made_of_an_environ_makes_the_same():
    options = {"data": b"body", "content_type": "text/x", "headers": {"X-Y": "1"}, "method": "PUT"}
    made = EnvironBuilder("/é?q=a%20b", base_url="https://e.com:8443/m", **options).get_environ()
    again = EnvironBuilder.from_environ(dict(made)).get_environ()
    assert again == made
    assert EnvironBuilder.from_environ(dict(made), path="/other").path == "/other"


def test_a_content_type_among_the_headers_counts():
    app = echo_app()
    app.add_url_rule("/json", "json", lambda: str(request.is_json), methods=["POST"])
    headers = {"Content-Type": "application/json"}
    assert app.test_client().post("/json", data={}, headers=headers).text == "True"


def test_an_answer_is_of_the_apps_class_and_of_the_clients():
    app = make_app()

    class OwnResponse(app.response_class):
        def hello(self):
            return "hello"

    app.response_class = OwnResponse
    app.add_url_rule("/", "index", lambda: "x")
    answer = app.test_client().get("/")
    assert answer.hello() == "hello" and isinstance(answer, TestResponse)
    assert app.test_client().environ_base["REMOTE_ADDR"] == "127.0.0.1"


def test_redirects_to_subdomains_are_followed_where_they_may_be():
    def hop(environ, start_response):
        if environ["HTTP_HOST"] == "localhost":
            start_response("302 FOUND", [("Location", "http://a.localhost/x")])
            return [b""]
        start_response("200 OK", [])
        return [environ["HTTP_HOST"].encode()]

    with pytest.raises(ClientRedirectError, match="leads to another host"):
        Client(hop).get("/", follow_redirects=True)
    client = Client(hop, allow_subdomain_redirects=True)
    answer = client.get("/", follow_redirects=True)
    assert (answer.text, [step.status_code for step in answer.history]) == ("a.localhost", [302])


def test_the_bodies_of_followed_redirects_are_closed():
    closed = []

    class Body(list):
        def close(self):
            closed.append(True)

    def hop(environ, start_response):
        is_last = environ["PATH_INFO"] == "/b"
        start_response("200 OK" if is_last else "302 FOUND", [("Location", "/b")])
        return Body([b"x"])

    answer = Client(hop).get("/a", follow_redirects=True, buffered=False)
    assert closed == [True]
    answer.close()
    assert closed == [True, True]


def test_a_body_is_an_iterator_that_can_be_closed():
    def late(environ, start_response):
        yield b""
        yield b""
        start_response("200 OK", [("X-A", "1")])
        yield b"a"
        yield b"b"

    for buffered in (True, False):
        body, status, headers = run_wsgi_app(late, EnvironBuilder().get_environ(), buffered)
        assert (status, headers["X-A"]) == ("200 OK", "1")
        assert b"".join([next(body), *body]) == b"ab"
        body.close()
    with pytest.raises(RuntimeError, match="without calling start_response"):
        run_wsgi_app(lambda e, s: iter([]), EnvironBuilder().get_environ(), False)


def test_an_environ_without_a_host_is_taken():
    environ = EnvironBuilder().get_environ()
    del environ["HTTP_HOST"]
    assert Client(lambda e, s: (s("200 OK", []) and []) or [b"x"]).open(environ).text == "x"
