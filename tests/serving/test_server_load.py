"""What wears a server out: many, slow, greedy and broken clients, a clock that jumps, no resources.

The long forms of these tests, minutes instead of moments, are ``python -m benchmarks serving``.
The rows FL-02, 05, 08 to 12, 15, 18, 19 and 23 are in the files beside this one. FL-24: on a
free-threaded Python all of these run without the lock that others have; none is special to it.
"""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest

from microweb.serving import answer, make_server
from microweb.serving.extra import leading

from ..support import IMPORT_FOLDER
from .test_parser import REFUSED
from .wire import GOOD, HOST, ask, body_of, connect, receive_all, receive_until, serving, status_of

PATHS = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
ROOT = str(IMPORT_FOLDER)


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode("latin-1")]


class Endless:
    """An application whose answer has no end; `closed` is set when the server has closed it."""

    def __init__(self):
        self.closed = threading.Event()
        self.pieces = 0

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        return self

    def __iter__(self):
        while True:
            self.pieces += 1
            yield b"x" * 65536

    def close(self):
        self.closed.set()


def test_fl_03_who_takes_nothing_of_an_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(leading, "SEND_TIMEOUT", 0.05)
    app = Endless()
    with serving(app) as server, connect(server) as sock:
        sock.sendall(GOOD)
        assert app.closed.wait(10)


@pytest.mark.parametrize("direction", ["send", "receive"])
def test_fl_03_who_trickles_is_given_up_however_often_something_moves(monkeypatch, direction):
    clock = [0.0]

    class Trickling:
        """A socket whose client lets one byte through every 9 seconds."""

        left = 9

        def settimeout(self, seconds):
            self.patience = seconds

        def _wait(self):
            if not self.patience:
                raise BlockingIOError
            waited = min(self.left, self.patience)
            clock[0] += waited
            self.left -= waited
            if self.left:
                raise socket.timeout
            self.left = 9

        def send(self, data):
            self._wait()
            return 1

        def recv(self, size):
            self._wait()
            return b"x"

    monkeypatch.setattr(leading, "monotonic", lambda: clock[0])
    sock = Trickling()
    sock.settimeout(0)
    client = leading.LeadingConnection(sock, {}, lambda: True)
    client.buffer += b"GET / HTTP/1.0\r\n\r\n"
    assert client.find_head(0)
    with pytest.raises(OSError):
        client.send(b"x" * 1000) if direction == "send" else [client.receive() for _ in range(1000)]
    assert clock[0] < 40
    client.buffer += b"GET / HTTP/1.0\r\n\r\n"
    assert client.find_head(0)
    assert client.receive() == b"x"


def test_fl_04_fl_20_idle_connections_cost_no_threads():
    with serving(hello, threads=4) as server:
        sockets = [connect(server) for _ in range(200)]
        for number, sock in enumerate(sockets):
            sock.sendall(PATHS % number)
        for number, sock in enumerate(sockets):
            receive_until(sock, b"/%d" % number)
        assert len(server._workers) <= 4
        assert len(server._connections) == 200
        for sock in sockets:
            sock.close()


def test_fl_06_without_a_further_thread_those_that_there_are_serve(monkeypatch):
    entered, leave = threading.Semaphore(0), threading.Event()

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/wait":
            entered.release()
            leave.wait(10)
        return hello(environ, start_response)

    server = make_server(app=app, quiet=True)
    start, started = threading.Thread.start, []

    def start_two(thread):
        if thread.name.startswith("microweb"):
            if len(started) == 2:
                raise RuntimeError("can't start new thread")
            started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_two)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with connect(server) as first, connect(server) as second:
        for sock in (first, second):
            sock.sendall(GOOD.replace(b"/good", b"/wait"))
            assert entered.acquire(timeout=10)
        with connect(server) as third:
            third.sendall(GOOD)
            leave.set()
            assert body_of(receive_all(third)) == b"/good"
    server.shutdown()
    thread.join()


