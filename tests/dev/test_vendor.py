"""Copies of the package: under any name, beside one another, checked against their manifests."""

from __future__ import annotations

import importlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

import microweb
from microweb.dev.loading import CommandFailed
from microweb.dev.vendor import (
    MANIFEST_NAME,
    check_copy,
    read_package,
    vendor_one_file,
    vendor_package,
)

from ..support import ONE_FILE, needs_package
from .test_cli import environment
from .test_cli import microweb as run_command

PACKAGE = Path(microweb.__file__).parent


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A copy that tests only read."""
    if ONE_FILE:
        pytest.skip("the single file is copied as such")
    target = tmp_path_factory.mktemp("vendor") / "_vendor" / "web"
    vendor_package(str(target))
    return target


@pytest.fixture
def copied(pristine, tmp_path):
    """A small copy to spoil: what is checked is the manifest, however much it lists."""
    target = tmp_path / "web"
    target.mkdir()
    names = ("__init__.py", "LICENSE", "views.py")
    lines = (pristine / MANIFEST_NAME).read_text().splitlines(keepends=True)
    kept = [line for line in lines if line.split()[1] in names]
    for name in names:
        (target / name).write_bytes((pristine / name).read_bytes())
    (target / MANIFEST_NAME).write_text("".join(kept))
    return target


def test_the_licence_in_the_package_is_that_of_the_project():
    top = PACKAGE.parent / "LICENSE"
    if not top.exists():
        pytest.skip("not the project's own folder")
    assert (PACKAGE / "LICENSE").read_bytes() == top.read_bytes()


@needs_package
def test_every_file_of_the_package_is_known():
    on_disk = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and not str(path.relative_to(PACKAGE)).startswith(".")
        if "__pycache__" not in path.parts
        # A copy leaves out the manual.
        if path.parent.name != "docs"
    }
    everything = read_package(with_demo=True)
    assert set(everything) == on_disk
    assert everything["http/fields.py"] == (PACKAGE / "http" / "fields.py").read_bytes()
    assert set(everything) - set(read_package()) == {n for n in on_disk if n.startswith("demo/")}


def test_a_copy_is_complete_and_says_so(pristine):
    assert check_copy(str(pristine)) == (microweb.__version__, [])
    assert (pristine / "LICENSE").exists() and not (pristine / "demo").exists()
    manifest = (pristine / MANIFEST_NAME).read_text().splitlines()
    assert all(line[64:66] == "  " and (pristine / line[66:]).is_file() for line in manifest)


def test_sha256sum_reads_the_manifest(pristine):
    try:
        command = ["sha256sum", "-c", "--quiet", MANIFEST_NAME]
        done = subprocess.run(command, cwd=pristine, capture_output=True, timeout=30)
    except FileNotFoundError:
        pytest.skip("there is no sha256sum")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def change(path):
    with open(path / "views.py", "a") as file:
        file.write("#\n")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (change, ["changed views.py"]),
        (lambda path: (path / "views.py").unlink(), ["missing views.py"]),
        (lambda path: (path / "more.py").touch(), ["added more.py"]),
        (lambda path: (path / "more").mkdir(), []),
        (lambda path: os.symlink("/", path / "more"), ["added more"]),
        (lambda path: (path / "__pycache__").mkdir(), []),
        (lambda path: (path / "__init__.py").unlink(), ["missing __init__.py"]),
    ],
)
def test_what_differs_is_named(copied, spoil, told):
    (copied / "__pycache__").mkdir(exist_ok=True)
    (copied / "__pycache__" / "views.pyc").touch()
    try:
        spoil(copied)
    except FileExistsError:
        pass
    version, differences = check_copy(str(copied))
    assert differences == told
    assert version == ("of unknown version" if "__init__.py" in str(told) else "0.1.0")


def test_a_copy_of_another_version_is_checked_by_its_own_manifest(copied):
    path = copied / "__init__.py"
    path.write_text(path.read_text().replace('__version__ = "', '__version__ = "7.'))
    assert check_copy(str(copied)) == (f"7.{microweb.__version__}", ["changed __init__.py"])


def test_a_changed_copy_is_kept_unless_forced(copied):
    change(copied)
    with pytest.raises(CommandFailed, match=r"changed views\.py; type --force to overwrite it"):
        vendor_package(str(copied))
    vendor_package(str(copied), force=True)
    assert check_copy(str(copied))[1] == []
    vendor_package(str(copied))
    assert [path.name for path in copied.parent.iterdir()] == ["web"]


@needs_package
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("my-copy", "'my-copy' cannot be imported: the last part of .*my-copy' becomes the name"),
        ("class", "'class' cannot be imported"),
        ("mine", "is no copy that 'microweb vendor' has made: .*; it is left alone"),
        ("file/web", "cannot be written: .*; name another place"),
    ],
)
def test_nothing_else_is_ever_overwritten(tmp_path, name, told):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("years")
    (tmp_path / "file").write_text("years")
    with pytest.raises(CommandFailed, match=told):
        vendor_package(str(tmp_path / name), force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "mine"]
    assert (tmp_path / "mine" / "work.txt").read_text() == "years"


def test_a_copy_that_cannot_be_written_whole_leaves_the_earlier_one(copied, monkeypatch):
    before = check_copy(str(copied))
    rename = os.rename

    def refuse(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(CommandFailed, match="No space left on device"):
        vendor_package(str(copied))
    assert os.rename is rename
    assert check_copy(str(copied)) == before
    assert [path.name for path in copied.parent.iterdir()] == ["web"]


@needs_package
def test_the_command_copies_and_checks(tmp_path):
    done = run_command("vendor", "plugin/_vendor/web", cwd=tmp_path)
    assert done.stdout.startswith("wrote plugin/_vendor/web, microweb ") and not done.stderr
    done = run_command("vendor", "--check", "plugin/_vendor/web/", cwd=tmp_path)
    told = f"'plugin/_vendor/web' is intact: microweb {microweb.__version__}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "")
    change(tmp_path / "plugin" / "_vendor" / "web")
    done = run_command("vendor", "--check", "plugin/_vendor/web", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "was copied: changed views.py" in done.stderr
    done = run_command("vendor", "--check", "nowhere", cwd=tmp_path)
    assert done.returncode == 2 and "is no copy that" in done.stderr
    command = [sys.executable, "-m", "_vendor.web", "demo"]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path / "plugin", env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        "microweb demo: this copy of microweb came without the demo; run it from the whole "
        "package\n",
    )


def test_a_copy_of_one_file(tmp_path):
    done = run_command("vendor", "--onefile", "web", cwd=tmp_path)
    assert done.stdout.startswith("wrote web.py, ") and not done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.py", "web.py.sha256"]
    version = microweb.__version__
    assert check_copy(str(tmp_path / "web.py")) == (version, [])
    run_command("onefile", "--desk", "-o", "desk.py", cwd=tmp_path)
    command = [sys.executable, "desk.py", "vendor", "again/third"]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "again" / "third.py").read_bytes() == (tmp_path / "desk.py").read_bytes()
    with open(tmp_path / "web.py", "ab") as file:
        file.write(b"#\n")
    assert check_copy(str(tmp_path / "web.py")) == (version, ["changed web.py"])


@pytest.mark.parametrize(
    "options", [["vendor", "web"], ["vendor", "--onefile", "web"], ["onefile", "-o", "web.py"]]
)
def test_a_copy_may_bring_its_compiled_code(tmp_path, options):
    done = run_command(*options, "--compiled", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    code = "import web, sys; print(web.__cached__)"
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    # Other times than those of the sources, as after copying.
    for path in tmp_path.rglob("*.py"):
        os.utime(path, (1, 1))
    command = [sys.executable, "-v", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0
    assert f"code object from '{done.stdout.strip()}'" in done.stderr
    if options[0] == "vendor":
        # A single file makes copies of itself alone.
        target = next(path for path in (tmp_path / "web", tmp_path / "web.py") if path.exists())
        assert check_copy(str(target))[1] == []


USE_DEMO = """
from microweb.demo import create_app
app = create_app("data")
for path in ("/login", "/static/style.css", "/static/../notes.py", "/none"):
    status, headers, body = app.handle("GET", path)
    print(status, dict(headers)["Content-Type"], len(body) > 100)
