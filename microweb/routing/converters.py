"""Converters: what may stand for a variable in a path, and what value it becomes.

A converter sees one piece of text and answers with a value or with "not mine". It never sees the
rest of the path. ``reader`` makes of Werkzeug's documented protocol the function that the trie
calls; the three most frequent kinds are read without ``re``.
"""

from __future__ import annotations

import re

from ..text.missing import import_stdlib
from ..text.quoting import quote_path, quote_segment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# What a reader returns instead of raising: a wrong turn is ordinary in a search and stays cheap.
NOT_CONVERTED: Any = object()

# CPython refuses longer ones by default (``sys.set_int_max_str_digits``); here all Pythons do.
_LONGEST_NUMBER = 4300


class ValidationError(ValueError):
    """Raised by a converter's ``to_python``: this text is not mine, let the next rule try."""


class BaseConverter:
    """The base of all converters.

    To make one, set ``regex``, which the whole text must match, override ``to_python`` and
    ``to_url``, and put the class into ``Map.converters``. Of several converters in one place the
    one of lower ``weight`` is tried first. ``part_isolating`` is whether the text lies within one
    segment: by default, whether ``regex`` has no slash but in ``[^/``. *map*: that of the rule.

    >>> from microweb.routing import BaseConverter, Map, Rule
    >>> class Word(BaseConverter):
    ...     regex = "[a-z]+"
    >>> found = Map([Rule("/<word:w>", endpoint="e")], converters={"word": Word}).find("GET", "/ok")
    >>> found[1]
    {'w': 'ok'}
    """

    regex = "[^/]+"
    weight = 100
    part_isolating = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls)
        if "regex" in own and "part_isolating" not in own:
            cls.part_isolating = "/" not in cls.regex.replace("[^/", "[^")
        # A quick reader holds for its own class, not where a subclass changes what is read.
        if ("regex" in own or "to_python" in own) and "reader" not in own:
            cls.reader = BaseConverter.reader  # type: ignore[method-assign]

    def __init__(self, map: Any, *args: Any, **kwargs: Any) -> None:
        if args or kwargs:
            raise TypeError(f"{type(self).__name__} takes no arguments in a rule")
        self.map = map

    def to_python(self, value: str) -> Any:
        """Return the value for the text *value*; raise ``ValidationError`` to decline."""
        return value

    def to_url(self, value: Any) -> str:
        """Return *value* percent-encoded for a URL; raise ``ValueError`` to decline."""
        return quote_segment(str(value)) if self.part_isolating else quote_path(str(value))

    def reader(self) -> Callable[[str], Any]:
        """Return the function the trie calls: text to value, or ``NOT_CONVERTED``."""
        fullmatch = re.compile(self.regex).fullmatch
        to_python = self.to_python
        if type(self).to_python is BaseConverter.to_python:
            return lambda text: NOT_CONVERTED if fullmatch(text) is None else text

        def read_by_regex(text: str) -> Any:
            if fullmatch(text) is None:
                return NOT_CONVERTED
            try:
                return to_python(text)
            except ValidationError:
                return NOT_CONVERTED

        return read_by_regex


class UnicodeConverter(BaseConverter):
    """``string``, or no name at all: text without a slash.

    *minlength*, *maxlength*: the number of characters, from 1 on; *length*: exactly so many.
    """

    def __init__(
        self, map: Any, minlength: int = 1, maxlength: int | None = None, length: int | None = None
    ) -> None:
        super().__init__(map)
        if length is not None:
            minlength = maxlength = length
        most = minlength if maxlength is None else maxlength
        if not (type(minlength) is type(most) is int and 1 <= minlength <= most):
            raise ValueError(f"a text cannot have {minlength!r} to {maxlength!r} characters")
        if minlength > 1 or maxlength is not None:
            self.weight = 90
        if self.regex == BaseConverter.regex:
            end = "" if maxlength is None else maxlength
            self.regex = f"[^/]{{{minlength if length else f'{minlength},{end}'}}}"

    def reader(self) -> Callable[[str], Any]:
        """Return ``read_any_text`` if every text will do."""
        return read_any_text if self.regex == "[^/]{1,}" else super().reader()


