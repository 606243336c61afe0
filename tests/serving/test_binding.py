"""Where a server listens: Unix sockets, IPv6, inherited descriptors; and what is in the way."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path
from wsgiref.validate import validator

import pytest

from microweb.serving import AddressInUse, make_server
from microweb.serving.extra import binding
from microweb.text.hosts import is_loopback_host

from ..support import IMPORT_FOLDER
from .wire import GOOD, Recorder, ask, receive_all, serving, status_of

needs_unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no Unix sockets here")
ROOT = str(IMPORT_FOLDER)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A path of a socket that does not exist yet, short enough for every system."""
    monkeypatch.chdir(tmp_path)
    return "s.sock"


def ask_unix(path, request=GOOD):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(path)
        sock.sendall(request)
        return receive_all(sock)


def validated(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["REMOTE_ADDR"].encode()]


@needs_unix
def test_fl_23_a_unix_socket_is_served_and_its_file_goes_with_the_server(path, tmp_path):
    app = Recorder()
    with serving(app, host=f"unix://{path}", socket_mode=0o600) as server:
        assert server.url == server.host == f"unix://{tmp_path / path}" and server.port == 0
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert status_of(ask_unix(path)) == 200
    assert not os.path.exists(path)
    environ = app.environs[0]
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("127.0.0.1", "0")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("localhost", "80")


@needs_unix
def test_fl_23_the_environ_of_a_unix_socket_is_as_the_standard_says(path):
    with serving(validator(validated), host=f"unix://{path}"):
        assert b"127.0.0.1" in ask_unix(path)


@needs_unix
def test_a_socket_file_that_nobody_answers_on_is_replaced(path):
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(path)
    with serving(Recorder(), host=f"unix://{path}"):
        assert status_of(ask_unix(path)) == 200


@needs_unix
def test_a_socket_file_that_somebody_answers_on_is_left_alone(path):
    with serving(Recorder(), host=f"unix://{path}"):
        with pytest.raises(AddressInUse, match="s.sock is in use: a server answers on it"):
            make_server(f"unix://{path}", 0, print)
        assert status_of(ask_unix(path)) == 200


@needs_unix
def test_a_file_that_is_no_socket_is_left_alone(path):
    Path(path).write_text("precious")
    with pytest.raises(AddressInUse, match="it is no socket"):
        make_server(f"unix://{path}", 0, print)
    assert Path(path).read_text() == "precious"


@needs_unix
def test_the_file_of_a_server_that_came_later_is_left_alone(path):
    first = make_server(f"unix://{path}", 0, print)
    os.unlink(path)
    with serving(Recorder(), host=f"unix://{path}"):
        first.server_close()
        assert status_of(ask_unix(path)) == 200


