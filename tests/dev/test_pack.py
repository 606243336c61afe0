"""One file of an app: what goes in, and that it runs where nothing else is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from microweb.dev.loading import CommandFailed
from microweb.dev.pack import AppPacker

from .test_cli import environment
from .test_cli import microweb as run_command

APP = """
import helper
import missing_library
from microweb import Blueprint, Microweb, render_template, send_from_directory

app = Microweb(__name__)
app.config.from_object("config.Local")
app.config.from_pyfile("settings.cfg")
app.config.from_file("conf/secrets.json", load=str, silent=True)
pages = Blueprint("pages", __name__, "files", "/files", template_folder="views")

@app.get("/config")
def config():
    return [app.config["FIRST"], app.config["SECOND"]]

@app.get("/")
def index():
    return render_template("index.html", word=helper.WORD)

@app.get("/schema")
def schema():
    with app.open_resource("schema.sql", "r") as file:
        return file.read()

@app.get("/where")
def where():
    return [app.instance_path, app.root_path]

@app.get("/file/<path:name>")
def file(name):
    return send_from_directory("static", name)

@app.get("/nothing")
def nothing():
    return render_template("indx.html")

if __name__ == "__main__":
    app.run(port=1)
"""
FILES = {
    "app.py": APP.replace("import missing_library\n", "if 0: import missing_library\n"),
    "helper.py": "from deep.inner import WORD",
    "deep/__init__.py": "",
    "deep/inner.py": "import helper, deep\nWORD = '<é>'",
    "deep/words.txt": "more",
    "deep.py": "the package hides it",
    "deep/data.sqlite": "",
    "unused.py": "",
    "schema.sql": "select 1;",
    "config.py": "class Local: FIRST = 'one'",
    "config/README": "a folder that is no package does not hide the module",
    "settings.cfg": "SECOND = 'two'",
    "conf/secrets.json": "{}",
    "views/x.html": "",
    "README.md": "",
    ".env": "SECRET_KEY=1",
    "key.pem": "secret",
    "instance/notes.db": "",
    "templates/index.html": "<h1>{{ word }}</h1>",
    "templates/index.pyc": "",
    "static/a.css": "a { }",
    "static/.hidden": "",
    "static/.well-known/x.txt": "x",
    "__pycache__/app.pyc": "",
}


def write_files(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture
def project(tmp_path):
    return write_files(tmp_path / "project", FILES)


def names_in(path):
    """Return the names of a packed app's own files."""
    with zipfile.ZipFile(path) as file:
        names = [name for name in file.namelist() if not name.endswith(("/", ".pyc"))]
    return sorted(
        name for name in names if not name.startswith(("microweb/", "microweb.py", "__main__"))
    )


def pack(spec, output, *included):
    packer = AppPacker(str(spec))
    for path in included:
        packer.include(str(path))
    packer.write(str(output), "/usr/bin/env python3")
    return packer


def test_a_script_takes_along_what_it_imports_and_its_folders(project, tmp_path):
    packer = pack(project / "app.py", tmp_path / "app.pyz")
    assert names_in(tmp_path / "app.pyz") == [
        "app.py",
        "config.py",
        "deep/__init__.py",
        "deep/inner.py",
        "deep/words.txt",
        "helper.py",
        "schema.sql",
        "settings.cfg",
        "static/.well-known/x.txt",
        "static/a.css",
        "templates/index.html",
        "views/x.html",
    ]
    names = "README.md conf conf/secrets.json config deep/data.sqlite instance key.pem"
    assert sorted(packer.left_out) == names.split()
    if hasattr(sys, "stdlib_module_names"):
        assert packer.foreign == {"missing_library"}


def test_what_is_named_goes_along(project, tmp_path):
    library = write_files(tmp_path / "lib", {"missing_library/__init__.py": "import unused"})
    included = [project / "key.pem", project / "instance", library / "missing_library"]
    packer = pack(project / "app.py", tmp_path / "app.pyz", *included, project / "README.md")
    names = set(names_in(tmp_path / "app.pyz"))
    assert names >= {"key.pem", "README.md", "missing_library/__init__.py", "unused.py"}
    # A folder that is named goes along by the same rules as others.
    assert "instance/notes.db" not in names
    assert (packer.foreign, "README.md" in packer.left_out) == (set(), False)
    with pytest.raises(CommandFailed, match=r"there is no file or folder '.*nope' to include"):
        packer.include(str(project / "nope"))


PACKAGE = {
    "notes/__init__.py": "from .web import app",
    "notes/web.py": "from microweb import Flask\napp = Flask(__name__)\nimport beside",
    "notes/templates/x.html": "",
    "notes/instance/db.sqlite": "",
    "notes/.git/config": "",
    "notes/broken_template.py": "def {{ name }}():",
    "notes/secrets.toml": "",
    "beside.py": "",
    "other.py": "",
}


