"""``microweb doctor``: the report, its exit status, and what it does without an app."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from microweb import Microweb
from microweb.dev import pythoncheck
from microweb.dev.appcheck import check_app
from microweb.dev.doctor import diagnose, is_app_named
from microweb.dev.loading import AppNotLoaded

from ..support import needs_package

ROOT = Path(__file__).resolve().parent.parent.parent
HELLO = """
from microweb import Microweb
app = Microweb("hello", static_folder=None)

@app.route("/")
def index():
    return "Hello!"
"""
TWICE = """
@app.route("/")
def again():
    return "Hello!"
"""


def doctor(*arguments, cwd, **variables):
    env = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_")}
    env.update(PYTHONPATH=str(ROOT), **variables)
    # Without compiled code there is one note more.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "microweb", "doctor", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def report(app=None, host="127.0.0.1", port=0, **options):
    """Return the facts of a report by name, its findings, and its last line."""
    text, wrong = diagnose(lambda: app, app is not None, host, port, **options)
    facts, *rest = text.split("\n\n")
    lines = [line for line in facts.splitlines() if line[:1] != " "]
    findings = rest[0].splitlines() if len(rest) == 2 else []
    assert wrong == sum(line.startswith("wrong  ") for line in findings)
    return {line[:10].strip(): line[10:] for line in lines}, findings, rest[-1]


def hello(**options):
    return Microweb("hello", static_folder=None, **options)


def test_an_empty_folder_is_told_how_to_name_an_app(folder):
    done = doctor("--port", "0", cwd=folder)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, lines[-1]) == (0, "", "Nothing is wrong.")
    assert [line[:10].rstrip() for line in lines if line[:1] not in (" ", "")][:5] == [
        "microweb",
        "Python",
        "modules",
        "address",
        "app",
    ]
    named = "app       none is named; to look at one too: microweb doctor app.py"
    assert named in lines
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    ("text", "status", "last"),
    [
        (HELLO, 0, "Nothing is wrong."),
        (HELLO + TWICE, 1, "1 thing is wrong."),
        (HELLO + "app.config.update(MAX_FORM_PARTS=None)", 0, "Nothing is wrong; 1 note."),
        (HELLO + TWICE + "app.config['TRUSTED_HOSTS'] = []", 1, "2 things are wrong."),
        (HELLO + "1 / 0", 1, "1 thing is wrong."),
        (HELLO + "app.add_url_rule('/<x>', view_func=index)", 1, "1 thing is wrong."),
    ],
)
def test_the_exit_status_says_whether_something_is_wrong(folder, text, status, last):
    (folder / "app.py").write_text(text)
    done = doctor("--port", "0", cwd=folder)
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.splitlines()[-1] == last


def test_bad_usage_is_status_2(folder):
    done = doctor("--port", "x", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'x' is not a port" in done.stderr


def test_an_app_that_cannot_be_loaded_is_a_finding(folder):
    def load():
        raise AppNotLoaded("'app.py' cannot be imported: ZeroDivisionError:\n  division by zero")

    text, wrong = diagnose(load, True, "127.0.0.1", 0)
    assert wrong == 1
    assert "app       cannot be loaded\n" in text
    told = " ".join(text.partition("\n\n")[2].split())
    assert (
        "wrong the app cannot be loaded: 'app.py' cannot be imported: ZeroDivisionError:;" in told
    )


def test_another_wsgi_application_is_a_note(folder):
    facts, findings, last = report(lambda environ, start_response: [])
    assert facts["app"] == "another WSGI application"
    assert findings[0].startswith("note   <function ")
    assert last == "Nothing is wrong; 1 note."


def test_facts_tell_the_app(folder):
    app = hello()
    app.add_url_rule("/", "index", lambda: "")
    assert report(app)[0]["app"] == "hello, 1 rule, debug mode off"


def test_all_findings_of_the_app_are_in_the_report_the_wrong_ones_first(folder):
    app = hello()
    app.config.update(MAX_FORM_PARTS=None, SECRECT_KEY="x", TRUSTED_HOSTS=[])
    _, findings, last = report(app)
    told = " ".join(" ".join(findings).split())
    for kind, sentence in check_app(app):
        assert f"{kind} {sentence}" in told
    kinds = [line[:7].strip() for line in findings if line[:1] != " "]
    assert (kinds, last) == (["wrong", "wrong", "note"], "2 things are wrong; 1 note.")


def test_lines_fit_a_terminal_and_commands_stay_whole(folder):
    app = hello()
    app.config.update(SECRET_KEY="dev", SERVER_NAME="http://example.com", MAX_FORM_PARTS=None)
    _, findings, _ = report(app)
    assert max(map(len, findings)) <= 80
    assert all(line.startswith(("wrong  ", "note   ", " " * 7)) for line in findings)
    assert any("python -c 'import os; print(os.urandom(32).hex())'" in line for line in findings)
    assert "\n".join(findings).isascii()


@pytest.mark.parametrize(
    ("debug", "host", "faults"),
    [
        (True, "127.0.0.1", 0),
        (True, "localhost", 0),
        (False, "0.0.0.0", 0),
        (True, "0.0.0.0", 1),
    ],
)
def test_debug_mode_beyond_this_machine_is_wrong(folder, debug, host, faults):
    app = hello()
    app.debug = debug
    facts, findings, _ = report(app, host)
    assert facts["app"].endswith(f"debug mode {'on' if debug else 'off'}")
    assert len([line for line in findings if line.startswith("wrong  debug mode is on")]) == faults


def test_variables_of_run_and_debug_count(folder):
    (folder / "app.py").write_text(HELLO)
    for variables in ({"MICROWEB_DEBUG": "1"}, {"FLASK_DEBUG": "1"}):
        done = doctor(cwd=folder, FLASK_RUN_HOST="0.0.0.0", MICROWEB_RUN_PORT="0", **variables)
        assert done.returncode == 1
        assert "address   0.0.0.0:0 is free" in done.stdout
        assert "wrong  debug mode is on" in done.stdout
        done = doctor("-h", "127.0.0.1", cwd=folder, FLASK_RUN_HOST="0.0.0.0", **variables)
        assert "wrong  debug mode is on" not in done.stdout
    assert "debug mode on" in doctor("--debug", "-p0", cwd=folder).stdout


def test_a_session_over_https_alone_is_noted_for_other_machines(folder):
    app = hello()
    app.config["SESSION_COOKIE_SECURE"] = True
    assert report(app)[1] == []
    assert report(app, "0.0.0.0")[1][0].startswith("note   SESSION_COOKIE_SECURE is on: ")


def test_a_port_in_use_is_told_with_a_free_one(folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        facts, findings, _ = report(port=port)
    assert facts["address"] == f"127.0.0.1:{port} cannot be listened on"
    told = " ".join(" ".join(findings).split())
    assert told.startswith(f"wrong 127.0.0.1:{port} is in use")
    assert ": microweb run --port " in told
    assert report(port=port)[0]["address"] == f"127.0.0.1:{port} is free"


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "unix:///no/such/folder/socket"])
def test_an_address_that_cannot_be_had_is_wrong(folder, host):
    _, findings, _ = report(host=host)
    assert findings[0].startswith(f"wrong  cannot listen on {host!r}, port 0: ")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no Unix sockets here")
def test_a_unix_socket_is_tried_and_taken_away(folder):
    facts, findings, _ = report(host="unix://s")
    assert (facts["address"], findings, os.listdir(folder)) == ("s is free", [], [])


@needs_package
def test_a_system_without_servers_is_a_note(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "microweb.serving", None)
    app = hello()
    app.debug = True
    facts, findings, last = report(app, "0.0.0.0")
    assert facts["address"] == "not tried, as there can be no server here"
    assert findings[0].startswith("note   ")
    assert last == "Nothing is wrong; 1 note."


@pytest.mark.skipif(os.name != "posix", reason="there are no modes of files here")
@pytest.mark.parametrize(
    ("text", "mode", "folder_mode", "faults"),
    [
        ("FLASK_SECRET_KEY=abc", 0o644, 0o755, 1),
        ("DB_PASSWORD=abc", 0o604, 0o755, 1),
        ("SECRET_KEY=abc", 0o640, 0o755, 0),
        ("SECRET_KEY=abc", 0o644, 0o750, 0),
        ("SECRET_KEY=", 0o644, 0o755, 0),
        ("PORT=5000", 0o644, 0o755, 0),
    ],
)
def test_secrets_that_everybody_can_read_are_wrong(
    folder, monkeypatch, text, mode, folder_mode, faults
):
    # Whether others can enter the folders above is the system's business.
    top = str(folder.parent)
    stat = os.stat
    monkeypatch.setattr(
        "microweb.dev.doctor.os.stat",
        lambda path, **rest: stat(folder if top.startswith(str(path)) else path, **rest),
    )
    for name in (".env", "given.env"):
        (folder / name).write_text(text + "\n")
        (folder / name).chmod(mode)
    folder.chmod(folder_mode)
    _, findings, _ = report(env_file="given.env")
    told = " ".join(" ".join(findings).split())
    assert told.count("and everybody on this machine can read it: chmod 600") == 2 * faults
    assert "abc" not in told


def test_a_file_of_variables_that_cannot_be_read_is_passed(folder):
    (folder / ".env").write_bytes(b"SECRET_KEY=\xff")
    (folder / ".flaskenv").write_text("SECRET_KEY")
    assert report()[2] == "Nothing is wrong."


def test_missing_modules_are_a_table_and_nothing_wrong(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "uuid", None)
    monkeypatch.setitem(sys.modules, "ssl", None)
    text, wrong = diagnose(lambda: None, False, "127.0.0.1", 0)
    assert wrong == 0
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("modules   "))
    assert lines[start].endswith("that microweb can use are not here")
    assert lines[start + 1].split() == ["missing", "it", "costs", "on", "OpenWrt", "install"]
    rows = [line.split() for line in lines[start + 2 :]]
    assert ("uuid", "python3-uuid") in [(row[0], row[-1]) for row in rows if row]


def test_a_file_that_hides_a_module_is_told(folder):
    (folder / "sqlite3.py").write_text("print('this must not run')")
    done = doctor("--port", "0", cwd=folder)
    assert done.returncode == 1
    assert "hides Python's own module 'sqlite3': rename it" in " ".join(done.stdout.split())
    assert "must not run" not in done.stdout


def test_what_names_an_app(folder, monkeypatch):
    assert not is_app_named(None)
    assert is_app_named("hello")
    (folder / "wsgi.py").write_text("")
    assert is_app_named(None)
    (folder / "wsgi.py").unlink()
    monkeypatch.setenv("FLASK_APP", "hello")
    assert is_app_named(None)


@needs_package
def test_the_demo_is_sound(folder):
    done = doctor("microweb.demo", "--port", "0", cwd=folder)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Nothing is wrong.")


@needs_package
def test_a_start_that_compiles_each_time_is_noted(folder, monkeypatch):
    spec = pythoncheck.__spec__
    monkeypatch.setattr(spec, "cached", str(folder / "not" / "there.pyc"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert pythoncheck.check_bytecode() == []
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    [(kind, sentence)] = pythoncheck.check_bytecode()
    assert kind == "note" and f"may not write to {str(folder)!r}" in sentence
    assert "microweb vendor --compiled" in sentence
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert "PYTHONDONTWRITEBYTECODE" in pythoncheck.check_bytecode()[0][1]
