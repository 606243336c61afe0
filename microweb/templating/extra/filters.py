"""The filters that work on values and sequences, and the tests, that few templates use."""

from __future__ import annotations

import functools
import operator

from ...text.missing import import_stdlib
from ...text.nearest import did_you_mean
from ..exceptions import FilterArgumentError
from ..markup import Markup
from ..runtime import pass_context, pass_environment, pass_eval_context
from ..undefined import TemplateLookups, Undefined
from .guarding import check_width
from .limits import check_repetition
from .objects import RARE_GLOBALS
from .textfilters import RARE_TEXT_FILTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


def lower_if_text(value: Any) -> Any:
    """Return text in lower case and anything else unchanged, as the key of a comparison."""
    return value.lower() if isinstance(value, str) else value


def make_value_getter(
    environment: Any, attribute: str | int | None, any_case: bool = False, default: Any = None
) -> Callable[[Any], Any]:
    """Return a function that follows a dotted *attribute* into a value, through the guard.

    Parts made of digits are items. *default* stands in for what is undefined; with *any_case* text
    is returned in lower case.
    """
    lookups = TemplateLookups(environment.undefined)
    parts: list[Any] = [attribute]
    if isinstance(attribute, str):
        parts = [
            int(name) if name.isascii() and name.isdigit() else name
            for name in attribute.split(".")
        ]

    def get(value: Any) -> Any:
        for part in parts if attribute is not None else ():
            find = lookups.attribute_alone if isinstance(value, Undefined) else lookups.item
            value = find(value, part)
            if default is not None and isinstance(value, Undefined):
                value = default
        return lower_if_text(value) if any_case else value

    return get


def filter_attr(environment: Any, obj: Any, name: str) -> Any:
    """Return the attribute *name*, never an item, through the guard."""
    return TemplateLookups(environment.undefined).attribute_alone(obj, str(name))


def filter_batch(value: Iterable[Any], linecount: int, fill_with: Any = None) -> Iterator[Any]:
    """Yield lists of *linecount* items, the last one filled up with *fill_with*."""
    if linecount < 1:
        raise FilterArgumentError(f"batch needs a positive number of items, got {linecount!r}")
    row: list[Any] = []
    for item in value:
        if len(row) == linecount:
            yield row
            row = []
        row.append(item)
    if row:
        if fill_with is not None:
            check_repetition(linecount)
            row += [fill_with] * (linecount - len(row))
        yield row


def filter_slice(value: Iterable[Any], slices: int, fill_with: Any = None) -> Iterator[Any]:
    """Yield the items as *slices* lists of nearly the same length."""
    if slices < 1:
        raise FilterArgumentError(f"slice needs a positive number of lists, got {slices!r}")
    items = list(value)
    check_repetition(slices)
    size, longer = divmod(len(items), slices)
    start = 0
    for number in range(slices):
        end = start + size + (number < longer)
        row = items[start:end]
        if fill_with is not None and number >= longer and longer:
            row.append(fill_with)
        yield row
        start = end