class AnyConverter(BaseConverter):
    """``any(a, b, c)``: one of the texts listed."""

    weight = 20

    def __init__(self, map: Any, *items: Any) -> None:
        super().__init__(map)
        if not items:
            raise ValueError("any() needs the texts to choose from, as in any(en, de)")
        self.items = frozenset(str(item) for item in items)
        self.regex = f"(?:{'|'.join(re.escape(str(item)) for item in items)})"
        self.part_isolating = not any("/" in item for item in self.items)

    def to_url(self, value: Any) -> str:
        """Return *value* encoded; raise ``ValueError`` if it is none of the texts."""
        if str(value) not in self.items:
            known = ", ".join(repr(item) for item in sorted(self.items))
            raise ValueError(f"{value!r} is none of {known}")
        return super().to_url(value)


class PathConverter(BaseConverter):
    """``path``: text that may hold slashes but does not begin with one."""

    regex = "[^/].*?"
    weight = 200
    part_isolating = False

    def reader(self) -> Callable[[str], Any]:
        """Return ``read_any_path``, unless an instance narrows the text."""
        return read_any_path if self.regex == PathConverter.regex else super().reader()


class NumberConverter(BaseConverter):
    """What ``int`` and ``float`` share.

    *fixed_digits*: exactly so many characters, padded with zeros in a URL; 0 for any number; *min*,
    *max*: the bounds; *signed*: whether a minus sign may stand in front.
    """

    weight = 50
    num_convert: Callable[[Any], Any] = int

    def __init__(
        self,
        map: Any,
        fixed_digits: int = 0,
        min: Any = None,
        max: Any = None,
        signed: bool = False,
    ) -> None:
        super().__init__(map)
        if type(fixed_digits) is not int or fixed_digits < 0:
            raise ValueError(f"fixed_digits is a whole number from 0 on, not {fixed_digits!r}")
        bounds = [bound for bound in (min, max) if bound is not None]
        if not all(type(bound) in (int, float) for bound in bounds) or bounds != sorted(bounds):
            raise ValueError(f"a number cannot lie between {min!r} and {max!r}")
        self.fixed_digits, self.min, self.max, self.signed = fixed_digits, min, max, signed
        if signed:
            self.regex = "-?" + self.regex
            self.weight += 1
        if fixed_digits or min is not None or max is not None:
            self.weight -= 2

    def to_python(self, value: str) -> Any:
        """Return the number; raise ``ValidationError`` if it is too long or out of bounds."""
        if len(value) > _LONGEST_NUMBER or (self.fixed_digits and len(value) != self.fixed_digits):
            raise ValidationError(f"{len(value)} is not the number of digits that is expected")
        try:
            number = type(self).num_convert(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        too_small = self.min is not None and number < self.min
        # An infinity minus itself is not a number, and that is equal to nothing.
        if too_small or (self.max is not None and number > self.max) or number - number != 0:
            raise ValidationError(f"{value!r} is out of bounds")
        return number

    def to_url(self, value: Any) -> str:
        """Return the number as text; raise ``ValueError`` for what is not a number."""
        text = str(type(self).num_convert(value))
        return text.zfill(self.fixed_digits) if self.fixed_digits else text


class IntegerConverter(NumberConverter):
    """``int``: ASCII digits, and a minus sign if ``signed``."""

    regex = "[0-9]+"

    def reader(self) -> Callable[[str], Any]:
        """Return a test for digits and ``int``, if every number will do."""
        plain = self.weight == NumberConverter.weight and self.regex == IntegerConverter.regex
        if plain and type(self).num_convert is int:
            return _read_natural_number
        return super().reader()


class FloatConverter(NumberConverter):
    """``float``: ASCII digits, a point, ASCII digits; never an infinity."""

    regex = r"[0-9]+\.[0-9]+"
    num_convert = float

    def __init__(self, map: Any, min: Any = None, max: Any = None, signed: bool = False) -> None:
        super().__init__(map, min=min, max=max, signed=signed)

    def to_url(self, value: Any) -> str:
        """Return the number without an exponent, which no rule would read back."""
        number = float(value)
        if number - number != 0:
            raise ValueError(f"{value!r} is not a finite number")
        text = repr(number)
        if "e" not in text:
            return text
        mantissa, exponent = text.split("e")
        digits = len(mantissa.partition(".")[2]) - int(exponent)
        return f"{number:.{digits if digits > 1 else 1}f}"


class UUIDConverter(BaseConverter):
    """``uuid``: a UUID in its canonical 36 characters (RFC 9562 §4), as a ``uuid.UUID``."""

    regex = "[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}"
    weight = 30

    def to_python(self, value: str) -> Any:
        """Return the ``uuid.UUID``; its module comes on first use, as small systems lack it."""
        try:
            uuid = import_stdlib("uuid", "the converter 'uuid'", "use <string(length=36):name>")
        except ImportError as error:
            raise RuntimeError(str(error)) from None
        return uuid.UUID(value)

    def to_url(self, value: Any) -> str:
        """Return the UUID as text; raise ``ValueError`` for what is not one."""
        if re.fullmatch(self.regex, str(value)) is None:
            raise ValueError(f"{value!r} is not a UUID")
        return str(value)


class RegexConverter(BaseConverter):
    """``re``: text that a regular expression matches whole, as in ``<re:[a-z]+:name>``.

    If the *pattern* backtracks without bound, so does the rule.
    """

    weight = 80

    def __init__(self, map: Any, pattern: str) -> None:
        super().__init__(map)
        self.regex = str(pattern)
        self.part_isolating = "/" not in self.regex.replace("[^/", "[^")


def read_any_text(text: str) -> Any:
    """Read a segment as it is; only the empty one, and one with a slash, are not text."""
    return text if text and "/" not in text else NOT_CONVERTED


def read_any_path(text: str) -> Any:
    """Read the rest of a path as it is; it is not empty and does not begin with a slash."""
    return text if text and text[0] != "/" else NOT_CONVERTED


def _read_natural_number(text: str) -> Any:
    """Read ASCII digits as an ``int``; Python can be told to refuse more than 640 of them."""
    if text.isdigit() and text.isascii() and len(text) <= _LONGEST_NUMBER:
        try:
            return int(text)
        except ValueError:
            pass
    return NOT_CONVERTED


DEFAULT_CONVERTERS: dict[str, type[BaseConverter]] = {
    "default": UnicodeConverter,
    "string": UnicodeConverter,
    "any": AnyConverter,
    "path": PathConverter,
    "int": IntegerConverter,
    "float": FloatConverter,
    "uuid": UUIDConverter,
    "re": RegexConverter,
}


class BoundConverter:
    """A converter as one map uses it: shared by all variables written the same way.

    ``read`` is text to value, ``write`` value to encoded text, ``spans`` whether several segments
    may be taken; ``order`` and ``label`` are those of a ``RouteBranch``. An order is the number of
    fixed texts, negative, and of each its length, negative; the number of variables, negative, and
    of each its weight; then what makes it unique.
    """

    __slots__ = ("converter", "label", "order", "read", "spans", "write")

    def __init__(self, converter: BaseConverter, spec: str, serial: int) -> None:
        self.converter = converter
        self.read = converter.reader()
        self.spans = not converter.part_isolating
        self.write: Callable[[Any], str] = converter.to_url
        if type(converter).to_url is BaseConverter.to_url and not self.spans:
            self.write = quote_segment
        if self.read is read_any_text and not self.spans:
            spec, serial = "string", 0
        elif self.read is read_any_path:
            spec, serial = "path", 0
        self.label = f"<{spec}>"
        self.order = (0, (), -1, (converter.weight,), spec, serial)
