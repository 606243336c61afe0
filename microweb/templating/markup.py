"""Text that is known to be HTML, and the escaping of all other text.

This module knows five characters and one protocol: an object with an ``__html__`` method says
itself what its HTML is. It knows nothing of templates. What is documented for MarkupSafe holds:
every operation that mixes a `Markup` with other text escapes the other text first.
"""

from __future__ import annotations

from ..text.lazy import add_later_members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def escape_text(value: Any) -> str:
    """Return the HTML of *value* as text; the function every ``{{ }}`` goes through.

    The exact type is tested before anything else, and a character is replaced only where it
    occurs: `in` costs a third of `replace`, and most text needs none of the five.

    >>> escape_text('<script>"\\'&')
    '&lt;script&gt;&#34;&#39;&amp;'
    """
    kind = type(value)  # and not the class that a proxy says it has
    if kind is not str:
        if kind is Markup:
            return value  # type: ignore[no-any-return]
        if kind is int:
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


def soft_str(value: Any) -> str:
    """Return *value* as a string, a `Markup` unchanged so that it is not escaped a second time."""
    return value if issubclass(type(value), str) else str(value)


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

    def __add__(self, other: Any) -> Markup:
        if isinstance(other, str) or hasattr(other, "__html__"):
            return self.__class__(str.__add__(self, escape_text(other)))
        return NotImplemented

    def __radd__(self, other: Any) -> Markup:
        if isinstance(other, str) or hasattr(other, "__html__"):
            return self.__class__(str.__add__(escape_text(other), self))
        return NotImplemented


def _load_markup_methods() -> type:
    from .extra.markup_methods import MarkupMethods

    return MarkupMethods


add_later_members(
    Markup,
    _load_markup_methods,
    "__mod__ __getitem__ __mul__ __rmul__ __html_format__ capitalize casefold center expandtabs"
    " escape format format_map join ljust lower lstrip partition removeprefix removesuffix replace"
    " rjust rpartition rsplit rstrip split splitlines strip striptags swapcase title translate"
    " unescape upper zfill",
)
