"""``python3 -m tests``: the whole suite, on a machine with nothing but Python.

Makes a virtual environment under ``.venv/`` (one for each interpreter), installs pytest into it
and runs the suite; arguments are handed to pytest. Where pytest is installed already, it is used
as it is.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
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


if __name__ == "__main__":
    sys.exit(subprocess.call([python_with_pytest(), "-m", "pytest", *sys.argv[1:]], cwd=ROOT))
