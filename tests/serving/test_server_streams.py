"""Streams that stay open: they take no thread from requests, and end when their client leaves."""

from __future__ import annotations

import socket
import threading

import pytest

from microweb.serving.extra import leading

from .wire import GOOD, ask, body_of, connect, receive_all, receive_until, serving

STREAM = b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
QUIET = STREAM.replace(b"/stream", b"/quiet")
WAIT = STREAM.replace(b"/stream", b"/wait")


class Streams:
    """``/stream`` sends a piece and waits for `go_on`, ``/quiet`` waits first; others are short.

    ``/poll`` sends a piece, and empty ones until it is closed. ``/wait`` waits in the call itself.
    """

    def __init__(self):
        self.entered, self.go_on = threading.Semaphore(0), threading.Event()
        self.closed, self.polling = threading.Event(), True

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/wait":
            self.entered.release()
            assert self.go_on.wait(20)
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return getattr(self, path[1:], lambda: [path.encode()])()

    def stream(self):
        yield b"begun"
        self.entered.release()
        assert self.go_on.wait(20)
        yield b"ended"

    def quiet(self):
        self.entered.release()
        assert self.go_on.wait(20)
        yield b"ended"

    def poll(self):
        try:
            yield b"begun"
            while self.polling:
                yield b""
                self.go_on.wait(0.001)
        finally:
            self.closed.set()


def hear(server, wanted):
    """Return a list that gets what *server* logs about itself, and an event for *wanted* in it."""
    lines, heard = [], threading.Event()

    def write(text):
        if text.startswith("microweb:"):
            lines.append(text)
        if wanted in text:
            heard.set()
        return len(text)

    server.log.write = write
    return lines, heard


@pytest.mark.parametrize("request_of_stream", [STREAM, QUIET])
def test_open_streams_leave_the_threads_to_requests(request_of_stream):
    app = Streams()
    with serving(app, threads=2) as server:
        sockets = [connect(server) for _ in range(12)]
        for sock in sockets:
            sock.sendall(request_of_stream)
        for _ in sockets:
            assert app.entered.acquire(timeout=10)
        for _ in range(20):
            assert body_of(ask(server, GOOD)) == b"/good"
        app.go_on.set()
        for sock in sockets:
            assert b"\r\nended\r\n0\r\n\r\n" in receive_all(sock)
            sock.close()
        assert body_of(ask(server, GOOD)) == b"/good"


def test_the_threads_of_streams_end_with_them_and_only_so_many_requests_run():
    app = Streams()
    with serving(app, threads=2) as server:
        sockets = [connect(server) for _ in range(12)]
        for sock in sockets:
            sock.sendall(STREAM)
        for _ in sockets:
            assert app.entered.acquire(timeout=10)
        many = list(server._workers)
        assert len(many) >= 12
        app.go_on.set()
        for sock in sockets:
            receive_all(sock)
            sock.close()
        app.go_on.clear()
        waiting = [connect(server) for _ in range(4)]
        for sock in waiting:
            sock.sendall(WAIT)
        assert app.entered.acquire(timeout=10) and app.entered.acquire(timeout=10)
        # Whatever thread may still end does so now.
        for thread in set(many) - set(server._workers):
            thread.join(10)
        assert not app.entered.acquire(timeout=0.05)
        app.go_on.set()
        for sock in waiting:
            assert receive_until(sock, b"/wait\r\n0\r\n\r\n")
            sock.close()
        assert len(server._workers) <= 2


@pytest.mark.parametrize("ahead", [b"", GOOD])
def test_a_stream_that_sends_nothing_ends_when_its_client_leaves(monkeypatch, ahead):
    if ahead and not hasattr(leading.select, "POLLRDHUP"):
        pytest.skip("this system shows only what comes next")
    monkeypatch.setattr(leading, "SWEEP_INTERVAL", 0.01)
    app = Streams()
    with serving(app) as server:
        with connect(server) as sock:
            sock.sendall(STREAM.replace(b"/stream", b"/poll") + ahead)
            receive_until(sock, b"begun\r\n")
            assert not app.closed.is_set()
        assert app.closed.wait(10)
        app.polling = False


def test_a_client_that_has_left_is_seen_without_polling_too(monkeypatch):
    monkeypatch.delattr(leading.select, "POLLRDHUP", raising=False)
    ours, theirs = socket.socketpair()
    with ours:
        assert not leading.has_hung_up(ours)
        theirs.sendall(b"x")
        assert not leading.has_hung_up(ours)
        assert ours.recv(1) == b"x"
        theirs.close()
        assert leading.has_hung_up(ours)
    assert not leading.has_hung_up(ours)


@pytest.mark.parametrize(
    ("threads", "request_of_all", "advice"),
    [(2, WAIT, "set threads=4 in app.run()"), (1, STREAM, "leave out threaded=False")],
)
def test_one_line_of_the_log_says_that_requests_wait(monkeypatch, threads, request_of_all, advice):
    monkeypatch.setattr(leading, "CROWDED_TIMEOUT", 0.05)
    app = Streams()
    with serving(app, threads=threads, quiet=False) as server:
        lines, heard = hear(server, "requests wait")
        sockets = [connect(server) for _ in range(threads)]
        for sock in sockets:
            sock.sendall(request_of_all)
            assert app.entered.acquire(timeout=10)
        with connect(server) as late:
            late.sendall(GOOD)
            assert heard.wait(10)
            app.go_on.set()
            assert body_of(receive_all(late)) == b"/good"
        for sock in sockets:
            receive_all(sock)
            sock.close()
    assert len(lines) == 1 and advice in lines[0]


def test_where_all_threads_work_and_nobody_waits_nothing_is_said(monkeypatch):
    monkeypatch.setattr(leading, "CROWDED_TIMEOUT", 0.02)
    app = Streams()
    with serving(app, threads=2, quiet=False) as server:
        lines, heard = hear(server, "requests wait")
        idle = connect(server)
        sockets = [connect(server) for _ in range(2)]
        for sock in sockets:
            sock.sendall(WAIT)
            assert app.entered.acquire(timeout=10)
        idle.close()
        assert not heard.wait(0.2)
        app.go_on.set()
        for sock in sockets:
            receive_all(sock)
            sock.close()
    assert lines == []


def test_where_streams_take_all_connections_the_log_says_what_to_set():
    app = Streams()
    with serving(app, max_connections=3, quiet=False) as server:
        lines, heard = hear(server, "connections are refused")
        sockets = [connect(server) for _ in range(3)]
        for sock in sockets:
            sock.sendall(STREAM)
            assert app.entered.acquire(timeout=10)
        with connect(server) as late:
            assert heard.wait(10)
            assert receive_all(late) == b""
        app.go_on.set()
        for sock in sockets:
            receive_all(sock)
            sock.close()
    assert len(lines) == 1 and "max_connections=6" in lines[0]
