"""This Python: what it is, what its standard library lacks, and what each lack costs.

Every module is really imported: one that lies there may need one that does not. That takes a tenth
of a second.
"""

from __future__ import annotations

import os
import sys

from ..text.missing import system_packages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

# A module that small systems leave out, and what is lost without it. What microweb replaces without
# a loss is not here.
_MODULE_COSTS = """
_hashlib | password hashes by scrypt
asyncio | views written as `async def`
code | microweb shell
difflib | "did you mean ...?" in messages
hashlib | sessions, signatures, password hashes
inspect | an app's own commands and factories
json | jsonify, request.json, sessions
linecache | source lines on error pages
logging | levels and handlers of app.logger
mimetypes | types of rare kinds of files
pdb | run --pdb
selectors | the server: run and start
socket | the server: run and start
sqlite3 | the demo
ssl | HTTPS: run --cert
subprocess | restarts after changes: run --reload
tempfile | uploads kept outside of the memory
threading | the server: run and start
traceback | tracebacks in logs and on error pages
unicodedata | host names beyond ASCII
urllib.parse | links to other hosts, microweb explain
uuid | <uuid:name> in rules
wsgiref.handlers | CGI
zipfile | microweb pack
zlib | compressed zips and tokens
"""


def find_missing_modules(hidden: Container[str] = ()) -> tuple[int, list[tuple[str, str]]]:
    """Import what microweb's features need of the standard library.

    Return how many modules that are, and name and cost of each that cannot be imported. What is
    *hidden* by a file of the app's is passed: that file would run.
    """
    from importlib import import_module

    rows = [line.split(" | ") for line in _MODULE_COSTS.strip().splitlines()]
    missing = []
    for name, cost in rows:
        try:
            if name.partition(".")[0] not in hidden:
                import_module(name)
        except Exception:  # One that is hidden may be imported by another, and fail in any way.
            missing.append((name, cost))
    return len(rows), missing


def find_hiding_files() -> dict[str, tuple[str, str]]:
    """Return a finding for each file beside the app that hides a module of Python's own, by the
    name of the module."""
    from importlib.util import find_spec

    needed = {line.partition(" | ")[0].partition(".")[0] for line in _MODULE_COSTS.splitlines()}
    known = needed.union(getattr(sys, "stdlib_module_names", ())) - {""}
    folder = sys.path[0] or os.getcwd()
    hiding: dict[str, tuple[str, str]] = {}
    # The option -I may have Python's own folder there; and it may be a zip.
    if folder == os.path.dirname(os.__file__) or not os.path.isdir(folder):
        return hiding
    beside = {name.partition(".")[0] for name in os.listdir(folder)}
    for name in sorted(known & beside):
        try:
            path = getattr(find_spec(name), "origin", None) or ""
        except (ImportError, ValueError):
            continue
        if os.path.dirname(path.replace(f"{os.sep}__init__.py", "")) == folder:
            kind = "wrong" if name in needed else "note"
            hiding[name] = (kind, f"{path!r} hides Python's own module {name!r}: rename it")
    return hiding


def draw_missing_modules(missing: list[tuple[str, str]]) -> list[str]:
    """Return a table of what `find_missing_modules` found, and how to get it, as lines.

    >>> print("\\n".join(draw_missing_modules([("ssl", "HTTPS")])))
    missing  it costs  on OpenWrt install
    ssl      HTTPS     python3-openssl
    Debian: apt install libpython3-stdlib. Others: your Python's own distribution.
    """
    rows = [("missing", "it costs", "on OpenWrt install")]
    debian = ""
    for name, cost in missing:
        debian, _, openwrt = (each.split()[0] for each in system_packages(name).partition(" or "))
        rows.append((name, cost, openwrt))
    widths = [max(map(len, column)) for column in [*zip(*rows)][:2]] + [0]
    lines = ["  ".join(map(str.ljust, row, widths)) for row in rows]
    return [*lines, f"Debian: apt install {debian}. Others: your Python's own distribution."]


def check_bytecode() -> list[tuple[str, str]]:
    """Return a note where each start compiles microweb again, since nothing may be kept.

    >>> all(kind == "note" for kind, _ in check_bytecode())
    True
    """
    spec = globals().get("__spec__")
    cached = getattr(spec, "cached", None)
    # A zip is made with compiled code, or without.
    if cached is None or not os.path.isfile(os.path.abspath(__file__)) or os.path.exists(cached):
        return []
    folder = os.path.dirname(cached)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    if sys.dont_write_bytecode:
        reason = "PYTHONDONTWRITEBYTECODE or -B is set"
    elif not os.access(folder, os.W_OK):
        reason = f"this user may not write to {folder!r}"
    else:
        return []
    sentence = (
        f"each start compiles microweb again, and takes three times as long: {reason}, so no "
        f"compiled code is kept; bring it along with microweb vendor --compiled"
    )
    return [("note", sentence)]


def describe_package() -> str:
    """Return microweb's version, and the folder, zip or single file that it is imported from."""
    from .. import __version__

    archive = getattr(globals().get("__loader__"), "archive", None)
    if archive is not None:
        return f"{__version__}, from the zip {archive}"
    path = os.path.abspath(__file__)
    if __name__.endswith("dev.pythoncheck"):
        return f"{__version__}, from the folder {os.path.dirname(os.path.dirname(path))}"
    return f"{__version__}, from the one file {path}"


def describe_python() -> str:
    """Return version, implementation, system and place of this Python."""
    machine = os.uname().machine if hasattr(os, "uname") else ""
    kind = f"{sys.implementation.name}, {sys.platform} {machine}".rstrip()
    return f"{sys.version.split()[0]} ({kind}) {sys.executable or ''}".rstrip()
