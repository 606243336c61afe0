"""``.env`` files: what a line may be, and what is done with it."""

from __future__ import annotations

import os
import re

import pytest

from microweb.dotenv import MAX_DOTENV_SIZE, load_dotenv, parse_dotenv


@pytest.fixture(autouse=True)
def own_environment(monkeypatch, tmp_path):
    """Give each test environment variables and a folder of its own."""
    monkeypatch.setattr(os, "environ", {"SET": "before"})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A=1", [("A", "1")]),
        ("A=1\r\nB=2", [("A", "1"), ("B", "2")]),
        ("# c\n\n  A = 1  ", [("A", "1")]),
        ("export A=1\nexport\tB=2", [("A", "1"), ("B", "2")]),
        ("A=", [("A", "")]),
        ("A=#x", [("A", "")]),
        ("A=a#b", [("A", "a#b")]),
        ("A=a #b", [("A", "a")]),
        ("A=a\t# b", [("A", "a")]),
        ("A=a=b", [("A", "a=b")]),
        ("A='x y # \\n $HOME'", [("A", "x y # \\n $HOME")]),
        ('A="x \\"y\\" \\n\\t\\\\ \\z" # why', [("A", 'x "y" \n\t\\ \\z')]),
        ("A=$(rm -rf x)`x`${B}", [("A", "$(rm -rf x)`x`${B}")]),
        ("A='é'", [("A", "é")]),
        ("", []),
    ],
)
def test_cf_06_lines_are_read_and_nothing_is_evaluated(text, pairs):
    assert list(parse_dotenv(text)) == pairs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nnonsense", "line 2 is not NAME=value: 'nonsense'"),
        ("=1", "line 1"),
        ("1A=1", "line 1"),
        ("A B=1", "line 1"),
        ("A='x", "line 1: the quote ' is not closed"),
        ('A="x\\"', 'line 1: the quote " is not closed'),
        ("A='x' y", "line 1: 'y' stands after the closing quote"),
    ],
)
def test_cf_06_a_line_that_is_none_is_named(text, message):
    with pytest.raises(ValueError, match="line") as caught:
        list(parse_dotenv(text))
    assert message in str(caught.value)


def test_cf_06_what_is_set_already_wins(own_environment):
    (own_environment / ".env").write_text("SET=file\nNEW=file\nBOTH=env")
    (own_environment / ".flaskenv").write_text("BOTH=flaskenv\nLAST=flaskenv")
    assert load_dotenv()
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    assert os.environ == {"SET": "before", "NEW": "file", "BOTH": "env", "LAST": "flaskenv"}


def test_no_file_is_no_error_but_a_named_one_is():
    assert not load_dotenv()
    with pytest.raises(FileNotFoundError, match="'nothing.env'"):
        load_dotenv("nothing.env")


def test_cf_06_a_mistake_names_the_file_and_sets_nothing(own_environment):
    (own_environment / "bad.env").write_text("A=1\nB")
    with pytest.raises(ValueError, match=r"'bad.env': line 2"):
        load_dotenv("bad.env")
    assert "A" not in os.environ


def test_cf_06_a_huge_file_is_refused(own_environment):
    (own_environment / ".env").write_text("A=" + "x" * MAX_DOTENV_SIZE)
    with pytest.raises(ValueError, match="larger than"):
        load_dotenv()


def test_a_file_that_windows_editors_wrote_is_read(own_environment):
    with open(".env", "wb") as file:
        file.write(b"\xef\xbb\xbfFIRST=1\r\nSECOND='\xc3\xa9'\r\n")
    assert load_dotenv()
    assert (os.environ["FIRST"], os.environ["SECOND"]) == ("1", "é")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("A=1".encode("utf-16"), "it is written as UTF-16; save it as UTF-8"),
        ("A=1".encode("utf-16-le"), "it holds a NUL character; save it as UTF-8 text"),
        (b"A=1\nB=caf\xe9", "line 2 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_in_another_encoding_is_told(own_environment, data, message):
    with open(".env", "wb") as file:
        file.write(data)
    with pytest.raises(ValueError, match=re.escape(f"'.env': {message}")):
        load_dotenv()


def test_the_usual_files_may_be_left_alone(own_environment):
    with open(".env", "w") as file:
        file.write("FIRST=1")
    assert not load_dotenv(load_defaults=False)
    assert "FIRST" not in os.environ
    assert load_dotenv(".env", load_defaults=False)
