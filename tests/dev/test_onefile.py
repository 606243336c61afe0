"""The single file: what it looks like, and that it is the package under any name."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import microweb
from microweb.dev.cli import main
from microweb.dev.onefile import build_one_file
from microweb.dev.order import READING_ORDER

from ..support import needs_package

PACKAGES = {name.rpartition(".")[0] for name in READING_ORDER}

APP = """
from web import Microweb, request
from web.views import MethodView
from web.http import Headers

app = Microweb(__name__)

class Hello(MethodView):
    def get(self, name):
        return f"Hello, {name}!", Headers([("X-Query", request.query_string.decode())])

app.add_url_rule("/hello/<name>", view_func=Hello.as_view("hello"))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the single file, here called web.py, and an app."""
    path = tmp_path_factory.mktemp("one file")
    (path / "web.py").write_text(build_one_file("desk"), "utf-8")
    (path / "app.py").write_text(APP, "utf-8")
    return path


def run(folder, *words):
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_it_says_what_it_is_and_under_which_licence(folder):
    text = (folder / "web.py").read_text("utf-8")
    assert text.startswith(f'"""microweb {microweb.__version__} in one file: ')
    assert "# BSD 3-Clause License\n" in text[:3000]


@needs_package
def test_each_module_stands_there_in_reading_order_under_its_docstring(folder):
    text = (folder / "web.py").read_text("utf-8")
    places = {}
    for name in READING_ORDER:
        banner = re.search(f"^# {re.escape(name.replace('.', '/'))}\n#\n# [^\n]", text, re.M)
        if banner:
            places[name] = banner.start()
    # What all others need stands first, the words of a package in front of its modules.
    modules = [name for name in places if name not in ("dev.sections", *PACKAGES)]
    assert [places[name] for name in modules] == sorted(places[name] for name in modules)
    left_out = ("demo", "compat")
    expected = {name for name in READING_ORDER if name.partition(".")[0] not in left_out}
    assert expected - set(places) == {"", "__main__"}


def test_no_import_of_its_own_modules_is_left(folder):
    text = (folder / "web.py").read_text("utf-8")
    found = re.findall(r"^ *from (\.[.a-z_]*) import", text, re.M)
    assert not found


@pytest.mark.parametrize("start", [["web.py"], ["-m", "web"], ["-O", "web.py"], ["-I", "web.py"]])
def test_it_runs_as_a_program_and_an_app_that_imports_it_finds_the_same_classes(folder, start):
    done = run(folder, *start, "routes", "app.py")
    assert done.returncode == 0, done.stderr
    assert "/hello/<name>" in done.stdout


def test_it_is_imported_under_the_name_of_its_file(folder):
    program = """
import web, sys
from app import app
import web.helpers, web.http.headers, web.json.tag
from web import testing
from web.logging import default_handler
assert testing.Client(app).get("/hello/Ada?x=1").headers["X-Query"] == "x=1"
assert web.http.Request is web.Request and web.http.headers.Headers is web.http.Headers
assert not any(name.partition(".")[0] == "microweb" for name in sys.modules)
try:
    web.http.redirect
except AttributeError as error:
    print(error)
try:
    web.nothing
except AttributeError as error:
    print(error)
"""
    done = run(folder, "-c", program)
    assert done.stdout.splitlines() == [
        "http.redirect is left out here: use redirect_response instead.",
        "module 'web' has no attribute 'nothing'",
    ], done.stderr


def test_it_writes_itself_again(folder):
    done = run(folder, "web.py", "onefile", "--desk", "-o", "again.py")
    assert done.returncode == 0, done.stderr
    assert (folder / "again.py").read_bytes() == (folder / "web.py").read_bytes()