EXHAUSTED = f"""
import resource, socket, sys, threading, time
sys.path.insert(0, {ROOT!r})
from microweb.serving import make_server
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
server = make_server(app=app, quiet=True)
thread = threading.Thread(target=server.serve_forever)
thread.start()
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
print(server.port, flush=True)
sys.stdin.readline()
print(time.process_time(), flush=True)
sys.stdin.readline()
print(time.process_time(), len(server._connections), flush=True)
sys.stdin.readline()
server.shutdown()
"""


@pytest.mark.skipif(os.name == "nt", reason="limits of descriptors are POSIX's")
def test_fl_07_without_descriptors_the_server_waits_without_turning_in_circles():
    command, pipe = [sys.executable, "-c", EXHAUSTED], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:

        def proceed():
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline().split()

        address = ("127.0.0.1", int(process.stdout.readline()))
        sockets = [socket.create_connection(address, timeout=10) for _ in range(200)]
        sockets[0].sendall(GOOD)
        sockets[-1].sendall(GOOD)
        # The first ones had to go for the last one.
        assert receive_all(sockets[-1]).endswith(b"ok")
        before = float(proceed()[0])
        threading.Event().wait(0.3)
        after, connections = proceed()
        assert float(after) - before < 0.2 and int(connections) < 64
        for sock in sockets:
            sock.close()
        with socket.create_connection(address, timeout=10) as sock:
            sock.sendall(GOOD)
            assert receive_all(sock).endswith(b"ok")
        proceed()
    assert process.returncode == 0


def test_fl_13_pipelines_of_many_clients_are_answered_in_order():
    expected = [b"%d" % number for number in range(50)]
    with serving(hello) as server:
        sockets = [connect(server) for _ in range(20)]
        for sock in sockets:
            sock.sendall(b"".join(PATHS % number for number in range(50)))
        for sock in sockets:
            answer = receive_until(sock, b"/49")
            assert re.findall(rb"\r\n\r\n/([0-9]+)(?=HTTP|$)", answer) == expected
            sock.close()


