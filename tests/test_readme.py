"""What the README shows runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import microweb

from .support import IMPORT_FOLDER

README = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS)
def test_the_examples_run(code):
    names = {"__name__": "readme"}
    exec(compile(code, "README.md", "exec"), names)
    if "/hello/<name>" in code:
        assert names["app"].test_client().get("/hello/you").text == "Hello, you!"


def test_there_are_examples():
    assert len(BLOCKS) >= 2


def test_the_commands_it_names_exist():
    row = re.search(r"\| command line \| (.*) \|", README).group(1)
    named = re.findall(r"python3 -m microweb (\w+)", README)
    named += re.findall(r"`(\w+)[^`/]*`", row)
    done = subprocess.run(
        [sys.executable, "-m", "microweb", "--help"],
        cwd=IMPORT_FOLDER,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for command in named:
        assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE), command


def test_the_names_it_promises_are_there():
    row = re.search(r"\| in a view \| (.*) \|", README).group(1)
    for name in re.findall(r"`(\w+)`", row):
        assert hasattr(microweb, name)


def test_the_limits_it_tells_are_the_limits():
    from microweb.config import DEFAULT_CONFIG
    from microweb.http import multipart
    from microweb.http.extra import conditional
    from microweb.serving import parser, server
    from microweb.serving.extra import leading
    from microweb.signing import MAX_PAYLOAD_SIZE

    limits = re.search(r"\*\*Limits\*\*.*?\n\n(.*?)\n\n", README, re.DOTALL).group(1)
    rows = dict(re.findall(r"^\| ([^|]*) \| ([^|]*) \|", limits, re.MULTILINE)[1:])
    told = {
        what: [int(number) for number in re.findall("[0-9]+", text)] for what, text in rows.items()
    }
    assert list(told.values()) == [
        [parser.MAX_REQUEST_LINE],
        [parser.MAX_HEAD_SIZE, parser.MAX_HEADER_COUNT],
        [server.Server.max_body_size],
        [DEFAULT_CONFIG["MAX_FORM_MEMORY_SIZE"]],
        [DEFAULT_CONFIG["MAX_FORM_PARTS"]],
        [multipart.MAX_PART_HEADER_BYTES, multipart.MAX_PART_HEADERS],
        [conditional._MAX_RANGES],
        [MAX_PAYLOAD_SIZE],
        [server.Server.max_connections, leading.LeadingServer.threads],
        [
            leading.HEAD_TIMEOUT,
            leading.BODY_TIMEOUT,
            leading.SEND_TIMEOUT,
            leading.IDLE_TIMEOUT,
        ],
    ]
