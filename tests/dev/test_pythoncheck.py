"""What this Python is, lacks, and has hidden from it by files of the app."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import microweb
from microweb.dev.pythoncheck import (
    describe_package,
    describe_python,
    draw_missing_modules,
    find_hiding_files,
    find_missing_modules,
)

from ..support import needs_package

ROOT = Path(__file__).resolve().parent.parent.parent


def test_what_cannot_be_imported_is_missing(monkeypatch):
    count, missing = find_missing_modules()
    assert count > 20
    for name in ("ssl", "urllib.parse"):
        monkeypatch.setitem(sys.modules, name, None)
    names = [name for name, _ in missing]
    now = [name for name, _ in find_missing_modules()[1]]
    assert sorted({*names, "ssl", "urllib.parse"}) == now


def test_a_module_that_needs_a_missing_one_is_missing_too(monkeypatch):
    for name in ("zipfile", "struct"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "zipfile")
    assert "zipfile" in dict(find_missing_modules()[1])


def test_each_lack_is_told_with_its_cost_and_package():
    rows = [("ssl", "HTTPS"), ("unicodedata", "names"), ("urllib.parse", "links"), ("json", "JSON")]
    lines = draw_missing_modules(rows)
    assert [line.split() for line in lines[1:-1]] == [
        ["ssl", "HTTPS", "python3-openssl"],
        ["unicodedata", "names", "python3-codecs"],
        ["urllib.parse", "links", "python3-urllib"],
        ["json", "JSON", "python3-light"],
    ]
    assert lines[-1].startswith("Debian: apt install libpython3-stdlib. ")
    assert len({line.rindex("python3-") for line in lines[1:-1]}) == 1


def test_all_that_can_be_missing_fits_a_terminal(monkeypatch):
    monkeypatch.setattr("importlib.import_module", lambda name: 1 / 0)
    count, missing = find_missing_modules()
    assert len(missing) == count
    assert max(map(len, draw_missing_modules(missing))) <= 78


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("sqlite3.py", "wrong"),
        ("sqlite3/__init__.py", "wrong"),
        ("wave.py", "note"),
        # An import statement prefers these, wherever the files are.
        ("sqlite3/other.py", ""),
        ("sys.py", ""),
        ("my_app.py", ""),
        ("sqlite3.txt", ""),
    ],
)
def test_files_that_hide_pythons_own_modules_are_told(folder, monkeypatch, path, kind):
    if kind == "note" and not hasattr(sys, "stdlib_module_names"):
        pytest.skip("this Python does not tell the names of its modules")
    for name in ("sqlite3", "wave"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text("")
    sys.path.insert(0, str(folder))
    expected = {}
    if kind:
        name = path.partition("/")[0].partition(".")[0]
        hides = f"{str(folder / path)!r} hides Python's own module {name!r}: rename it"
        expected = {name: (kind, hides)}
    assert find_hiding_files() == expected


@pytest.mark.parametrize("first", ["app.zip", os.path.dirname(os.__file__)])
def test_a_zip_and_pythons_own_folder_hide_nothing(folder, first):
    sys.path.insert(0, os.path.join(folder, first))
    assert find_hiding_files() == {}


@needs_package
def test_version_and_place_are_told():
    assert describe_python().startswith(f"{sys.version.split()[0]} ({sys.implementation.name}, ")
    assert describe_python().endswith(sys.executable)
    place = os.path.dirname(os.path.abspath(microweb.__file__))
    assert describe_package() == f"{microweb.__version__}, from the folder {place}"


@needs_package
def test_a_zip_is_told(tmp_path):
    from zipfile import ZipFile

    archive = str(tmp_path / "lib.zip")
    with ZipFile(archive, "w") as file:
        for path in (ROOT / "microweb").rglob("*.py"):
            file.write(path, str(path.relative_to(ROOT)))
    code = "from microweb.dev.pythoncheck import describe_package; print(describe_package())"
    env = {**os.environ, "PYTHONPATH": archive}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.stdout.strip() == f"{microweb.__version__}, from the zip {archive}", done.stderr
