"""Faults: what breaks in the middle, and that it is as if it had never been when the next one asks.

================================  ==============================================================
a fault                           held by
================================  ==============================================================
client gone in mid-upload         here; ``serving/test_body`` (FL-02, FL-11, FL-12)
client gone in mid-download       here; ``serving/test_handler`` (FL-10), ``test_app_hooks`` (FL-16)
disk full while spooling          here; ``http/test_forms_multipart`` (MP-20)
clock set back                    here; ``serving/test_server_load`` (FL-22), ``test_signing``
a view that never returns         ``serving/test_server``, ``serving/test_server_making`` (FL-18)
connections opened and left       here; ``serving/test_server`` (FL-01, FL-05)
descriptors exhausted             ``serving/test_server_load`` (FL-07), threads too (FL-06)
MemoryError, SystemExit and kin   here; ``serving/test_handler`` (FL-19), ``test_app_hooks``
a teardown that raises            here; ``test_app_hooks`` (FL-17, PE-06)
a log that cannot be written      here; ``serving/test_handler``
================================  ==============================================================

Each test ends with a request that is served, and counts what could be left behind: descriptors,
threads, contexts.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from microweb import g, request, send_file, session, stream_with_context
from microweb.ctx import Context, has_request_context
from microweb.http import FileStorage, Request

from .serving.wire import GOOD, HOST, ask, body_of, connect, receive_all, serving, status_of
from .support import IMPORT_FOLDER, make_app

DESCRIPTORS = next((name for name in ("/proc/self/fd", "/dev/fd") if os.path.isdir(name)), None)
PART = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
UPLOAD = b"POST /upload HTTP/1.1\r\n" + HOST + b"Content-Type: multipart/form-data; boundary=b\r\n"


def count_held():
    """Return how many descriptors, threads and contexts there are when nothing more is garbage."""
    for _ in range(3):
        gc.collect()
    contexts = sum(type(one) is Context for one in gc.get_objects())
    descriptors = len(os.listdir(DESCRIPTORS)) if DESCRIPTORS else 0
    return descriptors, threading.active_count(), contexts


@pytest.fixture(scope="module", autouse=True)
def quick_collections():
    """Leave out of each collection what the whole suite has made before: nearly a second of it."""
    if not hasattr(gc, "freeze"):  # PyPy
        yield
        return
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def nothing_left():
    """Check that a test gives back everything it took."""
    before = count_held()
    yield
    assert count_held() == before
    assert not has_request_context()


class Ended:
    """An app whose teardown is waited for: `wait` returns what one of its requests ended with."""

    def __init__(self, **config):
        self.app = make_app(PROPAGATE_EXCEPTIONS=False, **config)
        self.errors, self._torn = [], threading.Semaphore(0)
        self.app.logger.disabled = True

        @self.app.teardown_request
        def torn(error):
            self.errors.append(error)
            self._torn.release()

        self.app.get("/good", endpoint="good")(lambda: "good")

    def wait(self):
        assert self._torn.acquire(timeout=10)
        return self.errors.pop(0)


def leave(sock, how):
    """Go away: say that no more will come and wait for the answer, or reset the connection."""
    if how == "half-close":
        sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            receive_all(sock)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.parametrize("how", ["half-close", "reset"])
@pytest.mark.parametrize("framing", ["Content-Length: 2000000", "Transfer-Encoding: chunked"])
def test_fl_11_a_client_that_leaves_in_mid_upload_leaves_nothing(nothing_left, how, framing):
    ended, reached, saved = Ended(), threading.Event(), []

    class SeenRequest(Request):
        def _get_file_stream(self, *about, **named):
            reached.set()
            return tempfile.TemporaryFile("w+b")

    ended.app.request_class = SeenRequest

    @ended.app.post("/upload")
    def upload():
        saved.append(request.files["f"])
        return "saved"

    data = PART + b"x" * 700_000
    if "chunked" in framing:
        data = b"%x\r\n%b\r\n" % (len(data), data)
    with serving(ended.app) as server:
        sock = connect(server)
        sock.sendall(UPLOAD + framing.encode() + b"\r\n\r\n" + data)
        assert reached.wait(10)
        leave(sock, how)
        ended.wait()
        assert saved == []
        assert status_of(ask(server, GOOD)) == 200


@pytest.mark.parametrize("how", ["half-close", "reset"])
@pytest.mark.parametrize("kind", ["stream", "file", "ranges"])
def test_fl_10_a_client_that_leaves_in_mid_download_leaves_nothing(
    nothing_left, tmp_path, how, kind
):
    ended, closed = Ended(), []
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(50_000_000)

    @ended.app.get("/stream")
    def stream():
        def pieces():
            try:
                for _ in range(10_000 if how == "reset" else 100):
                    yield b"x" * 65536
            finally:
                closed.append(has_request_context())

        return stream_with_context(pieces())

    @ended.app.get("/file")
    def send():
        return send_file(big)

    path = b"/stream" if kind == "stream" else b"/file"
    wanted = b"Range: bytes=0-20000000, 20000002-40000000\r\n" if kind == "ranges" else b""
    with serving(ended.app) as server:
        sock = connect(server)
        sock.sendall(
            b"GET " + path + b" HTTP/1.1\r\nConnection: close\r\n" + HOST + wanted + b"\r\n"
        )
        assert sock.recv(100).startswith(b"HTTP/1.1 20")
        leave(sock, how)
        ended.wait()
        assert status_of(ask(server, GOOD)) == 200
        ended.wait()
    assert ended.errors == []
    assert closed == ([True] if kind == "stream" else [])


class FullDisk(io.BytesIO):
    """A file on a disk that has room for so many bytes; closing what is not written fails too."""

    made = []

    def __init__(self, room):
        super().__init__()
        self.room, self.failed = room, False
        self.made.append(self)

    def write(self, data):
        self.room -= len(data)
        if self.room < 0:
            self.failed = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)

    def close(self):
        super().close()
        if self.failed:
            self.failed = False
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("road", ["system's temporary file", "stream factory", "second file"])
def test_a_disk_that_is_full_while_an_upload_is_spooled(monkeypatch, caplog, nothing_left, road):
    ended = Ended()
    ended.app.logger.disabled = False
    monkeypatch.setattr(FullDisk, "made", [])
    rooms = iter([10**9, 1] if road == "second file" else [100_000])
    if road == "system's temporary file":
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda mode: FullDisk(next(rooms)))
    else:

        class OwnRequest(Request):
            def _get_file_stream(self, *about, **named):
                return FullDisk(next(rooms))

        ended.app.request_class = OwnRequest
    again = []

    @ended.app.post("/upload")
    def upload():
        return str(len(request.files["f"].read()))

    @ended.app.errorhandler(500)
    def full(error):
        # A second look must not take the rest of the body for a form.
        with pytest.raises(OSError) as caught:
            _ = request.form
        again.append(caught.value.errno)
        return "the disk is full", 500

    data = PART + b"x" * 700_000 + b"\r\n" + PART + b"x" * 700_000 + b"\r\n--b--\r\n"
    with serving(ended.app) as server:
        answer = ask(
            server, UPLOAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(data) + data
        )
        assert status_of(answer) == 500 and body_of(answer) == b"the disk is full"
        assert status_of(ask(server, GOOD)) == 200
    assert again == [errno.ENOSPC]
    assert FullDisk.made and all(file.closed for file in FullDisk.made)
    assert "Exception on '/upload' [POST]" in caplog.text
    assert os.strerror(errno.ENOSPC) in caplog.text
    FullDisk.made.clear()
    caplog.clear()
    ended.errors.clear()


def test_a_disk_that_is_full_leaves_no_half_saved_upload(tmp_path, nothing_left):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError(errno.EIO, "the temporary file cannot be read")
            return super().read(size)

    path, link = tmp_path / "saved", tmp_path / "link"
    path.write_bytes(b"an older one")
    with contextlib.suppress(OSError, NotImplementedError):
        link.symlink_to(path)
    with pytest.raises(OSError, match="cannot be read"):
        FileStorage(Broken(b"x" * 100_000)).save(link if link.is_symlink() else path)
    assert not path.exists()
    FileStorage(io.BytesIO(b"whole")).save(path)
    assert path.read_bytes() == b"whole"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("size", [10, 1_000_000])
def test_what_cannot_be_saved_to_a_device_does_not_remove_the_device(tmp_path, size):
    # Through a link in a folder of our own, lest a broken mend remove the real one.
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    with pytest.raises(OSError) as caught:
        FileStorage(io.BytesIO(b"x" * size)).save(link)
    assert caught.value.errno == errno.ENOSPC
    assert link.is_symlink() and os.path.exists("/dev/full")


@pytest.mark.parametrize("shift", [-86_400, -(10**10), 86_400, 10**10])
def test_a_clock_that_is_set_makes_no_error_and_no_half_session(monkeypatch, shift):
    app = make_app()

    @app.get("/")
    def index():
        before = dict(session)
        session.update(name="ada", number=1)
        session.permanent = True
        return before

    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    client = app.test_client()
    assert client.get("/").json == {}
    whole = client.get("/").json
    assert whole == {"_permanent": True, "name": "ada", "number": 1}
    now[0] = max(0.0, now[0] + shift)
    response = client.get("/")
    assert response.status_code == 200
    assert response.json in (whole, {})
    assert client.get("/").status_code == 200


def test_a_session_that_cannot_be_kept_is_not_kept_by_half():
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.logger.disabled = True

    @app.get("/<kind>")
    def index(kind):
        if kind != "read":
            session["first"] = "set"
            session["second"] = {"object": object(), "text": "x"}[kind]
        return dict(session)

    client = app.test_client()
    response = client.get("/object")
    assert response.status_code == 500
    assert "Set-Cookie" not in response.headers
    assert client.get("/read").json == {}
    assert client.get("/text").json == client.get("/read").json == {"first": "set", "second": "x"}


def recurse():
    return recurse()


def raiser(kind):
    """Return a function that raises *kind*, whatever it is called with."""

    def fail(*about):
        if kind is RecursionError:
            recurse()
        raise kind("inside")

    return fail


@pytest.mark.parametrize("kind", [MemoryError, RecursionError, SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize(
    "place", ["view", "generator", "before", "after", "teardown", "handler", "close"]
)
def test_fl_19_whatever_is_raised_wherever_ends_that_request_alone(nothing_left, place, kind):
    ended = Ended()
    app, fail = ended.app, raiser(kind)

    def pieces():
        yield "first"
        fail()

    @app.get("/bad")
    def bad():
        g.used = request.path
        if place == "generator":
            return stream_with_context(pieces())
        if place == "close":
            response = app.make_response("first")
            response.call_on_close(fail)
            return response
        return fail() if place == "view" else str(1 / (place != "handler"))

    def only_bad(*about):
        if request.path == "/bad":
            fail()
        return about[0] if about else None

    if place == "before":
        app.before_request(only_bad)
    elif place == "after":
        app.after_request(only_bad)
    elif place == "teardown":
        app.teardown_request(only_bad)
    elif place == "handler":
        app.register_error_handler(ZeroDivisionError, fail)
    with serving(app) as server:
        for _ in range(3):
            answer = ask(server, GOOD.replace(b"/good", b"/bad"))
            assert status_of(answer) == (200 if place in ("generator", "close") else 500)
            assert not (place == "generator" and answer.endswith(b"0\r\n\r\n"))
            assert b"inside" not in answer
            ended.wait()
            assert body_of(ask(server, GOOD)) == b"good"
            assert ended.wait() is None
        assert len(server._workers) <= server.threads
    ended.errors.clear()


PROGRAM = f"""
import os, sys, threading
sys.path[:0] = [{str(IMPORT_FOLDER)!r}, {os.path.dirname(os.path.dirname(__file__))!r}]
from microweb import Microweb
from tests.serving.wire import GOOD, ask, body_of, connect, receive_all, serving, status_of
"""


def run_program(text, *arguments):
    """Run *text* after `PROGRAM` in a process of its own; return what it printed."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM + text, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 120), done.stderr  # 120: the last flush of stderr failed.
    return done.stdout


