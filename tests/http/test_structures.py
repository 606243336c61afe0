"""MultiDict and its relatives."""

from __future__ import annotations

import copy
import pickle

import pytest

from microweb.http import (
    BadRequest,
    BadRequestKeyError,
    CallbackDict,
    CombinedMultiDict,
    ImmutableDict,
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
    assert list(d.listvalues()) == [["1", "2"], ["x"]]


@pytest.mark.parametrize("cls", [MultiDict, ImmutableMultiDict, lambda d: CombinedMultiDict([d])])
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
    d.setlist("e", ("5", "6"))
    assert d.setdefault("a", "9") == "1"
    assert d.setlistdefault("f", ["8"]) == ["8"]
    assert d.pop("a") == "1"
    assert d.poplist("e") == ["5", "6"]
    assert d.pop("nothing", None) is None
    d.update({"b": "z"})
    assert d.to_dict(flat=False) == {"b": ["y", "z"], "c": ["3"], "f": ["8"]}
    assert d.popitemlist() == ("f", ["8"])
    assert d.popitem() == ("c", "3")
    with pytest.raises(BadRequestKeyError):
        d.pop("c")


def test_or_joins_into_a_new_one():
    assert (MultiDict({"a": 1}) | {"a": 2}).getlist("a") == [1, 2]


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
def test_pickle_and_copy(cls):
    d = cls(PAIRS)
    assert pickle.loads(pickle.dumps(d)) == d
    assert copy.copy(d) == d
    assert copy.deepcopy(d) == d


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
