"""Members of a class that come from another module when they are first used."""

from __future__ import annotations

import pytest

from microweb.text.lazy import LaterMember


def make_classes():
    loads = []

    def load():
        loads.append(1)

        class WithMore:
            @property
            def size(self):
                return self.__dict__.get("_size", 1)

            @size.setter
            def size(self, value):
                self._size = value

            @classmethod
            def kind(cls):
                return cls

            def double(self):
                return self.size * 2

        return WithMore

    class Box:
        size = LaterMember(load)
        kind = LaterMember(load)
        double = LaterMember(load)

    return Box, loads


def test_a_property_is_read_and_set_as_if_it_stood_there():
    box_class, _ = make_classes()
    box = box_class()
    box.size = 5
    assert (box.size, box.double(), box_class().size) == (5, 10, 1)
    with pytest.raises(AttributeError):
        del box.size


def test_each_member_is_loaded_once():
    box_class, loads = make_classes()
    assert [box_class().double() for _ in range(3)] == [2, 2, 2]
    assert len(loads) == 2


def test_a_subclass_may_override_it_and_call_what_it_overrides():
    box_class, _ = make_classes()

    class Crate(box_class):
        def double(self):
            return super().double() + 1

    assert Crate().double() == 3
    assert Crate.kind() is Crate


def test_a_method_can_be_replaced_on_one_object():
    box_class, _ = make_classes()
    box = box_class()
    box.double = lambda: "mine"
    assert (box.double(), box_class().double()) == ("mine", 2)
    del box.double
    assert box.double() == 2
