"""CombinedMultiDict, CallbackDict and ImmutableDict."""

from __future__ import annotations

import pytest

from microweb.http import (
    BadRequestKeyError,
    CallbackDict,
    CombinedMultiDict,
    ImmutableDict,
    MultiDict,
)

PAIRS = [("a", "1"), ("b", "x"), ("a", "2")]


def test_combined_answers_from_the_first():
    d = CombinedMultiDict([MultiDict({"a": "x"}), MultiDict([("a", "2"), ("b", "3")])])
    assert d["a"] == "x"
    assert d.get("a", type=int) == 2
    assert d.getlist("a") == ["x", "2"]
    assert (list(d), len(d), "b" in d, bool(d)) == (["a", "b"], 2, True, True)
    assert list(d.items(multi=True)) == [("a", "x"), ("a", "2"), ("b", "3")]
    assert d.to_dict() == {"a": "x", "b": "3"}
    with pytest.raises(BadRequestKeyError):
        d["z"]
    assert not CombinedMultiDict([MultiDict()])


def test_a_plain_dict_made_of_one_holds_first_values():
    d = CombinedMultiDict([MultiDict(PAIRS)])
    plain = {}
    plain.update(d)
    assert dict(d) == {**d} == plain == {"a": "1", "b": "x"}
    assert list(d) == list(d.keys())


def test_callback_dict_reports_each_change_once():
    calls = []
    d = CallbackDict({"a": 1}, calls.append)
    d["b"] = 2
    d.update(c=3)
    d.pop("a")
    d.pop("missing", None)
    d.setdefault("b", 5)
    d.setdefault("e", 5)
    del d["b"]
    d |= {"z": 1}
    d.clear()
    assert len(calls) == 7


def test_immutable_dict():
    d = ImmutableDict(a=1)
    with pytest.raises(TypeError):
        d["a"] = 2
    assert d.copy() == {"a": 1}