UNWRITABLE_LOG = """
kind = sys.argv[1]
if kind == "closed":
    sys.stderr.close()
elif kind == "none":
    sys.stderr = None
elif kind == "descriptor":
    os.close(2)
else:
    sys.stderr = open("/dev/full", "w", buffering=1)
app = Microweb("unwritable")
app.get("/good", endpoint="good")(lambda: "good")
app.get("/bad", endpoint="bad")(lambda: 1 / 0)
def broken(environ, start_response):
    raise LookupError
for number, served in enumerate((app, broken)):
    with serving(served, quiet=False) as server:
        print(status_of(ask(server, GOOD.replace(b"/good", b"/bad"))))
        print(status_of(ask(server, GOOD)))
# Under another server, whose wsgi.errors is broken in the same way.
environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/bad", "SERVER_NAME": "x", "SERVER_PORT": "80"}
environ["wsgi.url_scheme"], environ["wsgi.errors"] = "http", sys.stderr
b"".join(app(environ, lambda status, headers, exc_info=None: print(status[:3])))
os._exit(0 if sys.stdout.flush() is None else 1)
"""


@pytest.mark.parametrize("kind", ["closed", "none", "descriptor", "full"])
def test_a_log_that_cannot_be_written_changes_no_answer(kind):
    if kind == "full" and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    assert run_program(UNWRITABLE_LOG, kind).split() == ["500", "200", "500", "500", "500"]