@pytest.mark.parametrize(
    ("spec", "main"),
    [
        ("notes", "notes/__init__.py"),
        ("notes/", "notes/__init__.py"),
        ("notes/web.py", "notes/web.py"),
        ("notes.web", "notes/web.py"),
        ("notes.web:app", "notes/web.py:app"),
        ("notes/web.py:make('a/b:c')", "notes/web.py:make('a/b:c')"),
    ],
)
def test_a_package_goes_along_whole(tmp_path, monkeypatch, spec, main):
    monkeypatch.chdir(write_files(tmp_path, PACKAGE))
    packer = pack(spec, "out.pyz")
    assert packer.spec == main
    assert names_in("out.pyz") == [
        "beside.py",
        "notes/__init__.py",
        "notes/broken_template.py",
        "notes/templates/x.html",
        "notes/web.py",
    ]
    assert packer.left_out == ["notes/instance", "notes/secrets.toml"]


def test_a_link_to_another_folder_is_not_followed(project, tmp_path):
    elsewhere = write_files(tmp_path / "elsewhere", {"a.txt": ""})
    (project / "static" / "link").symlink_to(elsewhere)
    (project / "static" / "circle").symlink_to(project)
    packer = pack(project / "app.py", tmp_path / "app.pyz")
    assert {"static/link", "static/circle"} <= set(packer.left_out)
    assert not [name for name in names_in(tmp_path / "app.pyz") if "circle" in name]


def test_the_same_files_make_the_same_bytes(project, tmp_path):
    settled = sys.implementation.name == "cpython" and sys.version_info >= (3, 11)
    done = []
    for n in "12":
        seed = n if settled else "1"
        done.append(run_command("pack", "-o", f"{n}/x.pyz", cwd=project, PYTHONHASHSEED=seed))
    assert [process.stderr for process in done] == ["", ""]
    first, second = [(project / n / "x.pyz").read_bytes() for n in "12"]
    assert first == second and first.startswith(b"#!/usr/bin/env python3\nPK")
    assert os.access(project / "1" / "x.pyz", os.X_OK) or os.name == "nt"
    with zipfile.ZipFile(project / "1" / "x.pyz") as file:
        entries = file.infolist()
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.external_attr >> 16 for entry in entries} == {0o40755, 0o100644}


def test_folders_and_names_that_are_no_common_packages(tmp_path):
    text = "from lib.sub import inner\nfrom microweb import Flask\napp = Flask(inner.NAME)"
    write_files(tmp_path, {"my.app-2.py": text, "lib/sub/inner.py": "NAME = __name__"})
    pack(tmp_path / "my.app-2.py", tmp_path / "x.pyz")
    assert names_in(tmp_path / "x.pyz") == ["lib/sub/inner.py", "my_app-2.py"]
    (tmp_path / "lib").rename(tmp_path / "moved")
    done = run_packed_app(tmp_path / "x.pyz", "routes", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("app.py", ["app.py", "-o", "app.py"], "'app.py' is there and no packed app; name another"),
        ("app.py", ["nope.py"], "there is no file 'nope.py' to pack; name it, as in: pack app.py"),
        ("app.py", ["--include", "nope"], "there is no file or folder"),
        ("other.py", [], "no app was named, and there is neither wsgi.py nor app.py in"),
        ("microweb.py", ["microweb.py"], "is taken in a packed app: rename the file"),
        ("bad.py", ["bad.py"], "is not valid Python; what is wrong says: python"),
    ],
)
def test_what_cannot_be_packed_is_one_sentence(tmp_path, name, arguments, told):
    (tmp_path / name).write_text("x = (" if name == "bad.py" else "")
    # Imported elsewhere, as the folder's own microweb.py would come first.
    code = f"import os; from microweb.dev.cli import main; os.chdir({str(tmp_path)!r}); main()"
    command = [sys.executable, "-c", code, "pack", *arguments]
    options = {"env": environment(), "cwd": "/", "capture_output": True, "text": True}
    done = subprocess.run(command, **options)
    assert done.returncode == 2
    assert done.stderr.startswith("microweb pack: ") and done.stderr.count("\n") == 1
    assert told in done.stderr


