"""One program, whatever way Python was started, from wherever it is called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import microweb

from .support import ONE_FILE

PROGRAM = """
import os, sys
root = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, root)
from microweb import Microweb, render_template_string, request, session, url_for

app = Microweb("program", static_folder=None)
app.secret_key = "a key for tests"

@app.route("/hello/<name>/<int:number>", methods=["GET", "POST"])
def hello(name, number):
    session["count"] = session.get("count", 0) + number
    page = "{% for i in range(number) %}<b>{{ word }}</b>{% endfor %}{{ session.count }}"
    return render_template_string(page, word=request.form.get("word", name), number=number)

@app.get("/fail")
def fail():
    app.logger.error("this is expected")
    return str(1 / 0)

def check(found, expected):
    if found != expected:
        raise SystemExit(f"found {found!r} instead of {expected!r}")

client = app.test_client()
check(client.get("/hello/a&b/2").text, "<b>a&amp;b</b><b>a&amp;b</b>2")
check(client.post("/hello/x/1", data={"word": "\\xe9"}).text, "<b>\\xe9</b>3")
check(client.get("/fail").status_code, 500)
check(client.get("/hello/x/-1").status_code, 404)
with app.test_request_context():
    check(url_for("hello", name="\\xe9 b", number=1), "/hello/%C3%A9%20b/1")
with app.start() as server:
    from urllib.request import urlopen
    with urlopen(server.url + "hello/x/1") as answer:
        check(answer.read(), b"<b>x</b>1")
with open(os.path.join(root, "told.txt"), "w") as file:
    file.write("fine")
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of microweb, and of the program, at a path that is no plain word."""
    root = tmp_path_factory.mktemp("a copy") / "Pfad mit Leerzeichen, é и 中"
    source = Path(microweb.__file__)
    if ONE_FILE:
        root.mkdir()
        shutil.copy(source, root / "microweb.py")
    else:
        ignored = shutil.ignore_patterns("__pycache__", "demo")
        shutil.copytree(source.parent, root / "microweb", ignore=ignored)
    (root / "program.py").write_text(PROGRAM, "utf-8")
    return root


def run(copy, *flags, variables=(), **options):
    told = copy / "told.txt"
    told.unlink(missing_ok=True)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [sys.executable, *flags, str(copy / "program.py")]
    done = subprocess.run(
        command, env={**environ, **dict(variables)}, capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stderr
    assert told.read_text() == "fine"
    return done


@pytest.mark.parametrize(
    "flags",
    ["", "-O", "-OO", "-I", "-S -E", "-B", "-W error", "-bb -W error"],
)
def test_flags_of_python_change_nothing(copy, flags):
    done = run(copy, *flags.split())
    assert "ZeroDivisionError" in done.stderr and "this is expected" in done.stderr


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONDONTWRITEBYTECODE": "1"},
        {"PYTHONIOENCODING": "ascii"},
        pytest.param(
            {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
            marks=pytest.mark.skipif(
                sys.implementation.name == "pypy", reason="PyPy itself imports nothing from there"
            ),
        ),
        {"PYTHONHASHSEED": "0"},
        {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "error"},
    ],
    ids=lambda variables: " ".join(variables),
)
def test_variables_of_python_change_nothing(copy, variables):
    run(copy, variables=variables)


def test_bytecode_is_written_where_python_writes_it_and_nothing_else(copy):
    run(copy, "-B")
    before = {path for path in copy.rglob("*") if "__pycache__" not in path.parts}
    run(copy)
    assert {path for path in copy.rglob("*") if "__pycache__" not in path.parts} == before


@pytest.mark.skipif(os.name == "nt", reason="starts the program through a POSIX shell")
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_standard_streams_may_be_missing(copy, closed):
    (copy / "told.txt").unlink(missing_ok=True)
    command = ["sh", "-c", f'"$0" "$1" {closed}', sys.executable, str(copy / "program.py")]
    assert subprocess.run(command, check=False).returncode == 0
    assert (copy / "told.txt").read_text() == "fine"


def test_the_working_folder_may_be_read_only(copy, tmp_path):
    tmp_path.chmod(0o555)
    run(copy, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder in which somebody stands")
def test_the_working_folder_may_be_gone(copy, tmp_path):
    program = f'cd {tmp_path}; rmdir {tmp_path}; exec "$0" "$1"'
    (copy / "told.txt").unlink(missing_ok=True)
    command = ["sh", "-c", program, sys.executable, str(copy / "program.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (copy / "told.txt").read_text() == "fine"
