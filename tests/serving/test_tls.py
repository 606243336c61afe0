"""HTTPS: the certificate, the handshake that waits for nobody, and what is no TLS at all."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading

import pytest

from microweb.serving import make_server
from microweb.serving.extra import leading

from .wire import (
    GOOD,
    HOST,
    Recorder,
    ask,
    body_of,
    connect,
    receive_all,
    receive_until,
    serving,
    status_of,
)

ssl = pytest.importorskip("ssl", reason="this Python has no TLS")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The paths of a certificate for localhost and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command, which makes the certificate, is not here")
    folder = tmp_path_factory.mktemp("tls")
    pair = str(folder / "cert.pem"), str(folder / "key.pem")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", *kind, *subject, "-days", "2"]
    subprocess.run([*command, "-out", pair[0], "-keyout", pair[1]], check=True, capture_output=True)
    return pair


@pytest.fixture
def connect_tls(pair):
    """A function that connects to a server and checks its certificate."""
    context = ssl.create_default_context(cafile=pair[0])
    return lambda server: context.wrap_socket(connect(server), server_hostname="localhost")


def test_requests_and_answers_of_any_size_go_through(pair, connect_tls):
    app = Recorder()
    big = bytes(range(256)) * 12_000
    with serving(app, ssl_context=pair) as server, connect_tls(server) as sock:
        assert server.url == f"https://127.0.0.1:{server.port}/"
        for body in (b"small", big, b"again"):
            head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body)
            sock.sendall(head + body)
            assert body_of(receive_until(sock, b"\r\n\r\n" + body)) == body
        sock.sendall(GOOD)
        assert status_of(receive_all(sock)) == 200
    for environ in app.environs:
        assert environ["wsgi.url_scheme"] == "https" and environ["HTTPS"] == "on"
        assert environ["REMOTE_ADDR"] == "127.0.0.1"


def test_a_client_that_reads_slowly_gets_everything(pair, connect_tls):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [b"x" * 8_000_000 if environ["PATH_INFO"] == "/big" else b"small"]

    with serving(app, ssl_context=pair, threads=3) as server, connect_tls(server) as slow:
        slow.sendall(GOOD.replace(b"/good", b"/big"))
        first = slow.recv(1)
        with connect_tls(server) as other:
            other.sendall(GOOD)
            assert body_of(receive_all(other)) == b"small"
        assert len(body_of(first + receive_all(slow))) == 8_000_000


def test_a_stream_that_sends_nothing_ends_when_its_client_leaves(pair, connect_tls, monkeypatch):
    if not hasattr(leading.select, "POLLRDHUP"):
        pytest.skip("this system shows only what comes next")
    monkeypatch.setattr(leading, "SWEEP_INTERVAL", 0.01)
    closed, given_up = threading.Event(), threading.Event()

    def app(environ, start_response):
        start_response("200 OK", [])
        try:
            yield b"begun"
            while not given_up.wait(0.001):
                yield b""
        finally:
            closed.set()

    with serving(app, ssl_context=pair) as server:
        with connect_tls(server) as sock:
            sock.sendall(GOOD)
            receive_until(sock, b"begun\r\n")
        assert closed.wait(10)
        given_up.set()


def test_a_context_may_be_given(pair, connect_tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    with serving(Recorder(), ssl_context=context) as server, connect_tls(server) as sock:
        sock.sendall(GOOD)
        assert status_of(receive_all(sock)) == 200


def test_fl_01_a_handshake_that_does_not_go_on_delays_nobody(pair, connect_tls):
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    with serving(Recorder(), ssl_context=pair, threads=2) as server:
        waiting = [connect(server) for _ in range(30)]
        for sock in waiting[:20]:
            sock.sendall(hello)
        with connect_tls(server) as sock:
            sock.sendall(GOOD)
            assert status_of(receive_all(sock)) == 200
        for sock in waiting:
            sock.close()


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02"])
def test_fl_01_a_handshake_has_an_end(pair, monkeypatch, sent):
    monkeypatch.setattr(leading, "HEAD_TIMEOUT", 0.0)
    monkeypatch.setattr("microweb.serving.extra.leading.SWEEP_INTERVAL", 0.02)
    with serving(Recorder(), ssl_context=pair) as server:
        assert ask(server, sent) == b""


def test_what_is_no_tls_is_told_in_one_line_of_the_log(pair, capsys):
    with serving(Recorder(), ssl_context=pair, quiet=False) as server:
        assert status_of(ask(server, GOOD)) == 400
        ask(server, b"\xff" * 100)
    lines = capsys.readouterr().err.splitlines()
    assert "the client speaks HTTP without TLS" in lines[0]
    assert len(lines) == 2 and "no TLS: " in lines[1]


@pytest.mark.skipif(
    sys.implementation.name == "pypy",
    reason="PyPy's ssl leaves a socket that it could not wrap to the collector",
)
# A client that goes at the worst moment makes Python's ssl do the same, now and then.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_that_is_gone_before_the_handshake_does_no_harm(pair, connect_tls):
    with serving(Recorder(), ssl_context=pair) as server:
        for _ in range(50):
            sock = connect(server)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()
        with connect_tls(server) as sock:
            sock.sendall(GOOD)
            assert status_of(receive_all(sock)) == 200


def test_the_least_version_is_tls_1_2(pair):
    server = make_server(app=print, ssl_context=pair)
    assert server._tls_context.minimum_version >= ssl.TLSVersion.TLSv1_2
    server.server_close()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("adhoc", r"ssl_context is 'adhoc'; .* this command makes: openssl req -x509"),
        (True, "ssl_context is True"),
        (("cert.pem",), "ssl_context is"),
        (("nowhere.pem", "key.pem"), "'nowhere.pem' and the key 'key.pem' cannot be used: No such"),
        ((__file__, __file__), "cannot be used: "),
        ((None, 1), "cannot be used: "),
    ],
)
def test_what_is_no_certificate_is_told(given, text):
    with pytest.raises(ValueError, match=text):
        make_server(app=print, ssl_context=given)


def test_a_missing_ssl_module_is_told_with_the_package_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ssl", None)
    with pytest.raises(ImportError, match="TLS needs Python's ssl module .* python3-openssl"):
        make_server(app=print, ssl_context=("cert.pem", "key.pem"))
