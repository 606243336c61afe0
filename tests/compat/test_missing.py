"""What a program imports and is not there is told without running it."""

from __future__ import annotations

from microweb.compat.missing import find_missing_names

from .conftest import start_python

PROGRAM = """\
import os
import jinja2.sandbox
from flask import Flask, json, Markup
from werkzeug.routing import *
from .flask import nothing
raise SystemExit("this is not run")
try:
    from flask import _app_ctx_stack
except ImportError:
    from flask import _request_ctx_stack
try:
    from flask import nothing_like_it
except KeyError:
    pass
"""


def test_each_name_that_is_not_there_is_told_once():
    found = find_missing_names(PROGRAM, "app.py")
    lines = [sentence.partition(": ")[0] for sentence in found]
    assert lines == ["app.py:2", "app.py:3", "app.py:10", "app.py:12"]
    assert "markupsafe.Markup" in found[1]


def test_the_doctor_lists_them(tmp_path):
    (tmp_path / "app.py").write_text("from helper import app\nfrom flask import escape\n")
    (tmp_path / "helper.py").write_text("from flask import Markup\n")
    arguments = ["-m", "microweb", "doctor", "--flask", "--port", "0", "app.py"]
    done = start_python(arguments, tmp_path)
    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    assert "app.py:2: flask has no 'escape'" in told
    assert "helper.py:1: flask has no 'Markup'" in told
