"""What is loaded when: a program that only imports, or answers once, does not wait for the rest."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .support import IMPORT_FOLDER, ONE_FILE

# Modules that a small system may lack (OpenWrt's python3-light, Debian's python3-minimal), or that
# cost too much to load before somebody needs them.
NOT_AT_IMPORT = frozenset(
    (
        "argparse ast asyncio ctypes dataclasses datetime decimal email gzip hmac html http"
        " importlib inspect json logging mimetypes multiprocessing pathlib pydoc queue secrets"
        " shutil socket socketserver sqlite3 ssl subprocess tempfile traceback typing unicodedata"
        " unittest urllib uuid wsgiref xml zlib"
    ).split()
)


# All that a bare import and a first answer load of the standard library, on some version or other
# of Python. What is added here makes every program start later, so it is a decision.
PINNED = frozenset(
    (
        "__future__ _collections _collections_abc _contextvars _functools _heapq _locale _operator"
        " _sre _stat binascii collections contextvars copyreg enum functools genericpath heapq"
        " itertools keyword ntpath operator os posixpath re reprlib sre_compile sre_constants"
        " sre_parse stat types"
    ).split()
)
# The single file is loaded whole, with the parts that the package loads when they are needed.
PINNED_FOR_ONE_FILE = PINNED | {"_ast", "contextlib"}


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a statement loads beyond those of bare Python."""
    code = f"""
import sys
sys.path.insert(0, {str(IMPORT_FOLDER)!r})
before = set(sys.modules)
{statement}
print(*sorted(set(sys.modules) - before))
"""
    command = [sys.executable, "-S", "-E", "-c", code]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(output.split())


HELLO = (
    "from microweb import Microweb; app = Microweb('__main__'); app.get('/')(lambda: 'x'); "
    "app({'REQUEST_METHOD': 'GET', 'PATH_INFO': '/'}, lambda *args: None)"
)


@pytest.mark.parametrize("statement", ["import microweb", HELLO])
def test_importing_and_a_first_answer_load_nothing_that_a_small_system_lacks(statement):
    loaded = loaded_by(statement)
    top = {name.partition(".")[0] for name in loaded} - {"microweb"}
    if sys.implementation.name == "cpython":
        assert not top & NOT_AT_IMPORT, sorted(top & NOT_AT_IMPORT)
        pinned = PINNED_FOR_ONE_FILE if ONE_FILE else PINNED
        assert top <= pinned, sorted(top - pinned)
    for late in ("microweb.templating", "microweb.serving", "microweb.testing", "microweb.tools"):
        assert ONE_FILE or late not in loaded
