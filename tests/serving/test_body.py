"""Bodies by length and in chunks: decoded, or refused, never cut short in silence."""

from __future__ import annotations

import io

import pytest

from microweb.serving.body import BodyBroken, RequestBody

from .wire import HOST, Recorder, ask, body_of, connect, receive_until, serving, status_of


def pieces_of(data, size):
    """Return a function that brings *data* in pieces of *size* bytes."""
    pieces = iter([data[at : at + size] for at in range(0, len(data), size)])
    return lambda: next(pieces, b"")


def test_a_body_that_broke_stays_broken():
    body = RequestBody(bytearray(b"5\r\nab"), lambda: b"", 10, 100)
    for _ in range(3):
        with pytest.raises(BodyBroken):
            body.read()
    assert not body.drain()


def test_a_body_reads_like_a_file():
    data = b"one\ntwo\n" + b"x" * 5000 + b"\nlast"

    def make():
        receive = pieces_of(data[2:] + b"GET", 7)
        return io.BufferedReader(RequestBody(bytearray(data[:2]), receive, len(data), 0))

    assert b"".join(make()) == data
    assert list(make()) == make().readlines() == data.splitlines(keepends=True)
    body = make()
    assert [body.readline(2), body.readline(), body.read(3), body.read(0)] == [
        b"on",
        b"e\n",
        b"two",
        b"",
    ]
    assert body.read(None) == data[7:]
    assert body.read(10) == body.readline() == b""


def test_ds_10_a_length_beyond_the_limit_is_refused_before_the_application():
    app = Recorder()
    with serving(app, max_body_size=10) as server:
        length = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 11\r\n\r\n"
        assert status_of(ask(server, length)) == 413
    assert app.bodies == []


def test_fl_11_a_client_that_leaves_in_the_middle_gives_no_short_body(recording_server, recorder):
    request = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\nabc"
    assert status_of(ask(recording_server, request, half_close=True)) == 400
    assert recorder.bodies == []


def test_ds_24_a_client_that_waits_is_told_once_to_continue(recording_server, recorder):
    with connect(recording_server) as sock:
        sock.sendall(
            b"POST / HTTP/1.1\r\nConnection: close\r\nExpect: 100-Continue\r\n"
            + HOST
            + b"Content-Length: 4\r\n\r\n"
        )
        assert receive_until(sock, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"ab")
        sock.sendall(b"cd")
        answer = receive_until(sock, b"abcd")
    assert answer.count(b"HTTP/1.1 ") == 1 and body_of(answer) == b"abcd"


def unread(environ, start_response):
    start_response("403 Forbidden", [("Content-Length", "2")])
    return [b"no"]


def test_ds_24_nobody_is_told_to_continue_for_a_body_that_nobody_wants():
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    with serving(unread) as server:
        answer = ask(server, head)
    assert status_of(answer) == 403 and b"Connection: close" in answer


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_ds_26_a_body_that_nobody_read_is_not_taken_for_a_request(size):
    body = (b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n" * (size // 30 + 1))[:size]
    request = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size + body
    seen = []

    def app(environ, start_response):
        seen.append(environ["PATH_INFO"])
        return unread(environ, start_response)

    with serving(app) as server, connect(server) as sock:
        sock.sendall(request)
        assert receive_until(sock, b"\r\n\r\nno").startswith(b"HTTP/1.1 403")
        sock.sendall(b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n")
        assert receive_until(sock, b"\r\n\r\nno").startswith(b"HTTP/1.1 403")
    assert seen == ["/", "/next"]


@pytest.mark.parametrize(("limit", "status"), [(1 << 30, 403), (1000, 413)])
def test_fl_12_an_answer_to_a_huge_upload_arrives(limit, status):
    with serving(unread, max_body_size=limit) as server:
        head = (
            b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5000000\r\nConnection: close\r\n\r\n"
        )
        assert status_of(ask(server, head + b"x" * 5_000_000)) == status
