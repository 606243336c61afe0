"""Other servers: each that is named is started for real where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import pytest

from microweb import Microweb
from microweb.dev.loading import CommandFailed
from microweb.dev.servers import SERVERS, run_with_server

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = str(ROOT / "tests" / "live" / "shop.py")
SCRIPT = """
from microweb import Microweb
app = Microweb(__name__, static_folder=None)
app.add_url_rule("/", "index", lambda: "served")
app.run(port=0, server={server!r})
"""
LISTENING = sorted(set(SERVERS) - {"cgi"})


def skip_unless_installed(name):
    if name == "uwsgi":
        beside = os.path.join(os.path.dirname(sys.executable), "uwsgi")
        if not (os.access(beside, os.X_OK) or shutil.which("uwsgi")):
            pytest.skip("uwsgi is not installed")
    elif find_spec(name) is None:
        pytest.skip(f"{name} is not installed")


class OtherServer:
    """A program that serves, its port taken from what it prints."""

    def __init__(self, *arguments, cwd):
        path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PATH": path}
        # gunicorn keeps a file in the home folder.
        env["HOME"] = str(cwd)
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""
        for line in self.process.stdout:
            self.printed += line
            found = re.search(r"127\.0\.0\.1:([1-9]\d*)", line)
            if found:
                self.port = int(found[1])
                break
        else:
            raise AssertionError(self.printed)

    def get(self):
        with urlopen(f"http://127.0.0.1:{self.port}/", timeout=30) as response:
            return response.read().decode()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


@pytest.mark.parametrize("name", LISTENING)
def test_run_hands_the_app_to_another_server(name, tmp_path):
    skip_unless_installed(name)
    arguments = ["-m", "microweb", "run", SHOP, "--server", name, "--port", "0"]
    with OtherServer(*arguments, cwd=tmp_path) as server:
        assert server.get().startswith("process ")


@pytest.mark.parametrize("name", LISTENING)
def test_a_script_hands_itself_to_another_server(name, tmp_path):
    skip_unless_installed(name)
    (tmp_path / "own.py").write_text(SCRIPT.format(server=name))
    with OtherServer("own.py", cwd=tmp_path) as server:
        assert server.get() == "served"


def test_cgi_answers_the_one_request(tmp_path):
    (tmp_path / "own.py").write_text(SCRIPT.format(server="cgi"))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "REQUEST_METHOD": "GET", "PATH_INFO": "/"}
    env.update(SERVER_NAME="localhost", SERVER_PORT="80", SERVER_PROTOCOL="HTTP/1.1")
    done = subprocess.run(
        [sys.executable, "own.py"], cwd=tmp_path, env=env, capture_output=True, timeout=60
    )
    assert done.stdout.startswith(b"Status: 200 OK\r\n"), done
    assert done.stdout.endswith(b"\r\n\r\nserved")


@pytest.mark.parametrize("name", sorted(set(LISTENING) - {"uwsgi", "wsgiref"}))
def test_a_server_that_is_not_installed_is_one_sentence(name, monkeypatch):
    for module in [name, *[module for module in sys.modules if module.startswith(f"{name}.")]]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CommandFailed) as caught:
        run_with_server(name, None, "127.0.0.1", 0)
    message = str(caught.value)
    assert message.startswith(f"the server {name!r} cannot be imported (")
    assert message.endswith(f"); install it with: pip install {name}")


def test_uwsgi_that_is_not_there_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailed) as caught:
        run_with_server("uwsgi", None, "127.0.0.1", 0)
    assert str(caught.value) == (
        "the server 'uwsgi' cannot be found on the PATH; install it with: pip install uwsgi"
    )


def test_an_unknown_server_names_a_near_one_and_all(capfd):
    app = Microweb("example", static_folder=None)
    with pytest.raises(SystemExit) as caught:
        app.run(server="waitres", load_dotenv=False)
    assert caught.value.code == 2
    assert capfd.readouterr().err == (
        "microweb: there is no server 'waitres' to run the app with; did you mean 'waitress'?; "
        "known: cgi, cheroot, gunicorn, uwsgi, waitress, wsgiref\n"
    )


@pytest.mark.parametrize("name", ["cheroot", "waitress", "wsgiref"])
def test_cf_03_another_server_that_cannot_listen_is_one_sentence(name, tmp_path):
    skip_unless_installed(name)
    script = SCRIPT.replace("port=0", "host='192.0.2.1', port=80").format(server=name)
    (tmp_path / "own.py").write_text(script)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "own.py"], cwd=tmp_path, env=env, capture_output=True, timeout=60
    )
    message = done.stderr.decode()
    assert done.returncode == 2
    assert message.startswith("microweb: cannot listen on '192.0.2.1', port 80: ")
    assert message.endswith("; choose another host or port\n")
    assert message.count("\n") == 1
