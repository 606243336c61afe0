"""What a `Markup` can do that few programs ask of it: the methods of text, ``%`` and ``format``."""

from __future__ import annotations

import functools
import operator

from ...text.missing import import_stdlib
from ..markup import Markup, escape, escape_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any


class MarkupMethods(Markup):
    """The members that `Markup` takes over from here when they are first used."""

    __slots__ = ()

    @classmethod
    def escape(cls, value: Any) -> Markup:
        """Escape *value* and return it as this class."""
        escaped = escape(value)
        return escaped if escaped.__class__ is cls else cls(escaped)

    def join(self, parts: Iterable[Any]) -> Markup:
        """Join *parts*, each escaped unless it is HTML."""
        return self.__class__(str.join(self, map(escape_text, parts)))

    def __mod__(self, value: Any) -> Markup:
        wrap = MarkupPercentArgument
        if isinstance(value, tuple):
            arguments: Any = tuple(map(wrap, value))
        elif hasattr(type(value), "__getitem__") and not isinstance(value, str):
            arguments = wrap(value)
        else:
            arguments = (wrap(value),)  # Only what has items may be left over.
        return self.__class__(str.__mod__(self, arguments))

    def format(self, *args: Any, **kwargs: Any) -> Markup:
        """Fill the fields as ``str.format`` does, each value escaped.

        An object with ``__html_format__(spec)`` formats itself; one with only ``__html__`` takes
        no format specification (ValueError).
        """
        return self.__class__(markup_formatter_class()().vformat(str(self), args, kwargs))

    def format_map(self, mapping: Mapping[str, Any]) -> Markup:  # type: ignore[override]
        """Like `format`, the values taken from one mapping."""
        return self.__class__(markup_formatter_class()().vformat(str(self), (), mapping))

    def __html_format__(self, format_spec: str) -> Markup:
        if format_spec:
            raise ValueError(
                f"A Markup takes no format specification, got {format_spec!r}: write {{}} alone."
            )
        return self

    def unescape(self) -> str:
        """Turn entities back into characters and return plain text.

        ImportError where there are some, and Python came without `html`.
        """
        text = str(self)
        if "&" not in text:
            return text
        unescaped: str = import_stdlib("html", "Markup.unescape").unescape(text)
        return unescaped

    def striptags(self) -> str:
        """Drop comments and tags, unescape, and collapse white space. Linear in the text.

        The result is text, not HTML: it is escaped again when it is put out.

        >>> Markup("<p>a &lt; <!-- x --> b</p>").striptags()
        'a < b'
        """
        text = _drop_between(_drop_between(str(self), "<!--", "-->"), "<", ">")
        plain: Any = Markup(text)
        return " ".join(plain.unescape().split())


def escape_silent(value: Any) -> Markup:
    """Like `escape`, but ``None`` becomes the empty string."""
    return Markup() if value is None else escape(value)


def _drop_between(text: str, start: str, end: str) -> str:
    """Drop each run from *start* to the next *end*; an unclosed run stays as it is."""
    kept: list[str] = []
    position = 0
    while True:
        opening = text.find(start, position)
        closing = text.find(end, opening) if opening >= 0 else -1
        if closing < 0:
            kept.append(text[position:])
            return "".join(kept)
        kept.append(text[position:opening])
        position = closing + len(end)


def _markup_form(name: str, escaping: bool, container: Any) -> Callable[..., Any]:
    """Make the `Markup` form of a ``str`` method, with its text arguments escaped if *escaping*.

    The result is a Markup or, if *container* is a type, a list or tuple of such.
    """
    original = getattr(str, name)

    def method(self: Markup, *args: Any, **kwargs: Any) -> Any:
        if escaping:
            args = tuple([escape_text(arg) if isinstance(arg, str) else arg for arg in args])
            for keyword, value in kwargs.items():
                kwargs[keyword] = escape_text(value) if isinstance(value, str) else value
        result = original(self, *args, **kwargs)
        return container(map(self.__class__, result)) if container else self.__class__(result)

    return functools.update_wrapper(method, original)


for _markup_names, *_markup_kind in (
    (
        "capitalize casefold center expandtabs ljust lower lstrip removeprefix removesuffix"
        " replace rjust rstrip strip swapcase title translate upper zfill",
        *(True, None),
    ),
    ("__getitem__ __mul__ __rmul__", False, None),
    ("split rsplit splitlines", False, list),
    ("partition rpartition", False, tuple),
):
    for _markup_name in _markup_names.split():
        setattr(MarkupMethods, _markup_name, _markup_form(_markup_name, *_markup_kind))


class MarkupPercentArgument:
    """A value on the right of ``Markup % value``: escaped when it is shown as text."""

    __slots__ = ("wrapped",)

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped

    def __getitem__(self, key: Any) -> MarkupPercentArgument:
        return MarkupPercentArgument(self.wrapped[key])

    def __str__(self) -> str:
        return escape_text(self.wrapped)

    def __repr__(self) -> str:
        return escape_text(repr(self.wrapped))

    def __int__(self) -> int:
        return int(self.wrapped)

    def __index__(self) -> int:
        return operator.index(self.wrapped)

    def __float__(self) -> float:
        return float(self.wrapped)


@functools.cache
def markup_formatter_class() -> Any:
    """Return the ``string.Formatter`` that escapes each field, made at first use."""
    from string import Formatter

    class MarkupFormatter(Formatter):
        def format_field(self, value: Any, format_spec: str) -> str:
            if hasattr(value, "__html_format__"):
                return escape_text(Markup(value.__html_format__(format_spec)))
            if hasattr(value, "__html__"):
                if format_spec:
                    raise ValueError(
                        f"{type(value).__name__!r} takes no format specification, got "
                        f"{format_spec!r}: give it an __html_format__(spec) method."
                    )
                return str(value.__html__())
            return escape_text(Formatter.format_field(self, value, format_spec))

    return MarkupFormatter