LEFT_OPEN = r"""
import gc, resource, socket
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
if most != resource.RLIM_INFINITY and most < 2200:
    sys.exit(print("few"))
resource.setrlimit(resource.RLIMIT_NOFILE, (2200, most))
from microweb.serving.extra import leading as serving_module
def count():
    gc.collect()
    return len(os.listdir("/dev/fd")), threading.active_count()
def app(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [b"x" * (5_000_000 if environ["PATH_INFO"] == "/big" else 1)]
post = b"POST / HTTP/1.1\r\nHost: x\r\n"
parts = {
    "idle": b"",
    "head": b"GET / HTTP/1.1\r\nHo",
    "body": post + b"Content-Length: 9\r\n\r\nab",
    "chunk": post + b"Transfer-Encoding: chunked\r\n\r\n9\r\nab",
    "expecting": post + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    "reading": b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
}
kinds = sys.argv[1].split(",")
before = count()
serving_module.CROWDED_TIMEOUT = 0.05
with serving(app, threads=4) as server:
    sockets = []
    for number in range(int(sys.argv[2])):
        sock = connect(server)
        sock.sendall(parts[kinds[number % len(kinds)]])
        sockets.append(sock)
    for _ in range(20):
        print(status_of(ask(server, GOOD)))
    assert len(server._workers) <= 4
    # Time passes, or the others say that no more will come: the server closes each of them.
    serving_module.LINGER_TIMEOUT, serving_module.SWEEP_INTERVAL = 0.0, 0.02
    for one in list(server._connections):
        one.deadline = 0.0
    for number, sock in enumerate(sockets):
        try:
            if kinds[number % len(kinds)] not in ("idle", "head"):
                sock.shutdown(socket.SHUT_WR)
            receive_all(sock)
        except OSError as error:
            assert not isinstance(error, socket.timeout)
    print(status_of(ask(server, GOOD)))
    for sock in sockets:
        sock.close()
assert count() == before, (count(), before)
print("given back")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX's limits and descriptors")
@pytest.mark.parametrize(
    ("kinds", "number"),
    [("idle,head,body", 990), ("body,chunk,expecting", 60), ("reading", 30)],
    ids=["a thousand", "bodies", "readers"],
)
def test_connections_that_are_opened_and_left_delay_nobody_for_long(kinds, number):
    printed = run_program(LEFT_OPEN, kinds, str(number)).split()
    if printed == ["few"]:
        pytest.skip("this system allows too few descriptors")
    assert printed == ["200"] * 21 + ["given", "back"]
