"""Middleware: proxies' headers, mounts, shared folders."""

from __future__ import annotations

import pytest

from microweb import Microweb, request, session, url_for
from microweb.environ import EnvironBuilder
from microweb.middleware import DispatcherMiddleware, ProxyFix, SharedDataMiddleware
from microweb.testing import Client, run_wsgi_app

from .support import checked_client, make_app, needs_package


def environ_after(headers, **options):
    """Return what an application behind `ProxyFix` finds in its environ."""
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return []

    environ = EnvironBuilder("/x", headers=headers).get_environ()
    run_wsgi_app(ProxyFix(application, **options), environ)
    return seen


HEADERS = {
    "X-Forwarded-For": "made-up, 192.0.2.1, 192.0.2.2",
    "X-Forwarded-Proto": "ftp, https",
    "X-Forwarded-Host": "evil.example, good.example:8443",
    "X-Forwarded-Port": "1, 444",
    "X-Forwarded-Prefix": "/evil, /mounted/",
}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ("192.0.2.2", "https", "localhost", "")),
        ({"x_for": 0, "x_proto": 0}, ("127.0.0.1", "http", "localhost", "")),
        ({"x_for": 2}, ("192.0.2.1", "https", "localhost", "")),
        ({"x_for": 4}, ("127.0.0.1", "https", "localhost", "")),
        ({"x_host": 1}, ("192.0.2.2", "https", "good.example:8443", "")),
        ({"x_host": 1, "x_port": 1}, ("192.0.2.2", "https", "good.example:444", "")),
        ({"x_port": 1}, ("192.0.2.2", "https", "localhost:444", "")),
        ({"x_prefix": 1}, ("192.0.2.2", "https", "localhost", "/mounted")),
    ],
)
def test_rq_05_only_the_value_of_the_outermost_trusted_proxy_counts(options, expected):
    seen = environ_after(HEADERS, **options)
    keys = ("REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME")
    assert tuple(seen[key] for key in keys) == expected


def test_rd_07_forwarded_headers_are_nothing_without_the_middleware():
    app = make_app()

    @app.get("/x")
    def show():
        return [request.remote_addr, request.scheme, request.host, url_for("show")]

    client = checked_client(app)
    assert client.get("/x", headers=HEADERS).json == ["127.0.0.1", "http", "localhost", "/x"]
    app = make_app()
    app.add_url_rule("/x", "show", show)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_host=1, x_prefix=1)
    answer = app.test_client().get("/x", headers=HEADERS).json
    assert answer == ["192.0.2.2", "https", "good.example:8443", "/mounted/x"]


def test_what_the_environ_held_before_is_kept():
    seen = environ_after(HEADERS, x_host=1)
    assert seen["microweb.proxy_fix.orig"]["REMOTE_ADDR"] == "127.0.0.1"
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("good.example", "8443")


def test_an_ipv6_host_keeps_its_colons():
    seen = environ_after(
        {"X-Forwarded-Host": "[::1]", "X-Forwarded-Port": "81"}, x_host=1, x_port=1
    )
    assert (seen["HTTP_HOST"], seen["SERVER_NAME"]) == ("[::1]:81", "[::1]")


def naming(name):
    """Return an app whose every path says its name, mount and path, and that keeps a session."""
    app = make_app()

    @app.get("/")
    @app.get("/<path:rest>")
    def where(rest=""):
        session["visited"] = True
        return f"{name} {request.root_path} {request.path} {url_for('where', rest='x')}"

    return app


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "site  / /x"),
        ("/ab", "site  /ab /x"),
        ("/a/b", "api /a /b /a/x"),
        ("/a/", "api /a / /a/x"),
        ("/a/v2/z", "new /a/v2 /z /a/v2/x"),
        ("/a/v22", "api /a /v22 /a/x"),
    ],
)
def test_pe_12_a_mount_gets_whole_segments_and_builds_urls_under_itself(path, text):
    mounts = {"/a": naming("api"), "/a/v2/": naming("new")}
    client = Client(DispatcherMiddleware(naming("site"), mounts))
    assert client.get(path).text == text


