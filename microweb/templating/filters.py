"""The everyday filters and tests of the template language, and its global functions.

Each filter, and each test (what stands after ``is``), is a function of the value and further
arguments. None turns untrusted text into `Markup`. The tables are those an
`Environment` starts with; what stands in `extra.filters` is in them too, imported when it is used.
"""

from __future__ import annotations

import re
from collections import abc

from .markup import Markup, escape, soft_str
from .runtime import LaterFunction, bounded_range, make_dict, pass_environment, pass_eval_context
from .undefined import Undefined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any


def filter_default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    """Return *default_value* if *value* is undefined, or with *boolean* also if it is false."""
    if isinstance(value, Undefined) or (boolean and not value):
        return default_value
    return value


def filter_title(value: Any) -> str:
    """Give each word an upper-case first letter and lower-case rest."""
    parts = re.split(r"([-\s({\[<]+)", soft_str(value))
    joined = "".join([part[:1].upper() + part[1:].lower() for part in parts])
    return Markup(joined) if isinstance(value, Markup) else joined


def filter_replace(eval_context: Any, s: Any, old: str, new: str, count: int | None = None) -> str:
    """Replace *old* by *new*, all or the first *count*."""
    count = -1 if count is None else count
    if not eval_context.autoescape:
        return str(s).replace(str(old), str(new), count)
    if hasattr(old, "__html__") or (hasattr(new, "__html__") and not hasattr(s, "__html__")):
        s = escape(s)
    else:
        s = soft_str(s)
    return s.replace(soft_str(old), soft_str(new), count)  # type: ignore[no-any-return]


def filter_first(environment: Any, seq: Iterable[Any]) -> Any:
    """Return the first item, undefined if there is none."""
    for item in seq:
        return item
    return environment.undefined("No first item, sequence was empty.")


def filter_last(environment: Any, seq: Any) -> Any:
    """Return the last item, undefined if there is none."""
    for item in reversed(seq):
        return item
    return environment.undefined("No last item, sequence was empty.")


def filter_join(
    eval_context: Any, value: Iterable[Any], d: str = "", attribute: str | int | None = None
) -> str:
    """Join the items with *d* between them, escaped if autoescaping is on."""
    if attribute is not None:
        from .extra.filters import make_value_getter

        value = map(make_value_getter(eval_context.environment, attribute), value)
    items = list(value)
    if not eval_context.autoescape or {str} == {type(d), *map(type, items)}:
        return str(d).join(map(str, items))
    if hasattr(d, "__html__") or any(hasattr(item, "__html__") for item in items):
        return escape(d).join(items)
    return soft_str(d).join(map(soft_str, items))


def _name_later(kind: str, names: str) -> dict[str, Callable[..., Any]]:
    return {name: LaterFunction(kind, name) for name in names.split()}


DEFAULT_FILTERS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "capitalize": lambda s: soft_str(s).capitalize(),
    "count": len,
    "d": filter_default,
    "default": filter_default,
    "e": escape,
    "escape": escape,
    "first": pass_environment(filter_first),
    "join": pass_eval_context(filter_join),
    "last": pass_environment(filter_last),
    "length": len,
    "list": list,
    "lower": lambda s: s.lower() if s.__class__ is str else soft_str(s).lower(),
    "replace": pass_eval_context(filter_replace),
    "safe": lambda value: Markup(value),
    "string": soft_str,
    "title": filter_title,
    "trim": lambda s, chars=None: soft_str(s).strip(chars),
    "upper": lambda s: s.upper() if s.__class__ is str else soft_str(s).upper(),
    **_name_later(
        "filter",
        "attr batch center dictsort filesizeformat float forceescape format groupby indent int"
        " items map max min pprint random reject rejectattr reverse round select selectattr slice"
        " sort striptags sum tojson truncate unique urlencode urlize wordcount wordwrap xmlattr",
    ),
}
DEFAULT_TESTS: dict[str, Callable[..., Any]] = {
    "boolean": lambda value: value is True or value is False,
    "defined": lambda value: not isinstance(value, Undefined),
    "even": lambda value: value % 2 == 0,
    "false": lambda value: value is False,
    "in": lambda value, seq: value in seq,
    "integer": lambda value: isinstance(value, int) and value is not True and value is not False,
    "mapping": lambda value: isinstance(value, abc.Mapping),
    "none": lambda value: value is None,
    "odd": lambda value: value % 2 == 1,
    "string": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
    "undefined": lambda value: isinstance(value, Undefined),
    **_name_later(
        "test",
        "!= < <= == > >= callable divisibleby eq equalto escaped filter float ge greaterthan gt"
        " iterable le lessthan lower lt ne number sameas sequence test upper",
    ),
}
DEFAULT_GLOBALS: dict[str, Any] = {
    "range": bounded_range,
    "dict": make_dict,
    **_name_later("global", "cycler joiner lipsum namespace"),
}
