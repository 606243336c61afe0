"""What an application says, as it goes over the wire: checked, framed, closed once."""

from __future__ import annotations

import subprocess
import sys
import threading
from wsgiref.validate import validator

import pytest

from microweb.serving import answer as answer_module

from ..support import IMPORT_FOLDER
from .wire import (
    GOOD,
    HOST,
    ask,
    body_of,
    connect,
    receive_all,
    receive_until,
    serving,
    serving_plainly,
    status_of,
)


def answering(status="200 OK", headers=(), body=(b"hello",)):
    """Return an application that answers so."""

    def app(environ, start_response):
        start_response(status, [*headers])
        return list(body)

    return app


class CountingBody:
    """A body that counts how often it is closed, and raises what it finds."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.closed = 0

    def __iter__(self):
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    def close(self):
        self.closed += 1


def get(app, request=GOOD, **options):
    with serving(app, **options) as server:
        return ask(server, request)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("200 OK\r\nInjected: y", []),
        ("200", []),
        ("099 Low", []),
        ("101 Switching", []),
        ("abc", []),
        (b"200 OK", []),
        ("200 ☃", []),
        ("200 OK", [("X", "a\r\nInjected: y")]),
        ("200 OK", [("X", "a\nInjected: y")]),
        ("200 OK", [("X\r\nInjected", "y")]),
        ("200 OK", [("X Y", "y")]),
        ("200 OK", [("", "y")]),
        ("200 OK", [("X", "a\0b")]),
        ("200 OK", [("X", "☃")]),
        ("200 OK", [("X", 1)]),
        ("200 OK", [(b"X", "y")]),
        ("200 OK", [("Connection", "a\r\nInjected: y")]),
        ("200 OK", [("Content-Length", "+5")]),
        ("200 OK", [("Content-Length", "5"), ("content-length", "5")]),
    ],
)
def test_hd_03_pe_09_pe_10_what_must_not_be_sent_becomes_500_and_the_end(status, headers):
    app = answering(status, headers)
    answer = get(app, GOOD.replace(b"Connection: close\r\n", b"") + GOOD)
    assert status_of(answer) == 500
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Injected" not in answer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Connection", "keep-alive"),
        ("connection", "Upgrade"),
        ("Keep-Alive", "timeout=5, max=1000"),
        ("transfer-encoding", "chunked"),
        ("TE", "trailers"),
        ("Trailer", "Expires"),
        ("Upgrade", "h2c"),
        ("Proxy-Connection", "keep-alive"),
        ("Proxy-Authenticate", "Basic"),
        ("Status", "200 OK"),
    ],
)
def test_what_is_the_servers_to_send_is_left_out_and_the_log_says_so_once(
    name, value, capsys, monkeypatch
):
    monkeypatch.setattr(answer_module, "_TOLD_NAMES", set())
    app = answering("200 OK", [("X-A", "1"), (name, value), ("X-B", "2")])
    with serving(app, quiet=False) as server, connect(server) as sock:
        for _ in range(3):
            sock.sendall(b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n")
            head, _, body = receive_until(sock, b"hello").partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B: 2\r\n")
            assert f"\r\n{name}:".lower().encode() not in head.lower()
            assert body == b"hello"
    told = [line for line in capsys.readouterr().err.splitlines() if "is left out" in line]
    text = f"microweb: the header {name}: {value} of the answer to GET /events is left out"
    assert told == [f"{text}: it is the server's to send"]


def test_an_application_may_close_the_connection(capsys):
    with serving(answering("200 OK", [("Connection", "Close")]), quiet=False) as server:
        answer = ask(server, GOOD.replace(b"Connection: close\r\n", b"") * 2)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"\r\nConnection: close\r\n") == 1
    assert "left out" not in capsys.readouterr().err


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(
    ("status", "method", "body"),
    [
        ("200 OK", b"HEAD", []),
        ("200 OK", b"HEAD", [b""]),
        ("200 OK", b"HEAD", iter([b""])),
        ("404 Not Found", b"HEAD", ()),
        ("204 No Content", b"GET", []),
        ("204 No Content", b"POST", [b""]),
        ("304 Not Modified", b"GET", iter([])),
    ],
)
def test_what_has_no_body_claims_no_length(status, method, body, plain):
    def app(environ, start_response):
        start_response(status, [("Content-Type", "text/plain")])
        return body

    request = GOOD.replace(b"GET", method, 1)
    with serving_plainly(app) if plain else serving(app) as server:
        answer = ask(server, request)
    assert status_of(answer) == int(status[:3])
    assert b"Content-Length" not in answer and body_of(answer) == b""


@pytest.mark.parametrize("body", [[], (), [b""], iter([b"", b""])])
def test_what_has_an_empty_body_says_so(body):
    def app(environ, start_response):
        start_response("200 OK", [])
        return body

    assert b"\r\nContent-Length: 0\r\n" in get(app)


def test_pe_13_nothing_is_let_through_where_asserts_are_off():
    root = str(IMPORT_FOLDER)
    program = f"""if 1:
        import sys
        sys.path.insert(0, {root!r})
        from microweb.serving.answer import check_answer_fields
        try:
            check_answer_fields("200 OK", [("X", "a" + chr(10) + "b")])
        except ValueError:
            print(__debug__)
    """
    command = [sys.executable, "-OO", "-c", program]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "False\n"


def test_a_latin_1_value_is_sent_as_such():
    assert b"\r\nX: \xe9\t\r\n" in get(answering(headers=[("X", "é\t")]))


def test_ds_28_what_has_no_length_is_chunked_for_1_1_and_ends_with_the_connection_for_1_0():
    app = answering(body=[b"he", b"", b"llo"])
    answer = get(app)
    assert b"Transfer-Encoding: chunked" in answer
    assert body_of(answer) == b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    answer = get(app, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert b"Transfer-Encoding" not in answer and b"Connection: close" in answer
    assert body_of(answer) == b"hello"


def test_a_client_of_1_0_may_keep_the_connection():
    with serving(answering()) as server, connect(server) as sock:
        for _ in range(2):
            sock.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert b"Connection: keep-alive" in receive_until(sock, b"hello")


@pytest.mark.parametrize(
    ("status", "method", "headers", "length"),
    [
        ("200 OK", b"HEAD", [], b"5"),
        ("200 OK", b"HEAD", [("Content-Length", "77")], b"77"),
        ("204 No Content", b"GET", [], None),
        ("204 No Content", b"GET", [("Content-Length", "5")], None),
        ("304 Not Modified", b"GET", [("Content-Length", "5")], b"5"),
    ],
)
@pytest.mark.parametrize("body", [[b"hello"], [b"hel", b"lo"]])
def test_ds_29_some_answers_have_no_body(status, method, headers, length, body):
    answer = get(answering(status, headers, body), GOOD.replace(b"GET", method, 1))
    assert body_of(answer) == b""
    if length is not None and (headers or len(body) == 1):
        assert b"\r\nContent-Length: " + length + b"\r\n" in answer
    else:
        assert b"Content-Length" not in answer


@pytest.mark.parametrize("body", [[b"hello world"], [b"hel", b"lo wor", b"ld"]])
def test_ds_29_no_more_than_the_stated_length_is_sent(body):
    with serving(answering(headers=[("Content-Length", "5")], body=body)) as server:
        assert body_of(ask(server, GOOD)) == b"hello"


@pytest.mark.parametrize("body", [[b"hel"], [b"he", b"l"], []])
def test_ds_29_less_than_the_stated_length_ends_the_connection(body):
    answer = get(
        answering(headers=[("Content-Length", "5")], body=body),
        GOOD.replace(b"Connection: close\r\n", b"") + GOOD,
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    assert body_of(answer) == b"".join(body)


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_ds_30_an_exception_in_the_middle_cuts_the_answer_visibly(version, capsys):
    body = CountingBody(b"hello", ValueError("midway"))

    def app(environ, start_response):
        start_response("200 OK", [])
        return body

    with serving(app, quiet=False) as server, connect(server) as sock:
        sock.sendall(GOOD.replace(b"1.1", version))
        if version == b"1.1":
            assert body_of(receive_all(sock)) == b"5\r\nhello\r\n"
        else:
            with pytest.raises(ConnectionResetError):
                receive_all(sock)
                receive_all(sock)
    assert body.closed == 1
    assert capsys.readouterr().err.count("ValueError: midway") == 1


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (b"a",),
        (b"a", b"b"),
        (ValueError("at once"),),
        (b"a", ValueError("later")),
        ("text",),
        (b"a", "text"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_pe_06_a_body_is_closed_once(pieces, method):
    body = CountingBody(*pieces)

    def app(environ, start_response):
        start_response("200 OK", [])
        return body

    get(app, GOOD.replace(b"GET", method, 1))
    assert body.closed == 1


def test_pe_06_a_close_that_fails_is_not_tried_again():
    class Failing(CountingBody):
        def close(self):
            super().close()
            raise ValueError

    body = Failing(b"whole")

    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "5")])
        return body

    assert body_of(get(app)) == b"whole"
    assert body.closed == 1


def test_fl_10_when_the_client_leaves_the_body_is_closed():
    class Endless(CountingBody):
        def __iter__(self):
            while True:
                yield b"x" * 100_000

    body = Endless()

    def app(environ, start_response):
        start_response("200 OK", [])
        return body

    with serving(app) as server:
        with connect(server) as sock:
            sock.sendall(GOOD)
            sock.recv(10)
        assert status_of(ask(server, b"!")) == 400
    assert body.closed == 1


@pytest.mark.parametrize(
    "error",
    [ValueError, SystemExit, KeyboardInterrupt, MemoryError, GeneratorExit, ConnectionResetError],
)
def test_fl_19_whatever_an_application_raises_is_500_and_the_server_lives(error):
    def app(environ, start_response):
        raise error("inside")

    with serving(app) as server:
        for _ in range(3):
            answer = ask(server, GOOD)
            assert status_of(answer) == 500
            assert b"inside" not in answer


def test_pe_04_start_response_is_called_once_or_with_exc_info():
    def twice(environ, start_response):
        start_response("200 OK", [])
        with pytest.raises(AssertionError):
            start_response("201 Created", [])
        try:
            raise ValueError
        except ValueError:
            start_response("418 Teapot", [], sys.exc_info())
        return [b"x"]

    def never(environ, start_response):
        return [b"x"]

    def late(environ, start_response):
        start_response("200 OK", [])(b"sent")
        try:
            raise ValueError
        except ValueError:
            with pytest.raises(ValueError):
                start_response("500 Oops", [], sys.exc_info())
        return [b"!"]

    assert status_of(get(twice)) == 418
    assert status_of(get(never)) == 500
    assert body_of(get(late)) == b"4\r\nsent\r\n1\r\n!\r\n0\r\n\r\n"


def test_pe_05_what_is_written_comes_before_what_is_returned():
    def app(environ, start_response):
        write = start_response("200 OK", [("Content-Length", "6")])
        write(b"ab")
        write(b"cd")
        return [b"ef"]

    assert body_of(get(app)) == b"abcdef"


def test_pe_07_a_piece_is_sent_before_the_next_one_is_made():
    proceed = threading.Event()

    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"first"
        proceed.wait(10)
        yield b"second"

    with serving(app) as server, connect(server) as sock:
        sock.sendall(GOOD)
        assert receive_until(sock, b"first\r\n")
        proceed.set()
        assert b"second" in receive_all(sock)


@pytest.mark.parametrize(
    "request_bytes",
    [GOOD, b"POST /a?b HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: 2\r\n\r\nab"],
)
def test_pe_02_the_environ_is_as_the_standard_says(request_bytes):
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        environ["wsgi.input"].read(10)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    with serving(validator(app)) as server:
        assert b"2\r\nok\r\n" in body_of(ask(server, request_bytes))
    assert seen["SERVER_PORT"] == str(server.port)
    assert seen["SERVER_NAME"] == seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["REMOTE_PORT"].isdigit()
    assert seen["wsgi.multithread"] is True and seen["wsgi.multiprocess"] is False
    assert seen["wsgi.url_scheme"] == "http"
    assert seen["REQUEST_URI"] == seen["RAW_URI"]
    assert "HTTP_CONTENT_LENGTH" not in seen and "PATH" not in seen


def test_ds_23_the_log_has_one_escaped_line_for_each_request(capsys):
    with serving(answering(), quiet=False) as server:
        ask(server, b'GET /%1b[31m\xc2\x9b" HTTP/1.1\r\nConnection: close\r\n' + HOST + b"\r\n")
        ask(server, b"\x1b[31m\r\n\r\n")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert '"GET /%1b[31m\xc2\\x9b\\" HTTP/1.1" 200 5' in lines[0]
    assert '"\\x1b[31m" 400' in lines[1]


def test_ds_23_a_traceback_in_the_log_commands_no_terminal(capsys):
    def app(environ, start_response):
        raise ValueError("a\x1b[31mb")

    get(app, quiet=False)
    text = capsys.readouterr().err
    assert text.count("ValueError: a\\x1b[31mb") == 1
    assert "\x1b" not in text


def test_quiet_prints_nothing_and_a_missing_stream_does_no_harm(capsys, monkeypatch):
    def app(environ, start_response):
        print("from the application", file=environ["wsgi.errors"])
        raise ValueError

    assert status_of(get(app)) == 500
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys, "stderr", None)
    assert status_of(get(app, quiet=False)) == 500
