"""PEP 3333 from the application's side: every answer and every way of reading, validated."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from wsgiref.validate import validator

import pytest

from microweb import Response, abort, redirect, request, send_file, stream_with_context
from microweb.environ import EnvironBuilder
from microweb.testing import run_wsgi_app

from .support import checked_client, make_app

ROOT = Path(__file__).parent.parent

ANSWERS = {
    "text": lambda: "text",
    "empty": lambda: "",
    "bytes": lambda: b"\x00",
    "json": lambda: {"a": 1},
    "no_content": lambda: ("", 204),
    "no_content_with_body": lambda: ("never sent", 204),
    "not_modified": lambda: ("", 304),
    "generator": lambda: (piece for piece in ["a", b"b"]),
    "stream": lambda: stream_with_context(piece for piece in [request.path]),
    "file": lambda: send_file(io.BytesIO(b"0123456789"), "text/plain"),
    "redirect": lambda: redirect("/text"),
    "abort": lambda: abort(409),
    "crash": lambda: 1 / 0,
    "wsgi": lambda: Response("inner", 202),
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", ANSWERS)
def test_pe_01_every_kind_of_answer_passes_the_validator(name, method):
    app = make_app()
    app.add_url_rule(f"/{name}", "view", ANSWERS[name])
    response = checked_client(app).open(f"/{name}", method=method)
    if method == "HEAD":
        assert response.data == b""
    if response.status_code in (204, 304):
        assert response.data == b""
        assert "Content-Type" not in response.headers or response.status_code == 304


READERS = {
    "form": lambda: request.form.get("a", ""),
    "values": lambda: request.values.get("a", ""),
    "files": lambda: str(len(request.files)),
    "json": lambda: str(request.get_json(silent=True)),
    "data": lambda: request.get_data(),
    "stream": lambda: request.stream.read(),
    "stream_in_steps": lambda: b"".join(iter(lambda: request.stream.read(2), b"")),
    "stream_lines": lambda: b"".join(request.stream),
    "nothing": lambda: "",
}


@pytest.mark.parametrize("content_type", [None, "application/json"])
@pytest.mark.parametrize("name", READERS)
def test_pe_03_every_way_of_reading_a_body_passes_the_validator(name, content_type):
    app = make_app()
    app.add_url_rule("/", "view", READERS[name], methods=["POST"])
    data = {"a": "1"} if content_type is None else '{"a": 1}'
    response = checked_client(app).post("/", data=data, content_type=content_type)
    assert response.status_code == 200
    if name.startswith(("data", "stream")):
        assert response.data == (b"a=1" if content_type is None else b'{"a": 1}')


@pytest.mark.parametrize(
    ("target", "path"),
    [("/é", "/é"), ("/%ff", "/\ufffd"), ("/%e2%80%ae", "/\u202e"), ("/a%2Fb", "/a/b")],
)
def test_pe_08_the_path_is_latin_1_in_the_environ_and_utf_8_in_the_request(target, path):
    environ = EnvironBuilder(target).get_environ()
    environ["PATH_INFO"].encode("latin-1")
    app = make_app()
    app.add_url_rule("/<path:rest>", "view", lambda rest: request.path)
    assert checked_client(app).get(target).text == path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", "a\r\nb"),
        ("X", "a\x00b"),
        ("X", "☃"),
        ("X\r\nY", "a"),
        ("X Y", "a"),
        ("", "a"),
        ("X:", "a"),
    ],
)
def test_pe_10_a_header_that_cannot_be_sent_is_refused_where_it_is_set(name, value):
    app = make_app(PROPAGATE_EXCEPTIONS=True)
    app.get("/")(lambda: ("x", {name: value}))
    with pytest.raises(ValueError, match=r"."):
        app.test_client().get("/")


def test_pe_10_header_values_of_other_types_become_text_and_no_others_leave():
    app = make_app()

    @app.get("/")
    def index():
        response = Response("x")
        response.headers["X-Number"] = 5
        response.headers["X-Bytes"] = b"bytes"
        return response

    headers = checked_client(app).get("/").headers
    assert (headers["X-Number"], headers["X-Bytes"]) == ("5", "bytes")


def test_hd_14_a_generator_that_fails_before_its_first_piece_ends_the_request_once():
    app = make_app(PROPAGATE_EXCEPTIONS=True)
    closed = []

    @app.get("/")
    def index():
        def pieces():
            try:
                raise ValueError("inside")
                yield "never"
            finally:
                closed.append(True)

        response = Response(pieces())
        response.call_on_close(lambda: closed.append("response"))
        return response

    with pytest.raises(ValueError, match="inside"):
        app.test_client().get("/")
    assert closed == [True, "response"]


def test_pe_06_the_body_is_closed_once_however_the_answer_ends():
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"a", b"b"])

        def close(self):
            closed.append(True)

    for method in ("GET", "HEAD"):
        app = make_app()
        app.add_url_rule("/", "view", lambda: Response(Body()))
        run_wsgi_app(validator(app), EnvironBuilder("/", method=method).get_environ())
    assert closed == [True, True]


CHECKS_UNDER_O = """
import sys
assert_is_off = not __debug__
from microweb import Microweb, Response
from microweb.http import BadRequest
app = Microweb("x", static_folder=None)
app.get("/")(lambda: "x")
refused = 0
for wrong in (
    lambda: Response("x", headers={"X": "a\\r\\nb"}),
    lambda: Response("x", status="200 OK\\r\\nX: 1"),
    lambda: Response("x").set_cookie("a;b", "c"),
    lambda: Response("x").set_cookie("a", "b", path="/; Domain=x"),
    lambda: app.add_url_rule("/<int(", "y"),
    lambda: app.add_url_rule("/", "<lambda>", print),
):
    try:
        wrong()
    except Exception:
        refused += 1
print(assert_is_off, refused, app.handle("GET", "/")[0], app.handle(headers={"Host": "a b"})[0])
"""


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_pe_13_no_check_is_an_assert(option):
    done = subprocess.run(
        [sys.executable, option, "-W", "error", "-c", CHECKS_UNDER_O],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.split() == ["True", "6", "200", "400"], done.stderr
