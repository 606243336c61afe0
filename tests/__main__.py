"""``python3 -m tests``: the whole suite, on a machine with nothing but Python.

Makes a virtual environment under ``.venv/`` (one for each interpreter), installs pytest into it
and runs the suite; arguments are handed to pytest. Where pytest is installed already, it is used
as it is. With ``--onefile`` as the first argument the suite runs in a temporary folder against
``microweb.py``, the single file that ``python -m microweb onefile --desk`` makes of the package;
with ``--core`` the test files that ``core.txt`` names run against the file of the core alone.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def python_with_pytest() -> str:
    """Return an interpreter that has pytest, making one if this one has not."""
    if importlib.util.find_spec("pytest") is not None:
        return sys.executable
    folder = ROOT / ".venv" / f"{sys.implementation.name}-{sysconfig.get_python_version()}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "ready").exists():
        try:
            venv.create(folder, with_pip=True, clear=True, symlinks=os.name != "nt")
            command = [str(python), "-m", "pip", "install", "--quiet", "pytest"]
            subprocess.run([*command, "--disable-pip-version-check"], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(
                f"tests: no pytest could be installed into {folder} ({error}). Connect the machine "
                f"to a package index, or install pytest and run: {sys.executable} -m pytest"
            )
        (folder / "ready").touch()
    return str(python)


def run_suite(folder: Path, arguments: list[str]) -> int:
    """Run the suite that lies in *folder*, beside what it tests; return pytest's exit status."""
    return subprocess.call([python_with_pytest(), "-m", "pytest", *arguments], cwd=folder)


def run_suite_on_one_file(scope: str, arguments: list[str]) -> int:
    """Run a copy of the suite beside a single file that is made now, with what *scope* says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [
            sys.executable,
            "-m",
            "microweb",
            "onefile",
            scope,
            "-o",
            str(folder / "microweb.py"),
        ]
        subprocess.run(command, cwd=ROOT, check=True)
        for file in ("README.md", "LICENSE", "pyproject.toml"):
            shutil.copy(ROOT / file, folder)
        for part in ("tests", "benchmarks"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("*.pyc"))
        return run_suite(folder, arguments)


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["--onefile"]:
        sys.exit(run_suite_on_one_file("--desk", given[1:]))
    if given[:1] == ["--core"]:
        files = (ROOT / "tests" / "core.txt").read_text("utf-8").split()
        sys.exit(run_suite_on_one_file("--core", [*files, *given[1:]]))
    sys.exit(run_suite(ROOT, given))