print(app.instance_path, app.open_resource("templates/base.html", "r").read(9))
"""


@needs_package
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_package_works_from_a_zip_and_can_be_copied_out_of_it(tmp_path, compression):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w", compression) as file:
        for path, data in read_package(with_demo=True).items():
            file.writestr(f"microweb/{path}", data)
    path = str(tmp_path / "whole.zip")
    done = run_command("--version", cwd=tmp_path, PYTHONPATH=path)
    assert (done.stdout, done.stderr) == (f"microweb {microweb.__version__}\n", "")
    done = run_command("vendor", "web", "--with-demo", cwd=tmp_path, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert check_copy(str(tmp_path / "web")) == (microweb.__version__, [])
    assert (tmp_path / "web" / "demo" / "static" / "icon.svg").exists()
    shutil.rmtree(tmp_path / "web")
    env = {**environment(), "PYTHONPATH": path}
    command = [sys.executable, "-c", USE_DEMO]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "200 text/html; charset=utf-8 True",
        "200 text/css; charset=utf-8 True",
        "404 text/html; charset=utf-8 True",
        "404 text/html; charset=utf-8 True",
        f"{tmp_path / 'instance'} <!doctype",
    ], done.stderr


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two copies of different versions, of which the second speaks otherwise."""
    tmp_path = tmp_path_factory.mktemp("two")
    for name in ("first_copy", "second_copy"):
        if ONE_FILE:
            vendor_one_file(str(tmp_path / f"{name}.py"))
        else:
            vendor_package(str(tmp_path / name))
    for file, old, new in (
        ("__init__.py", f'__version__ = "{microweb.__version__}"', '__version__ = "99.0"'),
        ("http/exceptions.py", "There is nothing at this address", "The second has no such page"),
    ):
        path = tmp_path / ("second_copy.py" if ONE_FILE else f"second_copy/{file}")
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        yield importlib.import_module("first_copy"), importlib.import_module("second_copy")
    for name in [name for name in sys.modules if name.startswith(("first_copy", "second_copy"))]:
        del sys.modules[name]


