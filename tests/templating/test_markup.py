"""Markup: what is escaped when HTML and other text meet."""

from __future__ import annotations

import time
from typing import Any

import pytest

from microweb.templating import Environment, Markup, escape, escape_silent, soft_str

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


class Proxy:
    """Says that it is what it stands for, as a LocalProxy does."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def __class__(self) -> Any:  # type: ignore[override]
        return type(self.value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.value, name)

    def __str__(self) -> str:
        return str(self.value)


@pytest.mark.parametrize(
    ("value", "shown"), [("ada", "ada"), ("<b>", "&lt;b&gt;"), (BOLD, "<b>"), (3, "3")]
)
def test_a_proxy_is_escaped_as_what_it_stands_for(value: Any, shown: str) -> None:
    proxy = Proxy(value)
    source = "{{ n }}|{{ n|e }}|{% for x in [n] %}{{ x }}{% endfor %}|{{ [n, n]|join }}"
    text = Environment(autoescape=True).from_string(source).render(n=proxy)
    assert text == f"{shown}|{shown}|{shown}|{shown * 2}"
    assert Markup("%s") % proxy == Markup("{}").format(proxy) == escape(proxy) == shown
    assert Markup("x").join([proxy, proxy]) == f"{shown}x{shown}"


@pytest.mark.parametrize("value", [42, "<", None, 1.5])
def test_a_value_that_no_field_takes_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError, match="not all arguments converted"):
        Markup("<em></em>") % value


def test_percent_takes_what_has_items_as_python_does() -> None:
    assert Markup("<i>") % {"a": 1} == Markup("<i>") % [1] == "<i>"
    assert Markup("%s") % {"a": "<"} == "{&#39;a&#39;: &#39;&lt;&#39;}"
    assert Markup("%(a)s %(b)d") % {"a": "<", "b": 2} == "&lt; 2"
    with pytest.raises(TypeError):
        Markup("%c") % "<"
    with pytest.raises(TypeError):
        Markup("%s%s") % "ab"
