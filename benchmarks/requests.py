"""Whole requests in process: the app is called as a server would call it, without a socket."""

from __future__ import annotations

import io
import os
from typing import Any, Callable, NamedTuple

from .apps import FRAMEWORKS, STATIC, WSGIApp
from .timing import Row, measure, print_table

BOUNDARY = "----benchmark"


class Case(NamedTuple):
    """A request that every framework is sent, and what its answer must contain."""

    label: str
    environ: dict[str, Any]
    body: bytes
    status: str
    contains: bytes
    goal: str
    peers: tuple[str, ...]


PARSERS = ("Flask", "Bottle", "multipart")
ALL = ("Flask", "Bottle", "Falcon", "wheezy.web")


def _environ(path: str, method: str = "GET", **more: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_USER_AGENT": "benchmark",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **more,
    }


def _multipart(data: bytes) -> bytes:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def cases() -> list[Case]:
    """Return the requests of DESIGN.md §5."""
    form_type = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
    upload_type = {"CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}"}
    form = b"name=Ada+Lovelace&mail=ada%40example.com"
    big = 10_000_000
    lookalike = f"\r\n--{BOUNDARY}x".encode()
    uploads = [
        ("upload 1 KB", os.urandom(1024)),
        ("upload 10 MB, random", os.urandom(big)),
        ("upload 10 MB, all CRLF", b"\r\n" * (big // 2)),
        ("upload 10 MB, all dashes", b"-" * big),
        (
            "upload 10 MB, the boundary and a letter",
            (lookalike * (big // len(lookalike) + 1))[:big],
        ),
    ]
    return [
        Case("hello", _environ("/"), b"", "200", b"Hello", "best peer", ALL),
        Case("dict to JSON", _environ("/json"), b"", "200", b'"number"', "best peer", ALL),
        Case(
            "two URL parameters",
            _environ("/user/ada/post/7"),
            b"",
            "200",
            b"ada 7",
            "best peer",
            ALL,
        ),
        Case("404", _environ("/nothing/here"), b"", "404", b"", "Falcon", ALL),
        Case(
            "urlencoded form",
            _environ("/form", "POST", **form_type),
            form,
            "200",
            b"Ada",
            "Falcon",
            ALL,
        ),
        Case(
            "query and cookies",
            _environ("/args", QUERY_STRING="name=Ada&page=2", HTTP_COOKIE="theme=dark; lang=de"),
            b"",
            "200",
            b"Ada 2 dark",
            "",
            ("Flask", "Bottle", "Falcon"),
        ),
        Case(
            "JSON body",
            _environ("/number", "POST", CONTENT_TYPE="application/json"),
            b'{"number": 41, "name": "Ada"}',
            "200",
            b"42",
            "",
            ("Flask", "Bottle", "Falcon"),
        ),
        Case(
            "session, read and written",
            _environ("/session"),
            b"",
            "200",
            b"counted",
            "20 µs",
            ("Flask", "Bottle"),
        ),
        Case(
            "a view that calls url_for",
            _environ("/url"),
            b"",
            "200",
            b"/user/ada/post/7",
            "8 µs",
            ("Flask", "Bottle"),
        ),
        Case(
            "64 KB static file",
            _environ("/static/64k.bin"),
            b"",
            "200",
            b"microweb",
            "30 µs",
            ("Flask", "Bottle", "Falcon"),
        ),
        *(
            Case(
                label,
                _environ("/upload", "POST", **upload_type),
                _multipart(data),
                "200",
                str(len(data)).encode(),
                "5 ms" if len(data) == big else "",
                # Bottle takes seconds for CRLF; multipart refuses a line that begins so.
                {"upload 10 MB, all CRLF": ("Flask", "multipart")}.get(
                    label, ("Flask", "Bottle") if "letter" in label else PARSERS
                ),
            )
            for label, data in uploads
        ),
    ]


def caller(app: WSGIApp, case: Case) -> Callable[[], bytes]:
    """Return a function that sends the case's request to an app and returns the body."""
    environ = case.environ
    body = case.body
    if body:
        environ = {**environ, "CONTENT_LENGTH": str(len(body))}
    statuses: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        statuses[:] = [status]

    def call() -> bytes:
        request = dict(environ)
        request["wsgi.input"] = io.BytesIO(body)
        answer = app(request, start_response)
        data = b"".join(answer)
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        return data

    data = call()
    if not statuses[0].startswith(case.status) or case.contains not in data:
        raise RuntimeError(f"{case.label}: {app} answered {statuses[0]}: {data[:80]!r}")
    if case.label.startswith("session"):
        environ = {**environ, "HTTP_COOKIE": _cookie_of(app, environ)}
    return call


def _cookie_of(app: WSGIApp, environ: dict[str, Any]) -> str:
    found: list[str] = []

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        found.extend(value for name, value in headers if name.lower() == "set-cookie")

    app({**environ, "wsgi.input": io.BytesIO()}, start_response)
    return found[0].partition(";")[0]


def main() -> None:
    """Measure every case under every framework that is installed."""
    STATIC.mkdir(exist_ok=True)
    file = STATIC / "64k.bin"
    if not file.exists():
        file.write_bytes(b"microweb" * 8192)
    apps = {}
    for name, make in FRAMEWORKS.items():
        try:
            apps[name] = make()
        except ImportError as error:
            print(f"{name} is left out: {error}")
    rows = []
    for case in cases():
        contenders = {
            name: caller(app, case)
            for name, app in apps.items()
            if name == "microweb" or name in case.peers
        }
        rows.append(Row(case.label, measure(contenders), case.goal))
    print_table("Requests in process, one call of the app each", rows)
