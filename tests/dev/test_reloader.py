"""The reloader, as programs use it: files that change, break, vanish and come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from microweb.dev import reloader
from microweb.dev.reloader import (
    FailedStartPage,
    FileWatcher,
    find_restart_command,
    is_running_from_reloader,
)

from ..support import IMPORT_FOLDER

ROOT = str(IMPORT_FOLDER)
SCRIPT = f"""
import os, sys
sys.path.insert(0, {ROOT!r})
import helper
from microweb.dev.reloader import is_running_from_reloader
from microweb.running import run_simple
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    words = [helper.TEXT, os.getpid(), is_running_from_reloader(), sys.warnoptions, sys.argv[1:]]
    return [repr([*words, os.fstat(2).st_ino]).encode()]
print("setup", os.getpid(), is_running_from_reloader(), flush=True)
run_simple("127.0.0.1", 0, app, use_reloader=True, reloader_interval=0.03)
"""
LOADING = f"""
import os, sys
sys.path.insert(0, {ROOT!r})
from microweb.dev.reloader import run_with_reloader
from microweb.running import run_simple
def start():
    print("loading", os.getpid(), flush=True)
    import helper
    from helper import app
    run_simple("127.0.0.1", 0, app)
run_with_reloader(start, "127.0.0.1", 0, reloader_interval=0.03)
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and descriptors as POSIX has them")