def test_fl_14_one_connection_carries_a_thousand_mixed_requests():
    def app(environ, start_response):
        kind, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        body = environ["wsgi.input"].read() if kind != "/unread" else b""
        if kind in ("/204", "/304"):
            start_response(kind[1:] + " Nothing", [])
            return [b"dropped"]
        if kind == "/chunked":
            start_response("200 OK", [])
            return iter([b"<", body, b">"])
        start_response("404 Not Found" if kind == "/404" else "200 OK", [])
        return [b"<" + body + b">" + method.encode()]

    kinds = ["/200", "/204", "/304", "/404", "/chunked", "/unread"]
    with serving(app) as server:
        client = HTTPConnection("127.0.0.1", server.port, timeout=10)
        client.connect()
        first = client.sock
        for number in range(1000):
            kind, method = kinds[number % 6], ("GET", "POST", "HEAD")[number // 6 % 3]
            sent = b"x" * (number % 50) if method == "POST" else None
            chunked = sent is not None and number % 2 == 0
            client.request(method, kind, iter([sent]) if chunked else sent, encode_chunked=chunked)
            answer = client.getresponse()
            data = answer.read()
            assert answer.status == (int(kind[1:]) if kind[1:].isdigit() else 200)
            if method == "HEAD" or kind in ("/204", "/304"):
                assert data == b""
            elif kind == "/chunked":
                assert data == b"<" + (sent or b"") + b">"
            else:
                assert data.startswith(b"<" + (sent or b"") * (kind != "/unread") + b">")
        assert client.sock is first
        assert len(server._connections) == 1
        client.close()


def test_fl_21_an_endless_answer_is_made_no_faster_than_it_is_taken():
    app = Endless()
    with serving(app) as server:
        with connect(server) as sock:
            sock.sendall(GOOD)
            taken = 0
            while taken < 2_000_000:
                taken += len(sock.recv(65536))
            made = app.pieces * 65536
        assert app.closed.wait(10)
    # What lies between is in the buffers of the system.
    assert made < taken + 20_000_000


def test_fl_22_the_clock_may_jump(monkeypatch):
    for now, written in [
        (1_000_000_000.0, b"Sun, 09 Sep 2001 01:46:40 GMT"),
        (0.0, b"Thu, 01 Jan 1970 00:00:00 GMT"),
        (4_000_000_000.5, b"Tue, 02 Oct 2096 07:06:40 GMT"),
    ]:
        clock = SimpleNamespace(**{**vars(time), "time": lambda now=now: now})
        monkeypatch.setattr(answer, "time", clock)
        with serving(hello) as server, connect(server) as sock:
            for _ in range(2):
                sock.sendall(PATHS % 1)
                assert b"\r\nDate: " + written + b"\r\n" in receive_until(sock, b"/1")


def test_ds_32_pipelined_requests_wait_in_the_system_not_in_the_server():
    class Gate:
        entered, open = threading.Event(), threading.Event()

        def __call__(self, environ, start_response):
            self.entered.set()
            self.open.wait(10)
            return hello(environ, start_response)

    gate, number = Gate(), 1_000_000
    with serving(gate) as server, connect(server) as sock:
        sock.setblocking(False)
        pending = memoryview(PATHS % 7 * number)
        sent = 0
        try:
            while sent < len(pending):
                sent += sock.send(pending[sent:])
        except BlockingIOError:
            pass
        assert gate.entered.wait(10)
        assert sent < len(pending)
        assert sum(len(one.buffer) for one in server._connections) < 200_000
        gate.open.set()
        sock.settimeout(10)
        assert receive_until(sock, b"/7").startswith(b"HTTP/1.1 200")


BODY = b"3\r\nabc\r\n0\r\n\r\n"
CORPUS = [
    GOOD,
    b"POST /a%20b?c=d HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello" + GOOD,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + BODY + GOOD,
    b"OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GOOD,
    *(row[2] for row in REFUSED if len(row[2]) < 1000),
]
ALLOWED = {200, 400, 408, 413, 414, 417, 431, 501, 505}


def mutate(rng, data):
    """Return *data* with some bytes changed, doubled, removed or taken from another request."""
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(mutated) + 1)
        action = rng.randrange(4)
        if action == 0:
            mutated[at : at + 1] = bytes([rng.choice(b"\r\n\0 :;,\t/\xff0A") or rng.randrange(256)])
        elif action == 1:
            mutated[at:at] = mutated[at : at + rng.randrange(20)]
        elif action == 2:
            del mutated[at : at + rng.randrange(10)]
        else:
            mutated[at:at] = rng.choice([b"\r\n", b"\r", b"\n", b" ", *CORPUS])[:40]
    return bytes(mutated)


def test_fl_25_mutated_requests_are_answered_or_refused_alike_however_they_are_cut(capsys):
    def app(environ, start_response):
        environ["wsgi.input"].read()
        return hello(environ, start_response)

    rng = random.Random(25)
    with serving(app, quiet=False) as server:
        for number in range(400):
            data, answers = mutate(rng, CORPUS[number % len(CORPUS)]), []
            for size in (len(data), rng.randint(1, 30)):
                with connect(server) as sock:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    try:
                        for at in range(0, len(data), size or 1):
                            sock.sendall(data[at : at + size])
                        sock.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass  # It was refused before it was complete.
                    try:
                        answers.append(re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", receive_all(sock)))
                    except OSError:
                        answers.append(None)
            assert {int(code) for answer in answers for code in answer or ()} <= ALLOWED, data
            # What is wrong in two ways may be told by either.
            served = [[code == b"200" for code in answer or ()] for answer in answers]
            assert None in answers or served[0] == served[1], data
        assert status_of(ask(server, GOOD)) == 200
    assert "Traceback" not in capsys.readouterr().err