@needs_unix
def test_the_file_of_an_inherited_socket_is_left_to_who_made_it(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with serving(Recorder(), fd=listener.fileno()) as server:
            assert server.url.startswith("unix://") and status_of(ask_unix(path)) == 200
        assert os.path.exists(path)


def test_without_unix_sockets_a_path_is_told(monkeypatch):
    monkeypatch.setattr(binding, "unix_family", lambda: None)
    with pytest.raises(OSError, match="this system has no Unix sockets; give a host and a port"):
        make_server("unix://x", 0, print)


@pytest.mark.parametrize(
    ("host", "family", "client", "url"),
    [
        ("::1", socket.AF_INET6, "::1", "http://[::1]:{}/"),
        ("[::1]", socket.AF_INET6, "::1", "http://[::1]:{}/"),
        ("::", socket.AF_INET6, "::1", "http://[::1]:{}/"),
        ("::", socket.AF_INET, "127.0.0.1", "http://[::1]:{}/"),
        ("", socket.AF_INET, "127.0.0.1", "http://127.0.0.1:{}/"),
        ("0.0.0.0", socket.AF_INET, "127.0.0.1", "http://127.0.0.1:{}/"),
        ("localhost", socket.AF_INET, "127.0.0.1", "http://localhost:{}/"),
        ("::1%1", socket.AF_INET6, "::1", None),
    ],
)
def test_fl_23_who_comes_by_which_family_is_told_by_its_address(host, family, client, url):
    app = Recorder()
    try:
        server = make_server(host, 0, app, quiet=True)
    except OSError:
        pytest.skip("this system has no such address")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with socket.socket(family) as sock:
            sock.settimeout(10)
            sock.connect((client, server.port))
            sock.sendall(GOOD)
            assert status_of(receive_all(sock)) == 200
    finally:
        server.shutdown()
        thread.join()
    assert app.environs[0]["REMOTE_ADDR"] == client
    assert url is None or server.url == url.format(server.port)


def test_a_descriptor_is_served_and_stays_the_callers():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with serving(Recorder(), host="ignored", fd=listener.fileno()) as server:
            assert (server.host, server.port) == listener.getsockname()
            assert status_of(ask(server, GOOD)) == 200
        assert listener.fileno() >= 0 and listener.getsockname()[1] == server.port


def test_cf_07_what_is_no_listening_socket_is_told(tmp_path):
    with socket.socket() as silent, open(tmp_path / "file", "w") as file:
        for fd in (silent.fileno(), file.fileno(), 987654, -1, 1 << 70, "3"):
            with pytest.raises(OSError, match=r"descriptor .+ is no socket that listens"):
                make_server(fd=fd, app=print)


SYSTEMD = f"""
import os, sys
if len(sys.argv) > 1:
    os.dup2(int(sys.argv[1]), 3)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
sys.path.insert(0, {ROOT!r})
from microweb.running import run_simple
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"by systemd"]
run_simple("127.0.0.1", 1, app)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
def test_the_socket_that_systemd_passes_is_served():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address, fd = listener.getsockname(), listener.fileno()
        command = [sys.executable, "-c", SYSTEMD, str(fd)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, pass_fds=[fd]) as process:
            with socket.create_connection(address, timeout=10) as sock:
                sock.sendall(GOOD)
                assert receive_all(sock).endswith(b"by systemd")
            process.terminate()
            banner = process.stderr.read().decode()
    assert f"http://127.0.0.1:{address[1]}/" in banner
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("pid", "count", "expected"),
    [("own", "1", 3), ("1", "1", None), ("", "1", None), ("own", "2", OSError)],
)
def test_cf_07_what_systemd_meant_for_another_process_is_ignored(monkeypatch, pid, count, expected):
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()) if pid == "own" else pid)
    monkeypatch.setenv("LISTEN_FDS", count)
    if expected is OSError:
        with pytest.raises(OSError, match="systemd passes 2 sockets; one can be served"):
            binding.find_systemd_descriptor()
    else:
        assert binding.find_systemd_descriptor() == expected


def test_the_airplay_receiver_is_suspected_on_a_mac(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(binding, "_is_free", lambda host, port: port == 5002)
    text = binding.describe_address_in_use("127.0.0.1", 5000)
    assert "AirPlay" in text and text.endswith("port 5002 is free")
    assert "AirPlay" not in binding.describe_address_in_use("127.0.0.1", 5001)


def test_the_search_for_the_holder_of_a_port_has_an_end(monkeypatch):
    monkeypatch.setattr(binding, "_HOLDER_SEARCH_SECONDS", -1)
    with make_server(app=print, quiet=True) as server:
        assert " by " not in binding.describe_address_in_use("127.0.0.1", server.port)


def test_cf_03_a_privileged_port_is_told(monkeypatch):
    class Refusing(socket.socket):
        def bind(self, address):
            raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(binding.socket, "socket", Refusing)
    with pytest.raises(PermissionError, match="ports below 1024 are the administrator's"):
        make_server("127.0.0.1", 80, print)


@pytest.mark.parametrize(
    ("port", "error", "text"),
    [
        (99999, OverflowError, "port must be 0-65535"),
        (-1, OverflowError, "port must be 0-65535"),
        ("abc", TypeError, "the port is 'abc'; it must be a number"),
        (None, TypeError, "the port is None"),
        (True, TypeError, "the port is True"),
    ],
)
def test_cf_03_what_is_no_port_is_told(port, error, text):
    with pytest.raises(error, match=text):
        make_server("127.0.0.1", port, print)


def test_cf_02_without_a_host_only_this_machine_is_served():
    with make_server(app=print) as server:
        assert server.host == "127.0.0.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "unix:///x", "["])
def test_which_hosts_are_this_machine(host):
    assert is_loopback_host(host) is (host != "[")