def test_the_demo_is_not_in_it(folder):
    done = run(folder, "web.py", "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert "came without the demo" in done.stderr and len(done.stderr.splitlines()) == 1


def test_star_imports_bring_the_public_names_alone(folder):
    done = run(folder, "-c", "from web import *; print(sorted(n for n in dir() if n[0] != '_'))")
    names = {"Microweb", "request", "url_for", "template_rendered"}
    found = set(re.findall("[A-Za-z_]+", done.stdout))
    assert names <= found and not {"Headers", "os", "LaterModule"} & found


def test_the_command_says_what_it_wrote_and_where_it_cannot(tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["onefile", "--desk", "--output", str(tmp_path / "one.py")])
    assert caught.value.code == 0
    assert "python -m one --help" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main(["onefile", "--output", str(tmp_path)])
    assert caught.value.code == 2
    assert "cannot be written" in capsys.readouterr().err


SMALL_APP = """
from web import Blueprint, Microweb, flash, g, get_flashed_messages, redirect, render_template
from web import request, session, url_for

app = Microweb(__name__)
app.secret_key = "a key for this test"
people = Blueprint("people", __name__, url_prefix="/people")
TEMPLATES = {
    "layout.html": "<title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}",
    "page.html": '{% extends "layout.html" %}{% block title %}{{ title|upper }}{% endblock %}'
    "{% block body %}{% for word in words %}<p>{{ word }}{% endfor %}{% endblock %}",
}

@people.get("/<name>")
def person(name):
    return render_template("page.html", title=name, words=session.get("words", []))

@app.before_request
def begin():
    g.began = True

@app.post("/words")
def add():
    session["words"] = session.get("words", []) + [request.form["word"]]
    flash("kept")
    return redirect(url_for("people.person", name="ada"))

@app.post("/files")
def take():
    upload = request.files["file"]
    return {"name": upload.filename, "size": len(upload.read()), "began": g.began}

@app.errorhandler(404)
def missing(error):
    return f"nothing at {request.path}", 404

from web.templating import DictLoader
app.jinja_loader = DictLoader(TEMPLATES)
app.register_blueprint(people)
"""
USE_SMALL_APP = """
import urllib.request
from small import app
client = app.test_client()
assert client.post("/words", data={"word": "<b>"}, follow_redirects=True).text == (
    "<title>ADA</title><p>&lt;b&gt;")
head = 'Content-Disposition: form-data; name="file"; filename="a.txt"'
form = dict(data="\\r\\n".join(["--B", head, "", "12345", "--B--"]).encode(),
            content_type="multipart/form-data; boundary=B")
assert client.post("/files", **form).json == {"name": "a.txt", "size": 5, "began": True}
assert client.get("/nowhere").text == "nothing at /nowhere"
with app.start() as server:
    with urllib.request.urlopen(server.url + "people/bob") as answer:
        assert answer.read() == b"<title>BOB</title>"
print(type(server._server).__name__)
"""


@needs_package
@pytest.mark.parametrize(("scope", "server"), [("core", "Server"), ("", "LeadingServer")])
def test_smaller_files_run_an_app_with_everything_of_every_day(tmp_path, scope, server):
    (tmp_path / "web.py").write_text(build_one_file(scope), "utf-8")
    (tmp_path / "small.py").write_text(SMALL_APP, "utf-8")
    done = run(tmp_path, "-W", "error", "-c", USE_SMALL_APP)
    assert (done.stdout, done.stderr) == (f"{server}\n", "")


@needs_package
def test_what_a_smaller_file_has_not_is_told(tmp_path):
    (tmp_path / "web.py").write_text(build_one_file("core"), "utf-8")
    program = "from web import Request; Request({'HTTP_ACCEPT': 'a/b'}).accept_mimetypes"
    done = run(tmp_path, "-c", program)
    assert "ImportError: http/extra/request_members.py is not in this single file" in done.stderr


@needs_package
@pytest.mark.parametrize("scope", ["core", ""])
def test_a_file_without_a_command_line_says_so(tmp_path, scope):
    (tmp_path / "microweb.py").write_text(build_one_file(scope), "utf-8")
    done = run(tmp_path, "-m", "microweb", "vendor", "web")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("microweb: this single file has no command line.")
    assert not (tmp_path / "web").exists()