def test_a_python_without_zipfile_is_told_what_brings_it(tmp_path, monkeypatch):
    write_files(tmp_path, {"app.py": ""})
    monkeypatch.setitem(sys.modules, "zipfile", None)
    with pytest.raises(CommandFailed, match="packing an app needs Python's zipfile module .*libpy"):
        pack(tmp_path / "app.py", tmp_path / "app.pyz")


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A packed app in a folder whose name is not easy, which cannot be written to."""
    folder = tmp_path_factory.mktemp("packed")
    project = write_files(folder / "project", FILES)
    place = folder / "only ä:1"
    place.mkdir()
    done = run_command("pack", "app.py", "--include", "README.md", cwd=project)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"wrote app\.pyz, \d\.\d MB: README\.md, app\.py, .* 2 more \(", lines[0])
    told = "conf, conf/secrets.json, config, deep/data.sqlite, instance, key.pem"
    assert lines[1] == f"left out, take along with --include: {told}"
    assert lines[-1] == "start it with: python app.pyz --port 8080"
    shutil.move(str(project / "app.pyz"), str(place / "my app.pyz"))
    shutil.rmtree(project)
    place.chmod(0o555)
    yield place / "my app.pyz"
    place.chmod(0o755)


def run_packed_app(packed, *arguments, cwd, options=("-I",)):
    command = [sys.executable, *options, str(packed), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def served(packed, tmp_path_factory):
    """The URL of the packed app, started without a command from a folder that would mislead it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_files(folder, {"app.py": "raise RuntimeError", "helper.py": "", "json.py": "1/0"})
    command = [sys.executable, str(packed), "--port", "0"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        printed = process.stderr.readline()
        found = re.search(r"http://\S+", printed)
        assert found, printed
        yield found.group().rstrip("/")
    finally:
        process.kill()
        process.communicate(timeout=30)


def fetch(url, **headers):
    try:
        with urlopen(Request(url, headers=headers)) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def test_a_packed_app_finds_its_modules_templates_and_resources(served):
    assert fetch(f"{served}/")[2] == "<h1>&lt;é&gt;</h1>"
    assert fetch(f"{served}/schema")[2] == "select 1;"
    assert fetch(f"{served}/config")[2] == '["one","two"]\n'


def test_a_packed_app_keeps_its_instance_beside_the_file(served, packed):
    instance, root = fetch(f"{served}/where")[2].strip("[]\n").split(",")
    assert instance.endswith('1/instance"') and root.endswith('my app.pyz"')


@pytest.mark.parametrize("route", ["static", "file"])
def test_a_packed_app_serves_its_static_files(served, route):
    status, headers, text = fetch(f"{served}/{route}/a.css")
    assert (status, text, headers["Content-Type"]) == (200, "a { }", "text/css; charset=utf-8")
    again = {"If-None-Match": headers["ETag"]}
    assert fetch(f"{served}/{route}/a.css", **again)[0] == 304
    again = {"If-Modified-Since": headers["Last-Modified"]}
    assert fetch(f"{served}/{route}/a.css", **again)[0] == 304
    status, headers, text = fetch(f"{served}/{route}/a.css", Range="bytes=2-3")
    assert (status, text, headers["Content-Range"]) == (206, "{ ", "bytes 2-3/5")
    for path in ("../app.py", "..%2fapp.py", "%2e%2e/schema.sql", "x/../../app.py", "", "none"):
        assert fetch(f"{served}/{route}/{path}")[0] == 404


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["routes"], 0, r"where +GET +/where +where \(\S*app\.pyz/app\.py:\d+\)"),
        (["explain", "GET", "/x"], 0, "no rule|nothing|no route"),
        (["templates", "--check"], 0, "all 1 templates compile"),
        (["--version"], 0, r"microweb \d"),
        (["--help"], 0, "usage: microweb"),
        (["rotes"], 2, "did you mean 'routes'"),
        (["--prt", "8"], 2, "microweb run: unrecognized arguments: --prt;"),
    ],
)
def test_a_packed_app_takes_the_words_of_the_command_line(packed, tmp_path, words, status, told):
    done = run_packed_app(packed, *words, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert re.search(told, done.stdout + done.stderr), done.stdout + done.stderr


def test_compiled_modules_are_for_the_python_that_packed_and_others_take_the_source(
    packed, tmp_path
):
    with zipfile.ZipFile(packed) as file:
        compiled = {name[:-1] for name in file.namelist() if name.endswith(".pyc")}
        assert compiled == {name for name in file.namelist() if name.endswith(".py")}
        with zipfile.ZipFile(tmp_path / "other.pyz", "w") as other:
            for name in file.namelist():
                data = file.read(name)
                other.writestr(name, b"\0\0\0\0" + data[4:] if name.endswith(".pyc") else data)
    done = run_packed_app(tmp_path / "other.pyz", "routes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "other.pyz/app.py:" in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("create_app = [].pop", r"create_app\(\) failed: IndexError: pop from empty list\n"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(\S*x\.pyz/app\.py:1\)"),
        ("import nope_nope", "No module named 'nope_nope'"),
        ("x = 1", "has no app: looked for app, application"),
    ],
)
def test_a_packed_app_that_cannot_be_loaded_is_one_sentence(tmp_path, text, told):
    write_files(tmp_path, {"app.py": text})
    pack(tmp_path / "app.py", tmp_path / "x.pyz")
    (tmp_path / "app.py").write_text("from microweb import Flask; app = Flask(__name__)")
    done = run_packed_app(tmp_path / "x.pyz", "routes", cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert re.search(told, done.stderr), done.stderr
