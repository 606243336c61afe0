"""The pieces of a page leave one by one, as soon as each is known."""

from __future__ import annotations

from collections.abc import Iterator

from microweb.templating import DictLoader, Environment

PAGES = {"base": "P{% block a %}{% endblock %}Q", "part": "[{{ r }}]"}


def test_each_text_and_value_is_a_piece() -> None:
    template = Environment().from_string("<h1>{% for r in rows %}<p>{{ r }}</p>{% endfor %}")
    pieces = ["<h1>", "<p>", "0", "</p>", "<p>", "1", "</p>"]
    assert list(template.generate(rows=range(2))) == pieces
    stream = template.stream(rows=range(2))
    stream.enable_buffering(3)
    assert list(stream) == ["<h1><p>0", "</p><p>1", "</p>"]


def test_the_head_and_each_row_leave_before_the_next_row_is_made() -> None:
    made: list[int] = []

    def rows() -> Iterator[int]:
        for number in range(3):
            made.append(number)
            yield number

    source = (
        "{% extends 'base' %}{% block a %}<h1>{% for r in rows %}{% include 'part' %}"
        "{% else %}none{% endfor %}{% endblock %}"
    )
    environment = Environment(loader=DictLoader(PAGES), autoescape=True)
    pieces = environment.from_string(source).generate(rows=rows())
    assert [next(pieces), next(pieces)] == ["P", "<h1>"]
    assert made == []
    assert [next(pieces) for _ in range(3)] == ["[", "0", "]"]
    assert made == [0]
    assert "".join(pieces) == "[1][2]Q"


def test_what_is_captured_is_one_piece() -> None:
    source = "{% set a %}b{{ 1 }}{% endset %}{% filter upper %}c{{ a }}{% endfilter %}{{ a }}"
    assert list(Environment().from_string(source).generate()) == ["CB1", "b1"]
