"""Attributes that are computed once."""

from __future__ import annotations

import pytest

from microweb.http import cached_property


class Counted:
    calls = 0

    @cached_property
    def value(self):
        """The number of the call."""
        self.calls += 1
        return self.calls

    other = cached_property(lambda self: "made", name="other", doc="Another.")


def test_it_is_computed_once_and_again_after_del():
    thing = Counted()
    assert (thing.value, thing.value, vars(thing)["value"]) == (1, 1, 1)
    del thing.value
    assert thing.value == 2
    thing.value = "set"
    assert thing.value == "set"
    assert thing.other == vars(thing)["other"] == "made"


def test_del_of_what_was_never_computed_is_a_key_error():
    with pytest.raises(KeyError):
        del Counted().value


def test_it_is_a_property_that_says_whose():
    member = Counted.value
    assert isinstance(member, property)
    assert (member.__name__, member.__module__, member.__doc__) == (
        "value",
        __name__,
        "The number of the call.",
    )
    assert (Counted.other.__name__, Counted.other.__doc__) == ("other", "Another.")


def test_a_class_with_slots_keeps_it_in_one():
    class Slim:
        __slots__ = ("_cache_value", "count")

        @cached_property
        def value(self):
            self.count = getattr(self, "count", 0) + 1
            return self.count

    thing = Slim()
    assert (thing.value, thing.value) == (1, 1)
    del thing.value
    assert thing.value == 2
