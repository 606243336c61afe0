"""The tests of the template language: what stands after ``is``.

Each is a function of the value and the test's arguments that returns a bool. `DEFAULT_TESTS` is
the table an `Environment` starts with.
"""

from __future__ import annotations

import operator
from collections import abc

from .runtime import pass_environment
from .undefined import Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def is_defined_value(value: Any) -> bool:
    """Say whether *value* exists.

    >>> is_defined_value(Undefined(name="x"))
    False
    """
    return not isinstance(value, Undefined)


def is_undefined_value(value: Any) -> bool:
    """Say whether *value* does not exist."""
    return isinstance(value, Undefined)


def is_number_value(value: Any) -> bool:
    """Say whether *value* is a number: int, float, complex, Decimal, Fraction, bool.

    ``decimal`` need not be there: its numbers are known by how they behave.
    """
    return isinstance(value, (int, float, complex)) or (
        hasattr(value, "__abs__") and hasattr(value, "as_integer_ratio")
    )


def is_sequence_value(value: Any) -> bool:
    """Say whether *value* has a length and items."""
    try:
        len(value)
    except Exception:
        return False
    return hasattr(value, "__getitem__") and not isinstance(value, Undefined)


def is_iterable_value(value: Any) -> bool:
    """Say whether *value* can be iterated over."""
    try:
        iter(value)
    except TypeError:
        return False
    return True


@pass_environment
def is_known_filter(environment: Any, name: str) -> bool:
    """Say whether there is a filter called *name*."""
    return name in environment.filters


@pass_environment
def is_known_test(environment: Any, name: str) -> bool:
    """Say whether there is a test called *name*."""
    return name in environment.tests


DEFAULT_TESTS: dict[str, Callable[..., Any]] = {
    "boolean": lambda value: value is True or value is False,
    "callable": callable,
    "defined": is_defined_value,
    "divisibleby": lambda value, num: value % num == 0,
    "escaped": lambda value: hasattr(value, "__html__"),
    "even": lambda value: value % 2 == 0,
    "false": lambda value: value is False,
    "filter": is_known_filter,
    "float": lambda value: isinstance(value, float),
    "in": lambda value, seq: value in seq,
    "integer": lambda value: isinstance(value, int) and value is not True and value is not False,
    "iterable": is_iterable_value,
    "lower": lambda value: str(value).islower(),
    "mapping": lambda value: isinstance(value, abc.Mapping),
    "none": lambda value: value is None,
    "number": is_number_value,
    "odd": lambda value: value % 2 == 1,
    "sameas": lambda value, other: value is other,
    "sequence": is_sequence_value,
    "string": lambda value: isinstance(value, str),
    "test": is_known_test,
    "true": lambda value: value is True,
    "undefined": is_undefined_value,
    "upper": lambda value: str(value).isupper(),
}
for _test_names, _test_function in (
    ("== eq equalto", operator.eq),
    ("!= ne", operator.ne),
    ("> gt greaterthan", operator.gt),
    (">= ge", operator.ge),
    ("< lt lessthan", operator.lt),
    ("<= le", operator.le),
):
    DEFAULT_TESTS.update(dict.fromkeys(_test_names.split(), _test_function))