class Program:
    """A program with a reloader in its own process."""

    def __init__(self, folder, *command, **environ):
        pipe = subprocess.PIPE
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            env=environ,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )
        self.banner = self.process.stderr.readline()
        assert self.banner.startswith("microweb: serving on http://127.0.0.1:"), (
            self.banner + self.process.stderr.read()
        )
        self.port = int(self.banner.rpartition("/ ")[0].rpartition(":")[2])

    def get(self, accept="text/plain"):
        from http.client import HTTPConnection

        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/", headers={"Accept": accept})
        with connection.getresponse() as answer:
            text = answer.read().decode()
        connection.close()
        return answer, text

    def get_until(self, *words, status=200):
        """Ask until an answer has the status and the words, and return it."""
        for _ in range(1000):
            try:
                answer, text = self.get()
            except OSError:
                continue  # The child that accepted has ended to be started anew.
            if answer.status == status and all(word in text for word in words):
                return text
            threading.Event().wait(0.01)
        raise AssertionError(f"no answer has {words!r}; the last one is {status} {text!r}")

    def stop(self, number=signal.SIGTERM):
        """Stop parent and child as a terminal's Ctrl-C does: both get the signal."""
        os.killpg(self.process.pid, number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate()


def write(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_cf_08_a_program_is_started_anew_when_a_file_changes_breaks_vanishes_and_is_back(tmp_path):
    write(tmp_path / "app.py", SCRIPT)
    helper = tmp_path / "helper.py"
    write(helper, "TEXT = 'first'")
    with Program(tmp_path, "-W", "error", "app.py", "--flag") as program:
        # Once it serves, its standard error is the parent's: a terminal stays one.
        stderr = os.fstat(program.process.stderr.fileno()).st_ino
        text = program.get_until("first", "True", "'error'", "'--flag'", str(stderr))
        write(helper, "\nTEXT = = 'broken'")
        page = program.get_until("SyntaxError", str(helper), "line 2", "= = 'broken'", status=503)
        assert "status 1" in page
        answer, html = program.get("text/html")
        assert answer.headers["Refresh"] == "1" and answer.headers["Retry-After"] == "1"
        assert html.startswith("<!doctype html>") and "SyntaxError" in html
        write(helper, "TEXT = 'mended'")
        program.get_until("mended")
        helper.unlink()
        program.get_until("No module named", status=503)
        write(helper, "TEXT = 'back'")
        last = program.get_until("back")
        status, out, err = program.stop()
    assert status == 0
    setups = [line.split() for line in out.splitlines()]
    # The parent runs the script up to run_simple, as whatever started it would; then children do.
    assert [line[2] for line in setups] == ["False"] + ["True"] * (len(setups) - 1)
    assert len(setups) >= 4 and setups[0][1] not in text and setups[-1][1] in last
    assert all(is_gone(int(line[1])) for line in setups)
    assert f"{helper} has changed; starting again" in err
    assert err.count("SyntaxError") == 1 and "KeyboardInterrupt" not in err
    assert "serving on" not in err  # It was said once, by the parent.


def test_cf_08_where_the_app_is_loaded_by_a_function_the_parent_runs_nothing_of_it(tmp_path):
    folder, helper = tmp_path / "program", tmp_path / "elsewhere" / "helper.py"
    write(folder / "run.py", LOADING)
    app = "def app(environ, start_response):\n start_response('200 OK', [])\n return [b'{}']"
    write(helper, "1 / 0")
    with Program(folder, "run.py", PYTHONPATH=str(helper.parent)) as program:
        program.get_until("ZeroDivisionError", "helper.py", status=503)
        write(helper, app.format("one"))
        program.get_until("one")
        write(helper, "import sys; sys.exit(2)")
        program.get_until("ended with status 2", status=503)
        write(folder / "unrelated.py", "")
        write(helper, app.format("two words"))
        write(folder / "unrelated.py", "changed = True")
        program.get_until("two words")
        pids = {line.split()[1] for line in program.stop(signal.SIGINT)[1].splitlines()}
    assert program.process.returncode == 0
    assert len(pids) >= 4 and str(program.process.pid) not in pids


def test_a_wrong_use_at_the_first_start_ends_the_program(tmp_path):
    write(tmp_path / "run.py", LOADING)
    write(tmp_path / "helper.py", "import sys; sys.exit(2)")
    with Program(tmp_path, "run.py") as program:
        assert program.process.wait(20) == 2


@pytest.mark.parametrize("kind", ["module", "package", "folder", "archive"])
def test_however_a_program_was_started_it_is_started_again(tmp_path, kind):
    package = tmp_path / "program"
    write(package / "__init__.py", "")
    write(package / "helper.py", "TEXT = 'one'")
    imports = "from . import helper" if kind in ("module", "package") else "import helper"
    write(package / "__main__.py", SCRIPT.replace("import helper", imports, 1))
    write(package / "module.py", SCRIPT.replace("import helper", imports, 1))
    if kind == "archive":
        with zipfile.ZipFile(tmp_path / "program.zip", "w") as archive:
            for name in ("__main__.py", "helper.py"):
                archive.write(package / name, name)
    command = {
        "module": ("-m", "program.module"),
        "package": ("-m", "program"),
        "folder": ("program",),
        "archive": ("program.zip",),
    }[kind]
    with Program(tmp_path, *command, "an argument") as program:
        program.get_until("'one'", "['an argument']", "True")
        changed = tmp_path / "program.zip" if kind == "archive" else package / "helper.py"
        if kind == "archive":
            # The child has it open and finds in it what it knew.
            os.utime(changed, (1, 1))
        else:
            write(changed, "TEXT = 'changed'")
        text = program.get_until("'one'" if kind == "archive" else "'changed'")
        status, _, err = program.stop()
    assert status == 0 and "True" in text
    assert kind == "archive" or f"{changed} has changed" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cf_08_a_signal_to_the_parent_alone_ends_both(tmp_path, number):
    write(tmp_path / "app.py", SCRIPT)
    write(tmp_path / "helper.py", "TEXT = 'here'")
    with Program(tmp_path, "app.py") as program:
        pid = int(program.get_until("here").split(",")[1])
        program.process.send_signal(number)
        assert program.process.wait(20) == 0
        assert is_gone(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cf_08_a_signal_while_the_parent_answers_ends_it(tmp_path, number):
    write(tmp_path / "app.py", LOADING)
    write(tmp_path / "helper.py", "1 / 0")
    with Program(tmp_path, "app.py") as program:
        program.get_until("ZeroDivisionError", status=503)
        program.process.send_signal(number)
        assert program.process.wait(20) == 0


def test_a_child_whose_parent_is_killed_ends_too(tmp_path):
    write(tmp_path / "app.py", SCRIPT)
    write(tmp_path / "helper.py", "TEXT = 'here'")
    with Program(tmp_path, "app.py") as program:
        pid = int(program.get_until("here").split(",")[1])
        program.process.kill()
        program.process.wait()
        for _ in range(1000):
            if is_gone(pid) or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                break
            threading.Event().wait(0.01)
        else:
            raise AssertionError("the child still runs")


@pytest.mark.parametrize(
    ("run_main", "server_fd"),
    [
        ("true", ""),
        ("true", "garbage"),
        ("true", "3"),
        ("true", "{other}:3:-1:1.0"),
        ("true", "{parent}:3"),
        ("true", "{parent}:99999999999:-1:1.0"),
        ("true", "{parent}:-3:-1:1.0"),
        ("true", "{parent}:٣:-1:1.0"),
        ("", "{parent}:3:-1:1.0"),
        ("1", "{parent}:3:-1:1.0"),
    ],
)
def test_cf_07_what_no_reloader_handed_over_is_ignored(monkeypatch, run_main, server_fd):
    value = server_fd.format(parent=os.getppid(), other=os.getpid())
    monkeypatch.setenv("MICROWEB_RUN_MAIN", run_main)
    monkeypatch.setenv("MICROWEB_SERVER_FD", value)
    assert not is_running_from_reloader()
    assert reloader.take_over_from_reloader() is None


def test_cf_07_a_program_serves_whatever_the_environment_says(tmp_path):
    write(tmp_path / "app.py", SCRIPT)
    write(tmp_path / "helper.py", "TEXT = 'here'")
    foreign = {"MICROWEB_RUN_MAIN": "true", "MICROWEB_SERVER_FD": "1:0:-1:1.0"}
    with Program(tmp_path, "app.py", **foreign) as program:
        program.get_until("here")
        assert program.stop()[0] == 0


def looked(watcher):
    """Return the names that *watcher* looks at, without the folders before them."""
    return {os.path.basename(name) for name in watcher.look()}


def test_cf_08_patterns_folders_links_and_exclusions(tmp_path):
    for name in ("a.html", "b.html", "c.txt", "sub/d.html", ".git/e.html", "skipped/f.html"):
        write(tmp_path / name, "x")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.html").symlink_to(tmp_path / "nowhere")
    watcher = FileWatcher([str(tmp_path / "*.html")], ["*/skipped/*", "b.*"], modules=False)
    assert looked(watcher) == {"*.html", "a.html", "b.html", "d.html", "dangling.html"}
    watcher = FileWatcher([str(tmp_path)], [str(tmp_path / "b.*")], modules=False)
    assert looked(watcher) == {"*", "a.html", "c.txt", "d.html", "f.html", "dangling.html"}
    watcher = FileWatcher([str(tmp_path / "c.txt"), str(tmp_path / "none")], modules=False)
    assert looked(watcher) == {"c.txt", "none"}


def test_cf_08_thousands_of_files_are_no_endless_walk(tmp_path, monkeypatch):
    monkeypatch.setattr(reloader, "_MAX_LISTED_FILES", 50)
    for number in range(20):
        for name in "abcd":
            write(tmp_path / str(number) / f"{name}.py", "")
    assert 20 < len(FileWatcher([str(tmp_path)], modules=False).look()) <= 51


@pytest.mark.parametrize("change", ["write", "create", "remove", "touch"])
def test_a_change_is_told_with_its_name(tmp_path, monkeypatch, change):
    monkeypatch.setattr(reloader, "_SETTLING_INTERVAL", 0)
    files = {name: tmp_path / f"{name}.css" for name in ("write", "create", "remove", "touch")}
    for name in ("write", "remove", "touch"):
        write(files[name], "before")
    watcher = FileWatcher([str(tmp_path / "*.css")], modules=False)
    before = watcher.look()
    {
        "write": lambda: write(files["write"], "something else"),
        "create": lambda: write(files["create"], "new"),
        "remove": files["remove"].unlink,
        "touch": lambda: os.utime(files["touch"], (1, 1)),
    }[change]()
    changed = watcher.wait_for_change(before, 0, lambda: False)
    assert changed in (str(tmp_path / "*.css"), str(files[change]))


def test_cf_08_a_storm_of_saves_is_one_change_and_one_that_ends_as_it_began_is_none(
    tmp_path, monkeypatch
):
    path, looks = tmp_path / "file", []
    write(path, "before")
    os.utime(path, (1000, 1000))
    watcher = FileWatcher([str(path)], modules=False)
    before = watcher.look()

    def save_again(seconds):
        looks.append(seconds)
        if len(looks) < 9:
            write(path, "x" * len(looks))
        else:
            write(path, "before")
            os.utime(path, (1000, 1000))

    clock = SimpleNamespace(**{**vars(time), "sleep": save_again})
    monkeypatch.setattr(reloader, "time", clock)
    write(path, "first")
    assert watcher.wait_for_change(before, 1, lambda: len(looks) > 12) is None
    assert looks[:10] == [reloader._SETTLING_INTERVAL] * 10 and looks[-1] == 1


@pytest.mark.parametrize(
    ("age", "written", "told"), [(1, 0, True), (1, 2, False), (60, 30, False), (1, -60, False)]
)
def test_what_was_written_while_the_program_started_has_changed(
    tmp_path, monkeypatch, age, written, told
):
    monkeypatch.setattr(reloader, "_SETTLING_INTERVAL", 0)
    now, path = time.time(), tmp_path / "file"
    write(path, "x")
    os.utime(path, (now - written, now - written))
    watcher, looks = FileWatcher([str(path)], modules=False), []

    def is_over():
        looks.append(1)
        return len(looks) > 1

    changed = watcher.wait_for_change({}, 0, is_over, since=now - age)
    assert changed == (str(path) if told else None)


def test_the_files_of_modules_are_looked_at_without_loading_lazy_ones(tmp_path, monkeypatch):
    class Lazy:
        def __getattr__(self, name):
            raise AssertionError("asked")

    archive = tmp_path / "some.pyz"
    write(archive, "")
    module = type(sys)("inside")
    module.__file__ = str(archive / "package" / "inside.py")
    nameless = type(sys)("nameless")
    nameless.__file__ = None
    for name, value in {"lazy": Lazy(), "inside": module, "nameless": nameless, "no": None}.items():
        monkeypatch.setitem(sys.modules, name, value)
    state = FileWatcher(exclude_patterns=["*/running.py"]).look()
    assert state[str(archive)] is not None
    assert reloader.__file__ in state
    assert not any(name.endswith("microweb/running.py") for name in state)


@pytest.mark.parametrize(
    ("original", "spec", "arguments", "expected"),
    [
        (["python", "-O", "app.py", "x y"], None, ["changed"], ["-O", "app.py", "x y"]),
        (["python", "-c", "code"], None, ["-c"], ["-c", "code"]),
        (None, None, ["app.py", "a"], ["/p/app.py", "a"]),
        (None, "__main__", ["app.zip", "a"], ["app.zip", "a"]),
        (None, "pack.__main__", ["/p/pack/__main__.py"], ["-m", "pack"]),
        (None, "pack.tool", ["/p/pack/tool.py", "a"], ["-m", "pack.tool", "a"]),
    ],
)
def test_the_command_that_runs_a_program_again(monkeypatch, original, spec, arguments, expected):
    main = type(sys)("__main__")
    main.__file__ = "/p/app.py"
    main.__spec__ = spec and type("Spec", (), {"name": spec})
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "orig_argv", original or [], raising=False)
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(subprocess, "_args_from_interpreter_flags", list)
    assert find_restart_command() == [sys.executable, *expected]


@pytest.mark.parametrize("file", [None, "<stdin>"])
def test_what_is_in_no_file_cannot_be_run_again(monkeypatch, file):
    main = type(sys)("__main__")
    main.__file__ = file
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "orig_argv", ["python"], raising=False)
    with pytest.raises(RuntimeError, match="was not started from a file"):
        find_restart_command()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost"}, True),
        ({"REMOTE_ADDR": "192.0.2.1", "HTTP_HOST": "localhost"}, False),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "evil.example"}, False),
    ],
)
def test_why_a_program_does_not_start_is_told_to_this_machine_alone(environ, told):
    seen = []
    page = FailedStartPage(1, 'File "/p/app.py", line 7, in <module>\nNameError: secret <b>')
    method = {"REQUEST_METHOD": "GET", "HTTP_ACCEPT": "text/html"}
    body = b"".join(page({**environ, **method}, lambda *answer: seen.append(answer)))
    assert seen[0][0] == "503 Service Unavailable"
    assert (b"secret &lt;b&gt;" in body) is told and b"<b>" not in body
    assert page({**environ, "REQUEST_METHOD": "HEAD"}, lambda *answer: None) == [b""]