def filter_dictsort(
    value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[tuple[Any, Any]]:
    """Return the pairs of a dict sorted by ``"key"`` or ``"value"``."""
    if by not in ("key", "value"):
        raise FilterArgumentError(f"dictsort sorts by 'key' or by 'value', got {by!r}")
    get = operator.itemgetter(0 if by == "key" else 1)
    key = get if case_sensitive else lambda pair: lower_if_text(get(pair))
    return sort_values(value.items(), key, reverse)


def sort_values(
    values: Iterable[Any], key: Callable[[Any], Any], reverse: bool = False
) -> list[Any]:
    """Sort, turning the TypeError of values that cannot be compared into a sentence."""
    try:
        return sorted(values, key=key, reverse=reverse)
    except TypeError as error:
        raise FilterArgumentError(f"the values cannot be put in order: {error}") from error


def filter_sort(
    environment: Any,
    value: Iterable[Any],
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: str | int | None = None,
) -> list[Any]:
    """Return the items sorted, by an *attribute* or several, separated by commas."""
    names = attribute.split(",") if isinstance(attribute, str) else [attribute]
    getters = [make_value_getter(environment, name, not case_sensitive) for name in names]
    several = len(getters) > 1
    key = (lambda item: [get(item) for get in getters]) if several else getters[0]
    return sort_values(value, key, reverse)


def filter_unique(
    environment: Any,
    value: Iterable[Any],
    case_sensitive: bool = False,
    attribute: str | int | None = None,
) -> Iterator[Any]:
    """Yield each item once, in the order of the first appearance."""
    get = make_value_getter(environment, attribute, not case_sensitive)
    seen = set()
    for item in value:
        key = get(item)
        try:
            if key in seen:
                continue
            seen.add(key)
        except TypeError:
            kind = type(key).__name__
            raise FilterArgumentError(f"unique needs hashable values, got {kind!r}") from None
        yield item


def filter_extreme(
    choose: Callable[..., Any],
    environment: Any,
    value: Iterable[Any],
    case_sensitive: bool = False,
    attribute: str | int | None = None,
) -> Any:
    """Return what *choose*, ``min`` or ``max``, picks; undefined if there is no item."""
    items = list(value)
    if not items:
        return environment.undefined("there is no aggregated item, the sequence was empty.")
    get = make_value_getter(environment, attribute, not case_sensitive)
    return choose(items, key=get)


class TemplateGroup(tuple):  # type: ignore[type-arg]
    """One group that ``groupby`` gives: ``grouper`` and ``list``."""

    __slots__ = ()
    grouper = property(operator.itemgetter(0))
    list = property(operator.itemgetter(1))


def filter_groupby(
    environment: Any,
    value: Iterable[Any],
    attribute: str | int,
    default: Any = None,
    case_sensitive: bool = False,
) -> list[TemplateGroup]:
    """Return groups of the items that share an *attribute*, sorted by it."""
    key = make_value_getter(environment, attribute, not case_sensitive, default)
    shown = make_value_getter(environment, attribute, default=default)
    groups: list[TemplateGroup] = []
    last: Any = groups
    for item in sort_values(value, key):
        current = key(item)
        if not groups or current != last:
            groups.append(TemplateGroup((shown(item), [])))
            last = current
        groups[-1][1].append(item)
    return groups


def filter_random(context: Any, seq: Any) -> Any:
    """Return an item by chance, undefined if there is none."""
    from random import choice

    if not len(seq):
        return context.environment.undefined("No random item, sequence was empty.")
    return choice(seq)


def filter_items(value: Any) -> Iterator[Any]:
    """Yield the pairs of a mapping, none for an undefined value."""
    if isinstance(value, Undefined):
        return
    if not hasattr(value, "items"):
        raise FilterArgumentError(f"items needs a mapping, got {type(value).__name__!r}")
    yield from value.items()


def filter_reverse(value: Any) -> Any:
    """Return text backwards, or an iterator over the items from last to first."""
    if isinstance(value, str):
        return value[::-1]
    try:
        return reversed(value)
    except TypeError:
        pass
    try:
        return iter(list(value)[::-1])
    except TypeError as error:
        raise FilterArgumentError(f"reverse needs text or items: {error}") from error


def filter_sum(
    environment: Any, iterable: Iterable[Any], attribute: str | int | None = None, start: Any = 0
) -> Any:
    """Return the sum of the items, or of their *attribute*."""
    return sum(map(make_value_getter(environment, attribute), iterable), start)


def find_named(context: Any, kind: str, name: str) -> Callable[..., Any]:
    """Return what calls the filter or test *name*."""
    table = getattr(context.environment, kind + "s")
    if name not in table:
        near = did_you_mean(str(name), table)
        raise FilterArgumentError(f"there is no {kind} called {name!r}.{near}")
    return context.callee(table[name])  # type: ignore[no-any-return]


def filter_map(
    context: Any,
    value: Iterable[Any],
    *args: Any,
    attribute: str | int | None = None,
    default: Any = None,
    **kwargs: Any,
) -> Iterator[Any]:
    """Yield an *attribute* of each item, or each item put through the filter named first."""
    if attribute is None and not args:
        raise FilterArgumentError("map needs the name of a filter, or attribute=...")
    if attribute is not None:
        if args or kwargs:
            raise FilterArgumentError("map with attribute= takes no other argument but default=")
        get = make_value_getter(context.environment, attribute, default=default)
        for item in value or ():
            yield get(item)
        return
    if default is not None:
        kwargs["default"] = default
    apply = find_named(context, "filter", args[0])
    for item in value or ():
        yield apply(item, *args[1:], **kwargs)


def filter_choose(
    wanted: bool, by_attribute: bool, context: Any, value: Iterable[Any], *args: Any, **kwargs: Any
) -> Iterator[Any]:
    """Yield the items for which a test, or without one their truth, is as *wanted*."""
    get: Callable[[Any], Any] = lambda item: item  # noqa: E731
    if by_attribute:
        if not args:
            raise FilterArgumentError("selectattr and rejectattr need the name of an attribute")
        get, args = make_value_getter(context.environment, args[0]), args[1:]
    test = find_named(context, "test", args[0]) if args else bool
    for item in value or ():
        if bool(test(get(item), *args[1:], **kwargs)) is wanted:
            yield item


def filter_tojson(eval_context: Any, value: Any, indent: int | None = None) -> Markup:
    """Return *value* as JSON that is safe in HTML, attributes and scripts."""
    policies = eval_context.environment.policies
    dumps, options = policies["json.dumps_function"], dict(policies["json.dumps_kwargs"])
    if dumps is None:
        dumps = import_stdlib("json", "the filter 'tojson'").dumps
        options.setdefault("sort_keys", True)
    if indent is not None:
        options["indent"] = check_width(indent) if isinstance(indent, int) else indent
    text = str(dumps(value, **options))
    for character in "<>&'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _marked(mark: Callable[..., Any], function: Callable[..., Any], *first: Any) -> Any:
    """Return *function*, with its *first* arguments given, marked by a ``pass_`` decorator."""
    return mark(functools.partial(function, *first))


RARE_FILTERS: dict[str, Callable[..., Any]] = {
    **RARE_TEXT_FILTERS,
    "attr": pass_environment(filter_attr),
    "batch": filter_batch,
    "dictsort": filter_dictsort,
    "groupby": pass_environment(filter_groupby),
    "items": filter_items,
    "map": pass_context(filter_map),
    "max": _marked(pass_environment, filter_extreme, max),
    "min": _marked(pass_environment, filter_extreme, min),
    "random": pass_context(filter_random),
    "reject": _marked(pass_context, filter_choose, False, False),
    "rejectattr": _marked(pass_context, filter_choose, False, True),
    "reverse": filter_reverse,
    "select": _marked(pass_context, filter_choose, True, False),
    "selectattr": _marked(pass_context, filter_choose, True, True),
    "slice": filter_slice,
    "sort": pass_environment(filter_sort),
    "sum": pass_environment(filter_sum),
    "tojson": pass_eval_context(filter_tojson),
    "unique": pass_environment(filter_unique),
}


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
        return hasattr(value, "__getitem__")
    except Exception:
        return False


def is_iterable_value(value: Any) -> bool:
    """Say whether *value* can be iterated over."""
    try:
        iter(value)
    except TypeError:
        return False
    return True


RARE_TESTS: dict[str, Callable[..., Any]] = {
    "callable": callable,
    "divisibleby": lambda value, num: value % num == 0,
    "escaped": lambda value: hasattr(value, "__html__"),
    "filter": pass_environment(lambda environment, name: name in environment.filters),
    "float": lambda value: isinstance(value, float),
    "iterable": is_iterable_value,
    "lower": lambda value: str(value).islower(),
    "number": is_number_value,
    "sameas": lambda value, other: value is other,
    "sequence": is_sequence_value,
    "test": pass_environment(lambda environment, name: name in environment.tests),
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
    RARE_TESTS.update(dict.fromkeys(_test_names.split(), _test_function))
RARE_FUNCTIONS: dict[str, dict[str, Any]] = {
    "filter": RARE_FILTERS,
    "test": RARE_TESTS,
    "global": RARE_GLOBALS,
}
