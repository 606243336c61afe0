"""The same answers from the server of the core, and from both servers without ``socketserver``."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from microweb.serving import Server
from microweb.serving.answer import Answer

from ..support import needs_package

HERE = Path(__file__).parent
FILES = [str(HERE / f"test_{name}.py") for name in ("parser", "body", "answer")]
with contextlib.suppress(ImportError):
    # Not in a single file of the core.
    from microweb.serving.extra.chunked import ChunkedBody

    FILES += [str(HERE / "test_chunked.py")] if ChunkedBody else []
STANDINS = {"MICROWEB_TEST_STANDINS": "1"}
PLAIN = {"MICROWEB_TEST_SERVER": "plain"}
IS_INNER_RUN = any(name in os.environ for name in (*STANDINS, *PLAIN))


@pytest.mark.skipif(IS_INNER_RUN, reason="runs the suite, not inside it")
@pytest.mark.parametrize("variables", [PLAIN, STANDINS, {**PLAIN, **STANDINS}], ids=" ".join)
def test_a_request_is_read_and_answered_the_same_by_every_server(variables):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *FILES]
    result = subprocess.run(
        command,
        env={**os.environ, **variables},
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout[-4000:]


@needs_package
@pytest.mark.skipif(IS_INNER_RUN, reason="what stands in is no such subclass")
def test_server_and_answer_are_subclasses_of_the_standard_library():
    from socketserver import TCPServer, ThreadingMixIn
    from wsgiref.handlers import SimpleHandler

    assert Server.__mro__.index(ThreadingMixIn) < Server.__mro__.index(TCPServer)
    assert issubclass(Answer, SimpleHandler)