def test_pe_12_redirects_and_the_sessions_path_include_the_mount():
    app = Microweb("mounted", static_folder=None)
    app.secret_key = "x"
    app.config["APPLICATION_ROOT"] = "/a"

    @app.get("/folder/")
    def folder():
        session["x"] = 1
        return "x"

    client = Client(DispatcherMiddleware(naming("site"), {"/a": app}))
    assert client.get("/a/folder").location == "/a/folder/"
    assert "Path=/a" in client.get("/a/folder/").headers["Set-Cookie"]


def test_a_mount_itself_leads_to_the_root_of_its_app():
    client = Client(DispatcherMiddleware(naming("site"), {"/a": naming("api")}))
    answer = client.get("/a?x=1")
    assert (answer.status_code, answer.location) == (308, "/a/?x=1")
    assert client.get("/a", follow_redirects=True).text == "api /a / /a/x"
    # The mounts of other programs answer as they like.
    other = DispatcherMiddleware(naming("site"), {"/m": lambda e, s: [e["PATH_INFO"].encode()]})
    assert other({"PATH_INFO": "/m"}, None) == [b""]


def test_a_very_long_path_costs_what_its_mounts_cost():
    dispatcher = DispatcherMiddleware(lambda e, s: [b"site"], {"/a/b": lambda e, s: [b"mount"]})
    assert dispatcher({"PATH_INFO": "/a/b" + "/x" * 100_000}, None) == [b"mount"]
    assert dispatcher({"PATH_INFO": "/x" * 100_000}, None) == [b"site"]


def test_a_mount_that_is_no_path_is_refused():
    with pytest.raises(ValueError, match="not 'api'"):
        DispatcherMiddleware(naming("site"), {"api": naming("api")})


@pytest.fixture
def shared(tmp_path):
    """A client of an app behind a shared folder and a shared file."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "a.css").write_text("a {}")
    (folder / "secret.key").write_text("key")
    (folder / "data").write_text("?")
    (tmp_path / "outside.txt").write_text("outside")
    exports = {
        "/files": str(folder),
        "/robots.txt": str(folder / "a.css"),
        "/code": ("microweb", "demo"),
    }
    return Client(SharedDataMiddleware(naming("site"), exports, disallow="*.key"))


@pytest.mark.parametrize(
    ("path", "status", "start"),
    [
        ("/files/a.css", 200, b"a {}"),
        ("/robots.txt", 200, b"a {}"),
        pytest.param("/code/__init__.py", 200, b'"""', marks=needs_package),
        ("/files/secret.key", 200, b"site"),
        ("/files/../outside.txt", 200, b"site"),
        ("/files/%2e%2e/outside.txt", 200, b"site"),
        ("/files/", 200, b"site"),
        ("/files/a.css%00", 200, b"site"),
        ("/filesa.css", 200, b"site"),
    ],
)
def test_files_are_served_from_exports_and_the_rest_goes_to_the_app(shared, path, status, start):
    response = shared.get(path)
    assert response.status_code == status
    assert response.data.startswith(start)


def test_shared_files_are_cached_and_conditional(shared):
    response = shared.get("/files/a.css")
    assert response.mimetype == "text/css"
    assert response.cache_control.max_age == 43200
    again = shared.get("/files/a.css", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert shared.head("/files/a.css").data == b""
    assert shared.post("/files/a.css").status_code == 405
    assert shared.get("/files/data").mimetype == "application/octet-stream"


@pytest.mark.parametrize("prefix", ["https://evil.example", "//evil.example", "evil.example"])
def test_a_prefix_that_would_lead_to_another_host_is_ignored(prefix):
    fix = ProxyFix(lambda e, s: [e.get("SCRIPT_NAME", "")], x_prefix=1)
    assert fix({"HTTP_X_FORWARDED_PREFIX": prefix}, None) == [""]
    assert fix({"HTTP_X_FORWARDED_PREFIX": "/app/"}, None) == ["/app"]
