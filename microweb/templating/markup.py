"""Text that is known to be HTML, and the escaping of all other text.

This module knows five characters and one protocol: an object with an ``__html__`` method says
itself what its HTML is. It knows nothing of templates. What is documented for MarkupSafe holds:
every operation that mixes a `Markup` with other text escapes the other text first.
"""

from __future__ import annotations

import functools

from ..text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any


def escape_text(value: Any) -> str:
    """Return the HTML of *value* as text; the function every ``{{ }}`` goes through.

    The exact type is tested before anything else, and a character is replaced only where it
    occurs: `in` costs a third of `replace`, and most text needs none of the five.

    >>> escape_text('<script>"\\'&')
    '&lt;script&gt;&#34;&#39;&amp;'
    """
    if value.__class__ is not str:
        if value.__class__ is Markup:
            return value
        if value.__class__ is int:
            return str(value)
        if hasattr(value, "__html__"):
            return str(value.__html__())
        value = str(value)
    if "&" in value:
        value = value.replace("&", "&amp;")
    if "<" in value:
        value = value.replace("<", "&lt;").replace(">", "&gt;")
    elif ">" in value:
        value = value.replace(">", "&gt;")
    if '"' in value:
        value = value.replace('"', "&#34;")
    if "'" in value:
        value = value.replace("'", "&#39;")
    return value  # type: ignore[no-any-return]


def escape_each(before: str, values: list[Any], after: str) -> str:
    """Return *before*, the escaped value and *after* for each of *values*: what simple loops say.

    Most of an escape is the same for one word and for a hundred: text is joined by a character
    that no text of a page holds, escaped once, and the joints are replaced. That takes two thirds
    of the time.
    """
    number = len(values)
    if number and values[0].__class__ is str and list(map(type, values)).count(str) == number:
        text = "\0".join(values)
        if text.count("\0") == number - 1:
            return before + escape_text(text).replace("\0", after + before) + after
    pieces = [f"{value}" if value.__class__ is int else escape_text(value) for value in values]
    return before + (after + before).join(pieces) + after if pieces else ""


def escape(value: Any) -> Markup:
    """Replace ``& < > ' "`` by entities and return the result as `Markup`.

    A `Markup`, or any object with an ``__html__`` method, is taken as it is.

    >>> escape("<b>")
    Markup('&lt;b&gt;')
    >>> escape(Markup("<b>"))
    Markup('<b>')
    """
    return str.__new__(Markup, escape_text(value))


def escape_silent(value: Any) -> Markup:
    """Like `escape`, but ``None`` becomes the empty string."""
    return Markup() if value is None else escape(value)


def soft_str(value: Any) -> str:
    """Return *value* as a string, a `Markup` unchanged so that it is not escaped a second time."""
    return value if isinstance(value, str) else str(value)


class Markup(str):
    """A string that is safe to put into HTML as it is.

    *object* is taken as HTML, not escaped; an object with an ``__html__`` method is asked.
    *encoding* and *errors* decode bytes, as for ``str``.

    >>> Markup("<em>%s</em>") % "<b>"
    Markup('<em>&lt;b&gt;</em>')
    >>> Markup("<b>") + "<i>"
    Markup('<b>&lt;i&gt;')
    """

    __slots__ = ()

    def __new__(
        cls, object: Any = "", encoding: str | None = None, errors: str = "strict"
    ) -> Markup:
        if object.__class__ is not str and hasattr(object, "__html__"):
            object = object.__html__()
        if encoding is None:
            return str.__new__(cls, object)
        return str.__new__(cls, object, encoding, errors)

    def __html__(self) -> Markup:
        return self

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({super().__repr__()})"

    @classmethod
    def escape(cls, value: Any) -> Markup:
        """Escape *value* and return it as this class."""
        escaped = escape(value)
        return escaped if escaped.__class__ is cls else cls(escaped)

    def __add__(self, other: Any) -> Markup:
        if isinstance(other, str) or hasattr(other, "__html__"):
            return self.__class__(str.__add__(self, escape_text(other)))
        return NotImplemented

    def __radd__(self, other: Any) -> Markup:
        if isinstance(other, str) or hasattr(other, "__html__"):
            return self.__class__(str.__add__(escape_text(other), self))
        return NotImplemented

    def __mod__(self, value: Any) -> Markup:
        wrap = MarkupPercentArgument
        value = tuple(map(wrap, value)) if isinstance(value, tuple) else wrap(value)
        return self.__class__(str.__mod__(self, value))

    def join(self, parts: Iterable[Any]) -> Markup:
        """Join *parts*, each escaped unless it is HTML."""
        return self.__class__(str.join(self, map(escape_text, parts)))

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
        return " ".join(Markup(text).unescape().split())


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
        setattr(Markup, _markup_name, _markup_form(_markup_name, *_markup_kind))


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
        return self.wrapped.__index__()  # type: ignore[no-any-return]

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
