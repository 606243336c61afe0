"""What few programs call on MultiDict."""

from __future__ import annotations

import copy

import pytest

from microweb.http import BadRequestKeyError, CombinedMultiDict, ImmutableMultiDict, MultiDict

PAIRS = [("a", "1"), ("b", "x"), ("a", "2")]


def test_or_joins_into_a_new_one():
    assert (MultiDict({"a": 1}) | {"a": 2}).getlist("a") == [1, 2]


def test_changing():
    d = MultiDict(PAIRS)
    d.setlist("e", ("5", "6"))
    assert d.setdefault("a", "9") == "1"
    assert d.setdefault("n", "9") == "9"
    assert d.pop("a") == "1"
    assert d.pop("nothing", None) is None
    assert d.to_dict(flat=False) == {"b": ["x"], "e": ["5", "6"], "n": ["9"]}
    with pytest.raises(BadRequestKeyError):
        d.pop("a")


def test_lists_of_values():
    d = MultiDict(PAIRS)
    assert list(d.listvalues()) == [["1", "2"], ["x"]]
    assert d.setlistdefault("f", ["8"]) == ["8"]
    assert d.poplist("f") == ["8"]
    assert d.poplist("f") == []
    assert d.popitemlist() == ("b", ["x"])
    assert d.popitem() == ("a", "1")
    with pytest.raises(BadRequestKeyError):
        d.popitem()


@pytest.mark.parametrize("change", [lambda d: d.poplist("a"), lambda d: d.popitem()])
def test_immutable_refuses_and_says_what_to_do(change):
    with pytest.raises(TypeError, match="copy"):
        change(ImmutableMultiDict(PAIRS))


@pytest.mark.parametrize("cls", [MultiDict, ImmutableMultiDict, lambda d: CombinedMultiDict([d])])
def test_copies(cls):
    d = cls(MultiDict(PAIRS))
    assert copy.copy(d) == d
    assert copy.deepcopy(d) == d
    assert copy.deepcopy(d).getlist("a") == ["1", "2"]
