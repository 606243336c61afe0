"""A short run of the fuzzer, the same each time, and that it finds what is broken."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import warnings
from types import SimpleNamespace

import pytest

from . import all_targets, engine
from .__main__ import main
from .engine import RESOURCES, Broken, Target, run_target, shortened, what_breaks
from .mutate import cut, dice_of, entropy

# A target that costs 1 is given so many cases.
CASES = 400


@pytest.fixture(scope="module", autouse=True)
def closed_resources():
    """Stop the server and remove the folders that targets share."""
    with RESOURCES:
        yield


@pytest.mark.parametrize("name", sorted(all_targets()))
def test_any_bytes_give_an_answer_or_the_documented_error(name):
    one = all_targets()[name]
    found = run_target(one, "suite", 0, CASES // one.cost, timed=False)
    assert not found, "\n".join(map(str, found))


def planted(check):
    return Target(check, entropy, [b"!"], 1)


def leaking(data):
    class Unraisable:
        def __del__(self):
            raise ValueError("too late")

    if b"!" in data:
        Unraisable()


def test_what_a_target_raises_is_found_and_made_short():
    def fragile(data):
        if b"!" in data:
            raise KeyError("planted")

    [finding] = run_target(planted(fragile), 1, 0, 200)
    assert finding.data == b"!"
    assert "KeyError: 'planted'" in finding.said
    assert "--target fragile --case 21" in str(finding)


def test_a_warning_is_found():
    def warning(data):
        if b"!" in data:
            warnings.warn("planted", ResourceWarning, stacklevel=1)

    [finding] = run_target(planted(warning), 1, 0, 200)
    assert "ResourceWarning: planted" in finding.said


def test_what_takes_longer_than_its_size_allows_is_found(monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(engine, "time", SimpleNamespace(perf_counter=clock.__next__))
    monkeypatch.setattr(engine.time, "process_time", clock.__next__, raising=False)
    [finding] = run_target(planted(lambda data: None), 1, 0, 3)
    assert "8 bytes take 1.0 s" in finding.said


HANGING = """
from tests.fuzz import engine, mutate

def stuck(data):
    while True:
        pass

engine.HANG_SECONDS = 0.1
engine.run_target(engine.Target(stuck, mutate.entropy, [], 1), 7, 64, 1)
"""


def test_a_hang_ends_the_run_and_says_where_it_was(tmp_path):
    environ = {**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", HANGING], env=environ, check=False, timeout=60)
    [notes] = tmp_path.glob("fuzz-hang-*.txt")
    assert done.returncode == 1
    assert notes.read_text().startswith("--target stuck --seed 7 --first 64 ")
    assert "in stuck" in notes.read_text()


@pytest.mark.skipif("sys.implementation.name != 'cpython'", reason="collects at its own time")
def test_what_nobody_can_catch_is_found():
    [finding] = run_target(planted(leaking), 1, 0, 200)
    assert "too late" in finding.said


def test_a_case_is_the_same_each_time():
    one = all_targets()["multipart"]
    assert [one.case(7, number) for number in range(9)] == [
        one.case(7, number) for number in range(9)
    ]
    assert one.case(7, 1) != one.case(8, 1)


def test_pieces_are_the_whole():
    dice = dice_of(b"pieces")
    for _ in range(200):
        data = dice.randbytes(dice.randrange(50)) + b"\r\n--"
        assert b"".join(cut(dice, data)) == data


def test_what_is_shortened_breaks_in_the_same_way():
    def two_ways(data):
        if b"b" in data and b"x" in data:
            raise Broken("both")

    one = planted(two_ways)
    kind, _ = what_breaks(one, b"aaabaaaxaaa")
    assert shortened(one, b"aaabaaaxaaa", kind) == b"bx"


def test_one_case_is_run_from_the_command_line(capsys, tmp_path):
    file = tmp_path / "case.bin"
    file.write_bytes(b"a=1")
    for case in (b"a=1".hex(), str(file)):
        assert main(["--target", "urlencoded", "--case", case]) == 0
    assert "nothing is wrong" in capsys.readouterr().out


def test_a_run_tells_its_seed_and_its_cases(capsys):
    assert main(["--target", "urlencoded", "--minutes", "0.001", "--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("seed 3,")
    assert "urlencoded" in said
    assert "0 findings" in said
