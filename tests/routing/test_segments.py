"""Segments that mix text and variables: the order of search and its bound."""

from __future__ import annotations

import pytest

from microweb.routing import Map, NoMatch, Rule
from microweb.routing.converters import NOT_CONVERTED, read_any_text
from microweb.routing.extra.segments import MixedSegment

from .test_converters import DECLINES, READS, value_of


@pytest.mark.parametrize(
    ("rule", "path", "values"),
    [
        ("/<a>-<b>", "/--a--", ["--a", "-"]),
        ("/<a>..<b>", "/a....b", ["a..", "b"]),
        ("/<a>-<int:n>", "/x-1-2", ["x-1", 2]),
        ("/<int:n>-<a>", "/1-2-x", [1, "2-x"]),
        ("/<any(x,x-y):a>-<any(y-z,z):b>", "/x-y-z", ["x-y", "z"]),
        ("/v<int:a>.<int:b>-<name>.tar.gz", "/v1.2-a-b.c.tar.gz", [1, 2, "a-b.c"]),
        ("/<int:a>-<any(x):b>-<c>", "/1-x-" + "y-" * 60 + "y", [1, "x", "y-" * 60 + "y"]),
    ],
)
def test_first_variable_takes_as_much_as_it_can(rule, path, values):
    assert list(Map([Rule(rule, endpoint="e")]).find("GET", path)[1].values()) == values


def test_no_value_is_tried_twice_for_the_first_variable():
    tried = []

    def decline(text):
        tried.append(text)
        return NOT_CONVERTED

    segment = MixedSegment(("", "-", "-", "-", ""), (decline, *[read_any_text] * 3))
    assert segment.read("-".join("x" * 15)) is NOT_CONVERTED
    assert len(tried) == len(set(tried)) == 12


@pytest.mark.parametrize(("variable", "text", "value"), READS)
def test_converter_reads_the_same_between_other_text(variable, text, value):
    urls = Map([Rule(f"/p-<{variable}:x>/q", endpoint="e")])
    read = urls.find("GET", f"/p-{text}/q")[1]["x"]
    assert read == value == value_of(variable, text)


@pytest.mark.parametrize(("variable", "text"), DECLINES)
def test_converter_declines_the_same_between_other_text(variable, text):
    urls = Map([Rule(f"/p/-<{variable}:x>/q", endpoint="e")], merge_slashes=False)
    with pytest.raises(NoMatch):
        urls.find("GET", f"/p/-{text}/q")
