"""What a program calls: signals, the banner, a busy port, wrong arguments."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys

import pytest

from microweb.running import run_simple
from microweb.serving import AddressInUse, make_server
from microweb.serving.extra import leading

from ..support import IMPORT_FOLDER
from .wire import body_of, receive_all

PROGRAM = """
import signal, sys, threading
sys.path.insert(0, sys.argv[1])
from microweb.running import run_simple
def app(environ, start_response):
    if environ["PATH_INFO"] != "/":
        print("entered", flush=True)
        if sys.stdin.readline() == "signal\\n":
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
            sys.stdin.readline()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"finished"]
run_simple("127.0.0.1", 0, app)
print("returned", flush=True)
"""


@pytest.fixture
def program():
    """A running server in its own process, and its port."""
    root = str(IMPORT_FOLDER)
    command = [sys.executable, "-W", "error", "-c", PROGRAM, root]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        banner = process.stderr.readline()
        match = re.fullmatch(
            r"microweb: serving on http://127\.0\.0\.1:([0-9]+)/ \(Ctrl-C stops\)\n", banner
        )
        assert match, banner
        yield process, int(match[1])
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_fl_18_a_signal_lets_a_running_request_finish(program, number):
    process, port = program
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        assert process.stdout.readline() == "entered\n"
        process.send_signal(number)
        process.stdin.write("\n")
        process.stdin.flush()
        assert body_of(receive_all(sock)) == b"finished"
    assert process.wait(10) == 0
    assert process.stdout.read() == "returned\n"
    assert "Traceback" not in process.stderr.read()


def stop_accepting(process, port):
    """Send SIGTERM and wait until it has been taken: until the port is closed."""
    process.send_signal(signal.SIGTERM)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
        except OSError:
            break


@pytest.mark.parametrize("received_by_another_thread", [False, True])
def test_fl_18_a_second_signal_ends_at_once(program, received_by_another_thread):
    """A wait that the signal does not interrupt, of `stop_timeout`'s 10 seconds, would time out."""
    process, port = program
    if received_by_another_thread and not hasattr(signal, "pthread_kill"):
        pytest.skip("threads cannot be sent signals here")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        assert process.stdout.readline() == "entered\n"
        stop_accepting(process, port)
        if received_by_another_thread:
            process.stdin.write("signal\n")
            process.stdin.flush()
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(9) == 128 + signal.SIGTERM


def test_fl_18_a_stop_before_the_server_begins_is_not_lost():
    for close in (False, True):
        server = make_server(app=print, quiet=True)
        server.shutdown()
        if close:
            server.server_close()
        server.serve_forever()
        assert server.fileno() == -1


def test_a_busy_port_is_told_with_its_holder_and_one_that_is_free():
    with make_server(app=print, quiet=True) as server:
        with pytest.raises(AddressInUse) as caught:
            run_simple("127.0.0.1", server.port, print, quiet=True)
        text = str(caught.value)
        assert text.startswith(f"127.0.0.1:{server.port} is in use")
        assert isinstance(caught.value, OSError)
        if sys.platform == "linux":
            assert re.search(r" by .+ \(process [0-9]+\)", text)
        free = int(re.search(r"port ([0-9]+) is free", text)[1])
        assert free > server.port
        make_server("127.0.0.1", free, print, quiet=True).server_close()


def test_binding_needs_neither_unicodedata_nor_a_name_service(monkeypatch):
    monkeypatch.setitem(sys.modules, "unicodedata", None)
    monkeypatch.setattr(socket, "getfqdn", None)
    make_server("localhost", 0, print).server_close()


def test_what_werkzeug_takes_besides_is_taken_or_told(monkeypatch):
    options = {"use_evalex": True, "processes": 1, "reloader_type": "auto", "threaded": False}
    served = []
    monkeypatch.setattr(leading.LeadingServer, "serve_forever", lambda self: served.append(self))
    run_simple("127.0.0.1", 0, print, quiet=True, **options)
    assert served[0].threads == 1
    with pytest.raises(TypeError, match="no option 'processes': it serves in threads"):
        run_simple("127.0.0.1", 0, print, processes=2)
    with pytest.raises(TypeError, match="one reloader: leave reloader_type out"):
        run_simple("127.0.0.1", 0, print, reloader_type="watchdog")


@pytest.mark.parametrize(
    ("host", "debug", "warned"),
    [("0.0.0.0", True, True), ("", True, True), ("127.0.0.1", True, False), ("0.0.0.0", 0, False)],
)
def test_db_11_debug_where_other_machines_reach_it_is_told_loudly(
    monkeypatch, capsys, host, debug, warned
):
    monkeypatch.setattr(leading.LeadingServer, "serve_forever", lambda server: None)
    run_simple(host, 0, print, use_debugger=bool(debug))
    text = capsys.readouterr().err
    assert ("WARNING: debug is on" in text) is warned
    assert "serving on http://127.0.0.1:" in text
    run_simple(host, 0, print, use_debugger=bool(debug), quiet=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"app": None}, TypeError, "needs a WSGI application to call, not None"),
        ({"app": print, "threads": 0}, ValueError, "threads is 0; it must be 1 at least"),
        ({"app": print, "processes": 2}, TypeError, "no option 'processes': see help"),
        ({"app": print, "static_files": {}}, TypeError, "see help"),
        ({"app": print, "nonsense": 2}, TypeError, "no option 'nonsense': see help"),
    ],
)
def test_wrong_arguments_are_told(arguments, error, text):
    with pytest.raises(error, match=text):
        make_server(**arguments)
