"""Every row of ``rows.txt`` is held by tests that exist, and every test that bears a row's id is in
it.

The table is read and the tests' files are searched as text: nothing is imported.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
# How many rows each family has: a row is neither lost nor renumbered unnoticed.
FAMILIES = {"RT": 20, "RQ": 22, "UE": 8, "MP": 23, "CK": 12, "HD": 15, "SS": 13, "RD": 8}
FAMILIES.update({"ST": 21, "TP": 25, "DS": 32, "DB": 11, "CF": 10, "TC": 10, "PE": 13, "FL": 25})
IDS = [f"{family}-{number:02}" for family in FAMILIES for number in range(1, FAMILIES[family] + 1)]
ROW_RE = re.compile(
    r"([A-Z]{2}-[0-9]{2})  (\S.*?\S) {2,}(cannot apply: \S.{20,}|\S+\.py\S+(?: \S+\.py\S+)*)"
)
ID_RE = re.compile(rf"(?<![a-z])({'|'.join(FAMILIES).lower()})_([0-9]{{2}})(?=_)")


def read_rows():
    """Return (id, what the row is about, its tests or the reason why there are none) by line."""
    lines = (TESTS / "gauntlet" / "rows.txt").read_text("utf-8").splitlines()
    rows = [ROW_RE.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(rows), "a line is not: an id, two spaces, words, two spaces, tests or a reason"
    return [row.groups() for row in rows]


def read_tests():
    """Return all tests as the table names them, each with the ids that its name bears."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        text, name = path.read_text("utf-8"), path.relative_to(TESTS).as_posix()
        for test in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE):
            found[f"{name}::{test}"] = ids_in(test[5:])
        for case in re.findall(r"\"([a-z]{2}_[0-9]{2}_)", text):
            if ID_RE.match(case):
                found[f"{name}[{case}]"] = ids_in(case)
    return found


def ids_in(name):
    return {f"{family.upper()}-{number}" for family, number in ID_RE.findall(name)}


ROWS = read_rows()
EXISTING = read_tests()


def test_the_table_has_every_row_once_and_in_order():
    assert [row[0] for row in ROWS] == IDS
    assert len(IDS) == 268


@pytest.mark.parametrize(("row", "about", "holders"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_held_by_tests_that_exist_or_says_why_it_cannot_apply(row, about, holders):
    if not holders.startswith("cannot apply: "):
        assert [name for name in holders.split() if name not in EXISTING] == []


def test_every_test_that_bears_an_id_stands_in_its_row():
    missing = defaultdict(list)
    held = {row: holders.split() for row, _about, holders in ROWS}
    for name, ids in EXISTING.items():
        for row in ids:
            if name not in held.get(row, ()):
                missing[row].append(name)
    assert dict(missing) == {}
