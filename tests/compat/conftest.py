"""What the tests of `microweb.compat` share: programs run in a process of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import IMPORT_FOLDER, ONE_FILE

# No single file holds this room.
collect_ignore_glob = ["test_*.py"] if ONE_FILE else []
PROGRAMS = Path(__file__).parent / "programs"
INSTALLED = "import microweb.compat; microweb.compat.install(prefer='microweb')\n"


def start_python(arguments, folder, **variables):
    environ = {"PYTHONPATH": str(IMPORT_FOLDER), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def run_code(tmp_path):
    """Return a function that runs a program under `install` and returns what it prints."""

    def run(code, before=INSTALLED):
        done = start_python(["-c", before + code], tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def fail_code(tmp_path):
    """Return a function that runs a program that fails and returns the last line of why."""

    def run(code, before=INSTALLED):
        done = start_python(["-c", before + code], tmp_path)
        assert done.returncode != 0, done.stdout
        return done.stderr.strip().splitlines()[-1]

    return run
