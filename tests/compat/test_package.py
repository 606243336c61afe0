"""`install`: Flask's packages are importable, and lead to microweb."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from tests.support import IMPORT_FOLDER

from .conftest import start_python

HIDDEN = "import sys; sys.path[:] = [p for p in sys.path if 'packages' not in p]\n"


def test_every_name_of_the_tables_is_there(run_code):
    missing = run_code(
        "import importlib, sys\n"
        "from microweb.compat.tables import read_compat_tables\n"
        "for module, names in read_compat_tables().items():\n"
        "    there = importlib.import_module(module)\n"
        "    for name in names:\n"
        "        if not hasattr(there, name): print(module, name)\n"
    )
    assert missing == ""


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("import flask, microweb; print(flask.Flask is microweb.Flask)", "True"),
        ("import werkzeug; print(werkzeug.exceptions.NotFound.code)", "404"),
        ("from flask import *; print(jsonify.__name__, request is not None)", "jsonify True"),
        ("from flask import json; print(json.dumps([1]))", "[1]"),
        ("import flask; print('jsonify' in dir(flask))", "True"),
        ("import jinja2; print(jinja2.Environment().from_string('{{ 1 }}').render())", "1"),
        ("import flask.views as v, flask; print(flask.views is v)", "True"),
        (
            "from importlib.util import find_spec; print(find_spec('flask.views').name)",
            "flask.views",
        ),
    ],
)
def test_imports_of_all_kinds(run_code, code, printed):
    assert run_code(code) == printed


def test_versions(run_code):
    lines = run_code(
        "from importlib.metadata import PackageNotFoundError, distributions, version\n"
        "for name in 'flask Werkzeug Jinja2 MarkupSafe itsdangerous blinker'.split():\n"
        "    print(name, version(name), __import__(name.lower()).__version__ == version(name))\n"
        "try: version('no-such-package')\n"
        "except PackageNotFoundError: print('none')\n"
        "print(any(d.metadata['Name'] == 'flask' for d in distributions()))\n"
    )
    numbers = re.findall(r"^(\w+) (\d+\.\d+)\.\d+ True$", lines, re.MULTILINE)
    assert [number for _, number in numbers] == ["3.1", "3.1", "3.1", "3.0", "2.2", "1.9"]
    assert lines.splitlines()[-2:] == ["none", "True"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("from flask import Markup", "ImportError: flask has no 'Markup' .*markupsafe.Markup"),
        ("from flask import NotFound", "ImportError: .*it is in werkzeug.exceptions"),
        ("from flask import jsonfy", "ImportError: .*did you mean 'jsonify'"),
        ("import flask; flask.jsonfy", "AttributeError: .*did you mean 'jsonify'"),
        ("from jinja2.ext import Extension", "ImportError: .*filter"),
        ("import jinja2.sandbox", "ModuleNotFoundError: .*templates are code"),
        ("import flask.veiws", "ModuleNotFoundError: .*did you mean 'flask.views'"),
        ("from werkzeug.urls import url_quote", "ImportError: .*urllib.parse.quote"),
        ("import jinja2.ext; jinja2.ext.do()", "TypeError: .*built in"),
    ],
)
def test_a_name_that_is_not_there_says_what_to_use_instead(fail_code, code, words):
    assert re.search(words, fail_code(code))


def test_the_second_call_is_an_error(fail_code):
    assert "already" in fail_code("microweb.compat.install(prefer='microweb')")


def test_what_was_imported_before_is_an_error(fail_code):
    before = "import sys; sys.modules['jinja2'] = sys\n"
    last = fail_code("import microweb.compat as c; c.install(prefer='microweb')", before)
    assert "jinja2 was imported already" in last


def test_where_flask_is_installed_one_must_be_chosen(tmp_path):
    (tmp_path / "flask.py").write_text("mine = 1\n")
    ask = "import microweb.compat as c; c.install({}); import flask; print(vars(flask).get('mine'))"
    done = start_python(["-c", ask.format("")], tmp_path)
    assert re.search("RuntimeError: flask.*prefer='microweb'", done.stderr)
    done = start_python(["-c", ask.format("prefer='installed'")], tmp_path)
    assert done.stdout.strip() == "1"
    done = start_python(["-c", ask.format("prefer='microweb'")], tmp_path)
    assert done.stdout.strip() == "None"


def test_a_folder_that_bears_the_name_is_no_flask(run_code, tmp_path):
    (tmp_path / "flask").mkdir()
    before = f"{HIDDEN}import microweb.compat as c; c.install()\n"
    assert run_code("import flask; print(flask.Flask.__name__)", before) == "Microweb"


def test_where_nothing_is_installed_nothing_need_be_said(run_code):
    before = f"{HIDDEN}import microweb.compat as c; c.install()\n"
    assert run_code("import flask; print(flask.__name__)", before) == "flask"
    before = f"{HIDDEN}import microweb.compat as c; c.install(prefer='installed')\n"
    assert run_code("import flask; print(flask.__name__)", before) == "flask"


def test_a_vendored_copy_answers_under_its_own_name(tmp_path):
    target = tmp_path / "lib" / "web"
    subprocess.run(
        [sys.executable, "-m", "microweb", "vendor", str(target)],
        cwd=IMPORT_FOLDER,
        check=True,
        capture_output=True,
    )
    shutil.rmtree(target / "demo", ignore_errors=True)
    code = (
        "import sys, lib.web.compat as c; c.install(prefer='microweb')\n"
        "import flask, werkzeug.routing\n"
        "print(flask.Flask.__module__, [n for n in sys.modules if n.startswith('microweb')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "lib.web.app []", done.stderr


def test_a_view_that_does_not_fit_its_url_is_a_warning(run_code):
    printed = run_code(
        "import warnings, flask\n"
        "app = flask.Flask('x')\n"
        "with warnings.catch_warnings(record=True) as seen:\n"
        "    warnings.simplefilter('always')\n"
        "    app.route('/<name>')(lambda: 'a')\n"
        "    @app.route('/b')\n"
        "    def one(): return 'one'\n"
        "    @app.route('/b')\n"
        "    def two(): return 'two'\n"
        "print(len(seen), \"'name'\" in str(seen[0].message), seen[0].filename)\n"
        "print(app.test_client().get('/b').text)\n"
    )
    assert printed == "2 True <string>\none"
