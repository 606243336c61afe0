"""What the README and the manual show runs as it stands, and what they promise is true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import microweb
from microweb.dev.onefile import build_one_file

from .support import IMPORT_FOLDER, needs_package

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
DOCS = Path(microweb.__file__).parent / "docs"
PAGES = {path.stem: path.read_text("utf-8") for path in sorted(DOCS.glob("*.md"))}
BLOCKS = [
    pytest.param(code, id=f"{name}-{number}")
    for name, page in {"README": README, **PAGES}.items()
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
]


@pytest.mark.parametrize("code", BLOCKS)
def test_the_examples_run(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "readme"}
    exec(compile(code, "README.md", "exec"), names)
    client = names["app"].test_client()
    if "/hello/<name>" in code:
        assert client.get("/hello/you").text == "Hello, you!"
    if "/count" in code:
        assert [client.get("/count").json["visits"] for _ in range(2)] == [1, 2]
    if "/notes" in code:
        assert client.get("/notes").json == []


def test_the_readme_is_short_and_has_examples():
    assert README.count("\n") <= 150
    assert README.count("```python\n") >= 4


@needs_package
def test_the_links_lead_to_pages():
    links = re.findall(r"\]\((microweb/docs/[^)]+)\)", README)
    assert {Path(link).stem for link in links} == set(PAGES)


@needs_package
@pytest.mark.parametrize(("scope", "place"), [("core", 0), ("", 1), ("desk", 2)])
def test_the_sizes_it_tells_are_the_sizes(scope, place):
    text = build_one_file(scope)
    told = re.search(r"How large it is: (.*?)\n\n", README, re.DOTALL).group(1)
    lines = [int(n.replace(",", "")) for n in re.findall(r"([0-9]+,000)\s+lines", told)]
    sizes = [
        float(n) * (1 if u == "KB" else 1000) for n, u in re.findall(r"([0-9.]+) (KB|MB)", told)
    ]
    assert abs(lines[place] - text.count("\n")) < 700
    assert abs(sizes[place] - len(text.encode()) / 1000) < 60


def test_the_commands_it_names_exist():
    named = [
        word
        for page in (README, *PAGES.values())
        for word in re.findall(r"python3 -m microweb ([a-z]\w*)", page)
    ]
    if PAGES:
        named += re.findall(r"^\| `(\w+)", PAGES["command-line"], re.MULTILINE)
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


@needs_package
def test_the_names_it_promises_are_there():
    row = re.search(r"\| in a view \| (.*) \|", PAGES["what-is-there"]).group(1)
    for name in re.findall(r"`(\w+)`", row):
        assert hasattr(microweb, name)


@needs_package
def test_the_limits_it_tells_are_the_limits():
    from microweb.config import DEFAULT_CONFIG
    from microweb.http import multipart
    from microweb.http.extra import conditional
    from microweb.serving import parser, server
    from microweb.serving.extra import leading
    from microweb.signing import MAX_PAYLOAD_SIZE

    limits = re.search(r"\*\*Limits\*\*.*?\n\n(.*?)\n\n", PAGES["security"], re.DOTALL).group(1)
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
