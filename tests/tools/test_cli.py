"""The command line as a person uses it: in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from microweb.tools.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
HELLO = """
from microweb import Microweb, request
app = Microweb(__name__, static_folder=None)

@app.route("/")
def index():
    return "Hello!"

@app.route("/user/<name>", methods=["GET", "POST"])
def user(name):
    return 1 / 0

app.run(port=1)
"""


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def microweb(*arguments, cwd, **variables):
    command = [sys.executable, "-m", "microweb", *arguments]
    env = {**environment(), **variables}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


class Served:
    """A server started by the command line on a free port, with its URL and what it printed."""

    def __init__(self, *arguments, cwd, **variables):
        command = [sys.executable, "-m", "microweb", *arguments, "--port", "0"]
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**environment(), **variables},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.printed = self.process.stderr.readline()
        found = re.search(r"http://\S+", self.printed)
        assert found, self.printed + self.process.stderr.read()
        self.url = found.group().rstrip("/")

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.process.kill()
        self.process.wait(30)
        self.process.stderr.close()

    def stop(self, how):
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def hello(tmp_path):
    (tmp_path / "hello.py").write_text(HELLO)
    return tmp_path


@pytest.mark.parametrize("spec", ["hello.py", "hello:app"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_run_serves_and_stops(hello, spec, how):
    with Served("run", spec, cwd=hello) as served:
        with urlopen(f"{served.url}/", timeout=30) as response:
            assert response.read() == b"Hello!"
        status, errors = served.stop(how)
        assert status == 0
        assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("option", "variables"),
    [
        (["--debug"], {}),
        ([], {"MICROWEB_DEBUG": "1"}),
        ([], {"FLASK_DEBUG": "1"}),
    ],
)
def test_debug_shows_the_traceback_to_this_machine(hello, option, variables):
    request = "GET /user/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with Served("run", "--app", "hello.py", *option, cwd=hello, **variables) as served:
        host, port = served.url.rpartition("/")[2].split(":")
        with socket.create_connection((host, int(port)), 30) as client:
            client.sendall(request.encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"ZeroDivisionError" in answer and b"hello.py" in answer


def test_the_demo_makes_its_database_by_itself(tmp_path):
    with Served("demo", cwd=tmp_path) as served:
        with urlopen(f"{served.url}/login", timeout=30) as response:
            assert b"Log in" in response.read()
        assert served.stop(signal.SIGINT)[0] == 0
    assert (tmp_path / "instance" / "notes.sqlite").stat().st_size > 0


def test_routes_lists_every_rule_and_where_its_view_is(hello):
    done = microweb("routes", "--app", "hello.py", cwd=hello)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["Endpoint", "Methods", "Rule", "View"]
    assert re.search(r"^index\s+GET\s+/\s+index \(.*hello\.py:5\)$", lines[1])
    assert re.search(r"^user\s+GET, POST\s+/user/<name>\s+user \(.*hello\.py:9\)$", lines[2])
    tree = microweb("routes", "--app", "hello.py", "--tree", cwd=hello)
    assert "user" in tree.stdout and "<string>" in tree.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nothing.py"], "microweb run: there is no file 'nothing.py'"),
        (["run", "broken.py"], "microweb run: 'broken.py' cannot be imported: ZeroDivisionError"),
        (["run", "hello.py", "--port", "99999"], "'99999' is not a port"),
        (["run", "hello.py", "--port", "abc"], "'abc' is not a port"),
        (["run", "hello.py", "--host", "192.0.2.1"], "192.0.2.1"),
        (["run", "hello.py", "--hots", "x"], "unrecognized arguments"),
        (["routes"], "no app was named"),
        (["rnu"], "invalid choice: 'rnu'"),
        ([], "required"),
        (["demo", "--data", "hello.py/x"], "the notes cannot be kept in 'hello.py/x'"),
    ],
)
def test_cf_03_and_cf_09_failures_are_one_sentence_and_status_2(hello, arguments, message):
    (hello / "broken.py").write_text("1 / 0\n")
    done = microweb(*arguments, cwd=hello)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_busy_port_is_named_and_a_free_one_offered(hello):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        done = microweb("run", "hello.py", "--port", str(port), cwd=hello)
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert re.search(r"\b\d+\b.*free|free.*\b\d+\b|--port", done.stderr)
    assert "Traceback" not in done.stderr


def test_a_script_that_calls_run_serves_itself(tmp_path):
    (tmp_path / "own.py").write_text(HELLO.replace("port=1", "port=0"))
    process = subprocess.Popen(
        [sys.executable, "own.py"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = re.search(r"http://\S+", process.stderr.readline()).group()
        with urlopen(url, timeout=30) as response:
            assert response.read() == b"Hello!"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_version_and_help():
    done = microweb("--version", cwd=ROOT)
    assert re.fullmatch(r"microweb \d+\.\d+\.\d+\n", done.stdout)
    for command in ([], ["run"], ["demo"], ["routes"]):
        done = microweb(*command, "--help", cwd=ROOT)
        assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_host_is_the_default_one(hello):
    with Served("run", "hello.py", "--host", "", cwd=hello) as served:
        assert served.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("debug", ["1", "0"])
def test_the_demo_is_in_debug_if_the_environment_says_so(tmp_path, monkeypatch, debug):
    used = {}
    monkeypatch.setenv("MICROWEB_DEBUG", debug)
    monkeypatch.setattr(
        "microweb.serving.run_simple",
        lambda host, port, app, **options: used.update(options, app=app),
    )
    with pytest.raises(SystemExit):
        main(["demo", "--data", str(tmp_path)])
    assert (used["use_debugger"], used["app"].debug) == (debug == "1", debug == "1")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.sqlite", None),
        ("notes.sqlite", "This is no database. " * 100),
        ("secret_key", None),
        ("attachments", "a file"),
    ],
)
def test_cf_09_a_data_folder_that_cannot_be_used_is_named(tmp_path, name, content):
    path = tmp_path / "data" / name
    path.parent.mkdir()
    path.mkdir() if content is None else path.write_text(content)
    done = microweb("demo", "--data", "data", "--port", "0", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the notes cannot be kept in 'data'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_cf_09_a_python_without_sqlite_is_told_what_to_install(tmp_path):
    (tmp_path / "sqlite3.py").write_text("raise ImportError(\"No module named '_sqlite3'\")")
    done = microweb("demo", "--port", "0", cwd=tmp_path)
    assert done.returncode == 2
    assert "No module named '_sqlite3'" in done.stderr and "python3-sqlite3" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_routes_are_listed_where_only_ascii_can_be_printed(hello, tree):
    (hello / "hello.py").write_text(HELLO.replace("/user/", "/b\u00fccher/"), encoding="utf-8")
    done = microweb("routes", "hello.py", *tree, cwd=hello, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "b\\xfccher" in done.stdout


def test_routes_into_a_pipe_that_nobody_reads(hello):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "microweb", "routes", "hello.py"]
    try:
        done = subprocess.run(
            command,
            cwd=hello,
            env=environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_cf_09_routes_onto_a_full_disk(hello):
    command = [sys.executable, "-m", "microweb", "routes", "hello.py"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, cwd=hello, env=environment(), stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"microweb routes: the output cannot be written: ")
    assert len(done.stderr.splitlines()) == 1
