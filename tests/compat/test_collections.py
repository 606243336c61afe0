"""Dicts, lists and properties that Werkzeug has for old programs."""

from __future__ import annotations

import copy
import pickle

import pytest

from microweb.compat.collections import (
    ImmutableList,
    ImmutableTypeConversionDict,
    TypeConversionDict,
    environ_property,
)


def test_get_converts():
    values = TypeConversionDict(a="1", b="x")
    assert values.get("a", type=int) == 1
    assert values.get("b", 4, type=int) == 4
    assert values.get("c") is None
    fixed = ImmutableTypeConversionDict(a="1")
    assert fixed.get("a", type=int) == 1
    with pytest.raises(TypeError):
        fixed.pop("a")
    assert type(fixed.copy()) is TypeConversionDict


def test_an_immutable_list():
    items = ImmutableList([1, 2])
    for change in (lambda: items.append(3), lambda: items.sort(), lambda: items.__setitem__(0, 1)):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    with pytest.raises(TypeError, match="cannot be changed"):
        items += [3]
    assert items == [1, 2] and items + [3] == [1, 2, 3]
    assert hash(items) == hash(ImmutableList([1, 2]))
    assert repr(pickle.loads(pickle.dumps(items))) == repr(copy.copy(items)) == repr(items)


def test_an_environ_property():
    class Call:
        def __init__(self):
            self.environ = {"A": "7", "B": "x"}

        a = environ_property("A", 0, int)
        b = environ_property("B", 5, int)
        c = environ_property("C", 9)
        d = environ_property("D", None, int, str, read_only=False)

    call = Call()
    assert (call.a, call.b, call.c, call.d) == (7, 5, 9, None)
    with pytest.raises(AttributeError):
        call.a = 1
    call.d = 5
    assert (call.environ["D"], call.d) == ("5", 5)
    del call.d
    assert "D" not in call.environ