def make_pair(two):
    """Return an app of each copy: the second is mounted in the first, which also calls it."""
    first, second = two
    outer, inner = first.Flask("outer_app"), second.Flask("inner_app")
    outer.secret_key = inner.secret_key = "the same"
    inner.config["SESSION_COOKIE_NAME"] = "inner"
    for package, app in ((first, outer), (second, inner)):
        name = app.import_name
        app.add_template_filter(lambda text, name=name: f"{text} of {name}", "mark")
        app.json.default = lambda value, name=name: f"{value.__class__.__name__} of {name}"

        @app.get("/state")
        def state(package=package):
            package.g.seen = package.session["seen"] = package.request.path
            package.current_app.logger.warning("here")
            template = "{{ url_for('state')|mark }}, {{ g.seen }}"
            text = package.render_template_string(template)
            return package.jsonify(text=text, value=object(), version=package.__version__)

    @outer.get("/call")
    def call():
        first.g.seen = "outer's"
        answer = inner.test_client().get("/state?x=1").get_json()
        assert second.has_request_context() is False
        return {**answer, "after": [first.g.seen, first.request.path, *first.session]}

    @inner.get("/peek")
    def peek():
        return [first.has_app_context(), second.has_app_context(), second.current_app.name]

    mount = importlib.import_module("first_copy.middleware").DispatcherMiddleware
    outer.wsgi_app = mount(outer.wsgi_app, {"/inner": inner})
    return outer, inner


