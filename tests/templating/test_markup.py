"""Markup: what is escaped when HTML and other text meet."""

from __future__ import annotations

import time
from typing import Any

import pytest

from microweb.templating import Markup, escape, escape_silent, soft_str

BOLD = Markup("<b>")


class Shown:
    def __html__(self) -> str:
        return "<i>"


def test_tp_02_exactly_five_characters_are_escaped() -> None:
    assert escape("<script>\"'& é\x00`=/") == "&lt;script&gt;&#34;&#39;&amp; é\x00`=/"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        (3, "3"),
        (1.5, "1.5"),
        (None, "None"),
        (True, "True"),
        (BOLD, "<b>"),
        (Shown(), "<i>"),
        ([BOLD, "<"], "[Markup(&#39;&lt;b&gt;&#39;), &#39;&lt;&#39;]"),
        (">only", "&gt;only"),
    ],
)
def test_escape_of_each_kind_of_value(value: Any, expected: str) -> None:
    assert escape(value) == expected
    assert type(escape(value)) is Markup


def test_escape_silent_drops_none_and_soft_str_keeps_markup() -> None:
    assert escape_silent(None) == ""
    assert escape_silent("<") == "&lt;"
    assert soft_str(BOLD) is BOLD
    assert soft_str(3) == "3"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (BOLD + "<", "<b>&lt;"),
        ("<" + BOLD, "&lt;<b>"),
        (BOLD + Shown(), "<b><i>"),
        (BOLD * 2, "<b><b>"),
        (2 * BOLD, "<b><b>"),
        (Markup("<%s>") % "<", "<&lt;>"),
        (Markup("<%s %d>") % ("<", 3), "<&lt; 3>"),
        (Markup("<%(a)s>") % {"a": "<"}, "<&lt;>"),
        (Markup("%.2f") % 1.234, "1.23"),
        (Markup("%r") % "<", "&#39;&lt;&#39;"),
        (Markup("<{}>").format("<"), "<&lt;>"),
        (Markup("<{a}>").format(a=BOLD), "<<b>>"),
        (Markup("<{0:>3}>").format("<"), "<  &lt;>"),
        (Markup("<{a}>").format_map({"a": "<"}), "<&lt;>"),
        (BOLD.join(["<", BOLD]), "&lt;<b><b>"),
        (BOLD.replace("b", "<"), "<&lt;>"),
        (BOLD[1:2], "b"),
        (BOLD.upper(), "<B>"),
        (Markup(" a ").strip(), "a"),
        (Markup("a").ljust(3), "a  "),
    ],
)
def test_tp_03_operators_escape_the_untrusted_side(result: Any, expected: str) -> None:
    assert result == expected
    assert type(result) is Markup


def test_parts_of_markup_are_markup() -> None:
    for parts in (
        Markup("a b").split(),
        Markup("a b").rsplit(" "),
        Markup("a\nb").splitlines(),
        Markup("a-b").partition("-"),
        Markup("a-b").rpartition("-"),
    ):
        assert {type(part) for part in parts} == {Markup}


def test_html_object_takes_no_format_specification() -> None:
    with pytest.raises(ValueError, match="format specification"):
        Markup("{:>3}").format(BOLD)
    with pytest.raises(ValueError, match="'Shown' takes no format specification"):
        Markup("{:>3}").format(Shown())


def test_unescape_and_striptags_return_plain_text() -> None:
    assert Markup("&lt;&#34;&nbsp;").unescape() == '<"\xa0'
    text = Markup("<p>a &lt;  <!-- <x> -->\n<b>b</b>").striptags()
    assert text == "a < b"
    assert type(text) is str


@pytest.mark.parametrize("text", ["<" * 300_000, "<!--" * 100_000, "<scr<b>ipt>" * 50_000])
def test_tp_09_striptags_is_linear(text: str) -> None:
    def cost(part: str) -> float:
        started = time.perf_counter()
        Markup(part).striptags()
        return time.perf_counter() - started

    quarter = min(cost(text[: len(text) // 4]) for _ in range(3))
    assert cost(text) < 40 * quarter + 0.5
