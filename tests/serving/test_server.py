"""Many clients at once: idle, slow, gone, pipelining, and a server that stops."""

from __future__ import annotations

import re
import socket
import struct
import threading

import pytest

from microweb.serving import make_server
from microweb.serving.extra import leading

from .wire import GOOD, HOST, ask, body_of, connect, receive_all, receive_until, serving, status_of

PATHS = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode("latin-1")]


class Gate:
    """An application that answers at /wait only when it is let."""

    def __init__(self):
        self.entered = threading.Semaphore(0)
        self.open = threading.Event()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/wait":
            self.entered.release()
            self.open.wait(10)
        return hello(environ, start_response)


def test_one_connection_serves_many_requests():
    with serving(hello) as server, connect(server) as sock:
        for number in range(50):
            sock.sendall(PATHS % number)
            assert body_of(receive_until(sock, b"/%d" % number)) == b"/%d" % number


def test_a_server_shows_its_socket_as_those_of_the_standard_library_do():
    with make_server(app=hello, quiet=True) as server:
        assert server.fileno() == server.socket.fileno() >= 0
        assert server.server_address == server.socket.getsockname() == ("127.0.0.1", server.port)
        assert server.address_family is socket.AF_INET
    assert server.fileno() == -1


def test_ds_27_pipelined_requests_are_answered_in_order():
    with serving(hello) as server:
        answer = ask(server, b"".join(PATHS % number for number in range(200)), half_close=True)
    assert re.findall(rb"\r\n\r\n/([0-9]+)(?=HTTP|$)", answer) == [b"%d" % n for n in range(200)]


def test_fl_01_idle_and_slow_clients_delay_nobody():
    slow = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nab"
    with serving(Gate(), threads=4) as server:
        sockets = [connect(server) for _ in range(42)]
        for number, sock in enumerate(sockets):
            sock.sendall((b"", b"GET / HT", slow)[0 if number < 20 else 1 if number < 40 else 2])
        assert status_of(ask(server, GOOD)) == 200
        assert len(server._workers) <= 4
        for sock in sockets:
            sock.close()


def test_a_slow_application_delays_nobody():
    gate = Gate()
    with serving(gate) as server:
        waiting = [connect(server) for _ in range(5)]
        for sock in waiting:
            sock.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for _ in waiting:
            assert gate.entered.acquire(timeout=10)
        for _ in range(20):
            assert status_of(ask(server, GOOD)) == 200
        gate.open.set()
        for sock in waiting:
            assert body_of(receive_all(sock)) == b"/wait"
            sock.close()


def test_with_one_thread_applications_run_one_after_the_other():
    running, most = [], []

    def app(environ, start_response):
        running.append(1)
        most.append(len(running))
        assert environ["wsgi.multithread"] is False
        running.pop()
        return hello(environ, start_response)

    with serving(app, threads=1) as server:
        threads = [threading.Thread(target=ask, args=(server, GOOD)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == [1] * 10


def test_fl_03_a_client_that_reads_slowly_gets_everything_and_delays_nobody():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"x" * 20_000_000 if environ["PATH_INFO"] == "/big" else b"small"]

    with serving(app) as server, connect(server) as sock:
        sock.sendall(GOOD.replace(b"/good", b"/big"))
        sock.recv(1)
        assert body_of(ask(server, GOOD)) == b"small"
        assert len(body_of(b"H" + receive_all(sock))) == 20_000_000


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"GET / HTTP/1.1\r\n", 408), (b"", 0), (GOOD[:-2].replace(b"close", b"x") + b"\r\n", 200)],
)
def test_fl_01_waiting_for_a_client_has_an_end(monkeypatch, sent, status):
    for name in ("HEAD_TIMEOUT", "IDLE_TIMEOUT"):
        monkeypatch.setattr(leading, name, 0.0)
    monkeypatch.setattr("microweb.serving.extra.leading.IDLE_TIMEOUT", 0.0)
    monkeypatch.setattr("microweb.serving.extra.leading.SWEEP_INTERVAL", 0.02)
    with serving(hello) as server:
        assert status_of(ask(server, sent)) in (status, status and 408)


def test_fl_02_waiting_for_a_body_has_an_end(monkeypatch):
    monkeypatch.setattr(leading, "BODY_TIMEOUT", 0.05)

    def app(environ, start_response):
        environ["wsgi.input"].read()
        return hello(environ, start_response)

    with serving(app) as server:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nab"
        assert status_of(ask(server, head)) == 408


def test_fl_05_beyond_the_most_connections_the_one_that_waits_longest_goes():
    with serving(hello, max_connections=3) as server:
        sockets = [connect(server) for _ in range(10)]
        assert status_of(ask(server, GOOD)) == 200
        assert sockets[0].recv(1) == b""
        for sock in sockets:
            sock.close()


def test_fl_08_a_client_may_close_its_side_after_the_request():
    with serving(hello) as server:
        answer = ask(server, GOOD.replace(b"Connection: close\r\n", b""), half_close=True)
    assert body_of(answer) == b"/good"


def test_fl_09_connections_that_are_reset_at_once_do_no_harm(capsys):
    with serving(hello, quiet=False) as server:
        for _ in range(100):
            sock = connect(server)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        assert status_of(ask(server, GOOD)) == 200
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_fl_15_answers_go_to_whom_they_belong():
    wrong = []

    def client(number):
        with connect(server) as sock:
            for turn in range(30):
                path = b"/%d" % (number * 1000 + turn)
                sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
                if body_of(receive_until(sock, path)) != path:
                    wrong.append(path)

    with serving(hello) as server:
        threads = [threading.Thread(target=client, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_fl_18_stopping_lets_running_requests_finish_and_closes_the_port():
    gate = Gate()
    server = make_server(app=gate, quiet=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with connect(server) as running, connect(server) as idle:
        running.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        assert gate.entered.acquire(timeout=10)
        server.request_stop()
        gate.open.set()
        assert body_of(receive_all(running)) == b"/wait"
        assert idle.recv(1) == b""
    thread.join()
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    with pytest.raises(RuntimeError, match="make another"):
        server.serve_forever()


def test_stopping_does_not_wait_for_ever():
    gate = Gate()
    server = make_server(app=gate, quiet=True, stop_timeout=0.05)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with connect(server) as sock:
        sock.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        assert gate.entered.acquire(timeout=10)
        server.shutdown()
        thread.join(10)
        assert not thread.is_alive()
        gate.open.set()
    for worker in server._workers:
        worker.join(10)


def test_fl_23_ipv6_is_served_where_the_system_has_it():
    try:
        server = make_server("::1", 0, hello, quiet=True)
    except OSError:
        pytest.skip("this system has no IPv6")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert server.url == f"http://[::1]:{server.port}/"
    assert status_of(ask(server, GOOD)) == 200
    server.shutdown()
    thread.join()
