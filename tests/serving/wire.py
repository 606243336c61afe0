"""Talking to a server in raw bytes: what the tests of serving share."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

from microweb.serving import Server, make_server

HOST = b"Host: localhost\r\n"
GOOD = b"GET /good HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@contextlib.contextmanager
def serving(app, **options):
    """Serve *app* on a free port in a thread while the block runs; yield the server."""
    options.setdefault("quiet", True)
    host = options.pop("host", "127.0.0.1")
    if os.environ.get("MICROWEB_TEST_SERVER") == "plain":
        server = Server(host, 0, app, options.pop("quiet"))
        vars(server).update(options)
    else:
        server = make_server(host, 0, app, **options)
    with _running(server):
        yield server


@contextlib.contextmanager
def serving_plainly(app):
    """Serve *app* as `serving` does, by the server with a thread for each connection."""
    server = Server("127.0.0.1", 0, app, True)
    with _running(server):
        yield server


@contextlib.contextmanager
def _running(server):
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def connect(server):
    """Return a socket connected to *server*, which gives up after some seconds."""
    return socket.create_connection((server.host, server.port), timeout=10)


def receive_all(sock):
    """Return everything up to the end of the connection."""
    parts = []
    while True:
        data = sock.recv(65536)
        if not data:
            return b"".join(parts)
        parts.append(data)


def receive_until(sock, ending):
    """Return what comes until it ends with *ending*, or until the connection ends."""
    data = b""
    while not data.endswith(ending):
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return data


def ask(server, request, half_close=False):
    """Send *request* and return everything that comes until the server closes."""
    with connect(server) as sock:
        sock.sendall(request)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        return receive_all(sock)


def status_of(answer):
    """Return the status code of the first answer in *answer*, 0 if there is none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0


def body_of(answer):
    """Return what follows the first head."""
    return answer.partition(b"\r\n\r\n")[2]


class Recorder:
    """An application that reads the body and remembers every environ and body."""

    def __init__(self):
        self.environs = []
        self.bodies = []

    def __call__(self, environ, start_response):
        """Answer with the body that came."""
        self.environs.append(environ)
        self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [self.bodies[-1]]