def test_two_copies_of_different_versions_do_not_see_one_another(two, caplog):
    outer, _ = make_pair(two)
    heard = []
    for package in two:
        package.request_started.connect(lambda app, **_: heard.append(app.name), weak=False)
    client = outer.test_client()
    assert client.get("/state").get_json() == {
        "text": "/state of outer_app, /state",
        "value": "object of outer_app",
        "version": microweb.__version__,
    }
    answer = client.get("/inner/state")
    assert answer.get_json() == {
        "text": "/inner/state of inner_app, /state",
        "value": "object of inner_app",
        "version": "99.0",
    }
    assert "inner=" in answer.headers["Set-Cookie"]
    assert client.get("/call").get_json() == {
        "text": "/state of inner_app, /state",
        "value": "object of inner_app",
        "version": "99.0",
        "after": ["outer's", "/call", "seen"],
    }
    assert client.get("/inner/peek").get_json() == [False, True, "inner_app"]
    assert b"nothing at this address" in client.get("/none").data
    assert b"second has no such page" in client.get("/inner/none").data
    names = "outer_app inner_app outer_app inner_app inner_app outer_app inner_app"
    assert heard == names.split()
    assert [record.name for record in caplog.records] == [
        "outer_app",
        "inner_app",
        "inner_app",
    ]


def test_a_client_of_one_copy_keeps_no_context_of_the_other(two):
    first, second = two
    outer, _ = make_pair(two)
    with outer.test_client() as client:
        client.get("/state")
        assert first.request.path == "/state"
        client.get("/inner/state")
        assert not second.has_app_context() and not first.has_app_context()


def test_a_response_of_one_copy_is_an_answer_in_the_other(two):
    first, second = two
    app = first.Flask("outer_app")
    app.get("/")(lambda: second.Response("from the second", 202))
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.text) == (202, "from the second")


def test_the_debugger_of_one_copy_shows_the_errors_of_the_other(two):
    inner = two[1].Flask("inner_app")
    inner.debug = True
    inner.get("/")(lambda: 1 / 0)
    debugged = importlib.import_module("first_copy.dev.debug").DebuggedApplication(inner)
    environ = {
        **inner.test_request_context("/").environ,
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_ACCEPT": "text/plain",
        "wsgi.errors": io.StringIO(),
    }
    page = b"".join(debugged(environ, lambda *arguments: None))
    assert b"ZeroDivisionError" in page
    assert [key for key in environ if key.endswith("debug_page")] == ["first_copy.debug_page"]


def test_the_server_of_one_copy_serves_the_app_of_the_other(two):
    first, _ = two
    outer, inner = make_pair(two)
    make_server = importlib.import_module("second_copy.serving").make_server
    assert make_server is not importlib.import_module("first_copy.serving").make_server
    with inner.start() as one, first.Flask("other").start() as other:
        assert one.port != other.port
        with urlopen(f"{one.url}peek") as answer:
            assert answer.read() == b'[false,true,"inner_app"]\n'
    with outer.start() as server, urlopen(f"{server.url}inner/peek") as answer:
        assert b"inner_app" in answer.read()


@needs_package
def test_a_copy_of_the_core_runs_an_app(tmp_path):
    done = run_command("vendor", "--core", "web", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {path.relative_to(tmp_path / "web").as_posix() for path in tmp_path.rglob("*.py")}
    assert "app.py" in names and not any("extra/" in name or "dev/" in name for name in names)
    assert check_copy(str(tmp_path / "web")) == (microweb.__version__, [])
    program = """
from web import Microweb, session
app = Microweb(__name__)
app.secret_key = "a key for this test"
@app.get("/")
def index():
    session["n"] = 1
    return {"n": 1}
print(app.test_client().get("/").json)
"""
    command = [sys.executable, "-W", "error", "-c", program]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{'n': 1}\n", "")
