"""MultiDict and its relatives."""

from __future__ import annotations

import pickle

import pytest

from microweb.http import (
    BadRequest,
    BadRequestKeyError,
    ImmutableMultiDict,
    MultiDict,
)

PAIRS = [("a", "1"), ("b", "x"), ("a", "2")]


@pytest.mark.parametrize("cls", [MultiDict, ImmutableMultiDict])
@pytest.mark.parametrize(
    "source", [PAIRS, tuple(PAIRS), {"a": ["1", "2"], "b": "x"}, MultiDict(PAIRS)]
)
def test_reading(cls, source):
    d = cls(source)
    assert d["a"] == "1"
    assert d.get("a", type=int) == 1
    assert d.get("b", 7, type=int) == 7
    assert d.get("c") is None
    assert d.getlist("a") == ["1", "2"]
    assert d.getlist("b", type=int) == []
    assert list(d.items()) == [("a", "1"), ("b", "x")]
    assert sorted(d.items(multi=True)) == sorted(PAIRS)
    assert d.to_dict() == {"a": "1", "b": "x"}
    assert d.to_dict(flat=False) == dict(d.lists()) == {"a": ["1", "2"], "b": ["x"]}
    assert list(d.values()) == ["1", "x"]


@pytest.mark.parametrize("cls", [MultiDict, ImmutableMultiDict])
def test_a_plain_dict_made_of_one_holds_first_values(cls):
    d = cls(MultiDict(PAIRS))
    plain = {}
    plain.update(d)
    assert dict(d) == {**d} == plain == {"a": "1", "b": "x"}
    assert list(d) == list(d.keys())


def test_missing_key_is_a_400_and_a_key_error():
    with pytest.raises(BadRequestKeyError) as caught:
        MultiDict()["nothing"]
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, BadRequest)
    assert caught.value.args == ("nothing",)


def test_changing():
    d = MultiDict(PAIRS)
    d.add("c", "3")
    d["b"] = "y"
    d.update({"b": "z"}, e=["5", "6"])
    del d["a"]
    assert d.to_dict(flat=False) == {"b": ["y", "z"], "c": ["3"], "e": ["5", "6"]}


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.add("a", 1),
        lambda d: d.update({}),
        lambda d: d.pop("a"),
        lambda d: d.clear(),
        lambda d: d.setlist("a", []),
        lambda d: d.__setitem__("a", 1),
        lambda d: d.__delitem__("a"),
        lambda d: d.__ior__({}),
    ],
)
def test_immutable_refuses_and_says_what_to_do(change):
    with pytest.raises(TypeError, match="copy"):
        change(ImmutableMultiDict(PAIRS))


def test_copy_of_immutable_can_be_changed():
    d = ImmutableMultiDict(PAIRS).copy()
    d["a"] = "9"
    assert d["a"] == "9"
    assert hash(ImmutableMultiDict(PAIRS)) == hash(ImmutableMultiDict(PAIRS))


@pytest.mark.parametrize("cls", [MultiDict, ImmutableMultiDict])
def test_pickle(cls):
    d = cls(PAIRS)
    assert pickle.loads(pickle.dumps(d)) == d
