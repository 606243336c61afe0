"""Converters: what may stand for a variable in a path, and what value it becomes.

A converter sees one piece of text and answers with a value or with "not mine". It never sees the
rest of the path. ``regex``, ``weight``, ``part_isolating``, ``to_python`` and ``to_url`` are
Werkzeug's documented protocol for converters of one's own; ``reader`` is the form the trie calls.
The built-in ones read without ``re``, and only ASCII digits count as digits.
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
_HEX_DIGITS = "0123456789abcdefABCDEF"


def _stays_in_segment(regex: str) -> bool:
    """Return whether *regex* names no slash, except to exclude it from a set."""
    return "/" not in regex.replace("[^/", "[^")


class ValidationError(ValueError):
    """Raised by a converter's ``to_python``: this text is not mine, let the next rule try.

    >>> issubclass(ValidationError, ValueError)
    True
    """


class BaseConverter:
    """The base of all converters.

    To make one, set ``regex``, override ``to_python`` and ``to_url``, and put the class into
    ``Map.converters``.

    * ``regex``: what the whole text must match.
    * ``weight``: the order among converters in one place; the lower is tried first.
    * ``part_isolating``: whether the text lies within one segment. A subclass with a slash in its
      ``regex`` (outside of ``[^/``) gets ``False`` unless it says otherwise.

    *map*: the map the rule is added to.

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
        if "regex" in cls.__dict__ and "part_isolating" not in cls.__dict__:
            cls.part_isolating = _stays_in_segment(cls.regex)

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

        def read_by_regex(text: str) -> Any:
            if fullmatch(text) is None:
                return NOT_CONVERTED
            try:
                return to_python(text)
            except ValidationError:
                return NOT_CONVERTED

        return read_by_regex

    def _is_as_built(self, stock: type[BaseConverter], *regexes: str) -> bool:
        """Return whether *stock*'s reading holds: no subclass changed the regex or the value."""
        return self.regex in regexes and type(self).to_python is stock.to_python


class UnicodeConverter(BaseConverter):
    """``string``, or no name at all: text without a slash.

    *minlength*: the least number of characters, from 1; *maxlength*: the greatest, or ``None``;
    *length*: exactly so many, or ``None``.

    >>> from microweb.routing import Map
    >>> UnicodeConverter(Map(), length=2).reader()("de")
    'de'
    """

    def __init__(
        self, map: Any, minlength: int = 1, maxlength: int | None = None, length: int | None = None
    ) -> None:
        super().__init__(map)
        numbers = {"minlength": minlength, "maxlength": maxlength, "length": length}
        for name, number in numbers.items():
            if number is not None and (type(number) is not int or number < 1):
                raise ValueError(f"{name} must be a whole number from 1 on, not {number!r}")
        if length is not None:
            minlength = maxlength = length
        if maxlength is not None and maxlength < minlength:
            raise ValueError(f"maxlength {maxlength} is less than minlength {minlength}")
        self.least = minlength
        self.most = maxlength
        self._own_regex = BaseConverter.regex
        if minlength > 1 or maxlength is not None:
            self.weight = 90
            if self.regex == BaseConverter.regex:
                self.regex = f"[^/]{{{minlength},{'' if maxlength is None else maxlength}}}"
                self._own_regex = self.regex

    def reader(self) -> Callable[[str], Any]:
        """Return the reader: a measure of length, or ``read_any_text`` if every text will do."""
        if not self._is_as_built(UnicodeConverter, getattr(self, "_own_regex", "")):
            return super().reader()
        least = self.least
        most = self.most
        if least == 1 and most is None:
            return read_any_text

        def read_text(text: str) -> Any:
            if len(text) < least or (most is not None and len(text) > most) or "/" in text:
                return NOT_CONVERTED
            return text

        return read_text


class AnyConverter(BaseConverter):
    """``any(a, b, c)``: one of the texts listed.

    >>> from microweb.routing import Map
    >>> AnyConverter(Map(), "en", "de").to_url("de")
    'de'
    """

    weight = 20

    def __init__(self, map: Any, *items: Any) -> None:
        super().__init__(map)
        if not items:
            raise ValueError("any() needs the texts to choose from, as in any(en, de)")
        self.items = frozenset(str(item) for item in items)
        self.regex = f"(?:{'|'.join(re.escape(item) for item in sorted(self.items))})"
        self.part_isolating = not any("/" in item for item in self.items)
        self._own_regex = self.regex

    def to_url(self, value: Any) -> str:
        """Return *value* encoded; raise ``ValueError`` if it is none of the texts."""
        if str(value) not in self.items:
            known = ", ".join(repr(item) for item in sorted(self.items))
            raise ValueError(f"{value!r} is none of {known}")
        return super().to_url(value)

    def reader(self) -> Callable[[str], Any]:
        """Return the reader: a look-up in a set."""
        if not self._is_as_built(AnyConverter, getattr(self, "_own_regex", "")):
            return super().reader()
        items = self.items
        return lambda text: text if text in items else NOT_CONVERTED


class PathConverter(BaseConverter):
    """``path``: text that may hold slashes but does not begin with one.

    >>> from microweb.routing import Map
    >>> PathConverter(Map()).to_url("a/b c")
    'a/b%20c'
    """

    regex = "[^/].*?"
    weight = 200
    part_isolating = False

    def reader(self) -> Callable[[str], Any]:
        """Return the reader: ``read_any_path``, unless a subclass narrows the text."""
        if not self._is_as_built(PathConverter, PathConverter.regex):
            return super().reader()
        return read_any_path


class NumberConverter(BaseConverter):
    """What ``int`` and ``float`` share: bounds, sign, number of digits.

    *fixed_digits*: exactly so many characters, padded with zeros in a URL; 0 for any number; *min*:
    the least value, or ``None``; *max*: the greatest value, or ``None``; *signed*: whether a minus
    sign may stand in front.

    >>> from microweb.routing import Map
    >>> IntegerConverter(Map(), fixed_digits=4).to_url(7)
    '0007'
    """

    weight = 50
    num_convert: Callable[[Any], Any] = int

    def __init__(
        self,
        map: Any,
        fixed_digits: int = 0,
        min: float | None = None,
        max: float | None = None,
        signed: bool = False,
    ) -> None:
        super().__init__(map)
        if type(fixed_digits) is not int or fixed_digits < 0:
            raise ValueError(f"fixed_digits must be a whole number from 0 on, not {fixed_digits!r}")
        for name, bound in (("min", min), ("max", max)):
            if bound is not None and type(bound) not in (int, float):
                raise ValueError(f"{name} must be a number, not {bound!r}")
        if min is not None and max is not None and max < min:
            raise ValueError(f"max {max!r} is less than min {min!r}")
        self.fixed_digits = fixed_digits
        self.min = min
        self.max = max
        self.signed = signed
        if signed:
            self.regex = "-?" + self.regex
            self.weight += 1
        if fixed_digits or min is not None or max is not None:
            self.weight -= 2

    def to_python(self, value: str) -> Any:
        """Return the number; raise ``ValidationError`` if it is too long or out of bounds."""
        if not value.isascii() or len(value) > _LONGEST_NUMBER or "_" in value:
            raise ValidationError(f"not a plain number of at most {_LONGEST_NUMBER} digits")
        if self.fixed_digits and len(value) != self.fixed_digits:
            raise ValidationError(f"{value!r} has not {self.fixed_digits} digits")
        try:
            number = type(self).num_convert(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if (self.min is not None and number < self.min) or (
            self.max is not None and number > self.max
        ):
            raise ValidationError(f"{value!r} is not between {self.min!r} and {self.max!r}")
        # An infinity minus itself is not a number, and that is equal to nothing.
        if number - number != 0:
            raise ValidationError(f"{value!r} is too great")
        return number

    def to_url(self, value: Any) -> str:
        """Return the number as text; raise ``ValueError`` for what is not a number."""
        text = str(type(self).num_convert(value))
        return text.zfill(self.fixed_digits) if self.fixed_digits else text


class IntegerConverter(NumberConverter):
    """``int``: ASCII digits, and a minus sign if ``signed``.

    >>> from microweb.routing import Map
    >>> read = IntegerConverter(Map()).reader()
    >>> read("42"), read("٣") is NOT_CONVERTED
    (42, True)
    """

    regex = "[0-9]+"

    def reader(self) -> Callable[[str], Any]:
        """Return the reader: a test for digits, then ``int``."""
        if not self._is_as_built(NumberConverter, IntegerConverter.regex, "-?[0-9]+"):
            return super().reader()
        if self.weight == NumberConverter.weight and type(self).num_convert is int:
            return _read_natural_number
        to_python = self.to_python
        sign = "-" if self.signed else ""

        def read_integer(text: str) -> Any:
            digits = text[1:] if sign and text[:1] == sign else text
            if not (digits.isdigit() and digits.isascii()):
                return NOT_CONVERTED
            try:
                return to_python(text)
            except ValidationError:
                return NOT_CONVERTED

        return read_integer


class FloatConverter(NumberConverter):
    """``float``: ASCII digits, a point, ASCII digits; never an infinity.

    *min*: the least value, or ``None``; *max*: the greatest value, or ``None``; *signed*: whether a
    minus sign may stand in front.

    >>> from microweb.routing import Map
    >>> read = FloatConverter(Map()).reader()
    >>> read("1.5"), read("1e5") is NOT_CONVERTED, read("nan") is NOT_CONVERTED
    (1.5, True, True)
    """

    regex = r"[0-9]+\.[0-9]+"
    num_convert = float

    def __init__(
        self, map: Any, min: float | None = None, max: float | None = None, signed: bool = False
    ) -> None:
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
    """``uuid``: a UUID in its canonical 36 characters (RFC 9562 §4), as a ``uuid.UUID``.

    >>> from microweb.routing import Map
    >>> UUIDConverter(Map()).reader()("12345678-1234-5678-1234-567812345678").hex[:12]
    '123456781234'
    """

    regex = "[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}"
    weight = 30

    def to_python(self, value: str) -> Any:
        """Return the ``uuid.UUID`` for *value*."""
        return _load_uuid_type()(value)

    def to_url(self, value: Any) -> str:
        """Return the UUID as text; raise ``ValueError`` for what is not one."""
        text = str(value)
        if not _is_uuid_text(text):
            raise ValueError(f"{value!r} is not a UUID")
        return text

    def reader(self) -> Callable[[str], Any]:
        """Return the reader: a look at the dashes and the digits, then ``uuid.UUID``."""
        if not self._is_as_built(UUIDConverter, UUIDConverter.regex):
            return super().reader()
        to_python = self.to_python
        return lambda text: to_python(text) if _is_uuid_text(text) else NOT_CONVERTED


class RegexConverter(BaseConverter):
    """``re``: text that a regular expression matches whole, as in ``<re:[a-z]+:name>``.

    The expression is the rule author's: if it backtracks without bound, so does the rule.

    *pattern*: the expression. With a slash in it (outside of ``[^/``) it spans segments.

    >>> from microweb.routing import Map
    >>> RegexConverter(Map(), "[a-z]+").reader()("abc")
    'abc'
    """

    weight = 80

    def __init__(self, map: Any, pattern: str) -> None:
        super().__init__(map)
        self.regex = str(pattern)
        self.part_isolating = _stays_in_segment(self.regex)
        try:
            re.compile(self.regex)
        except re.error as error:
            raise ValueError(f"the regular expression {pattern!r} is wrong: {error}") from None


def read_any_text(text: str) -> Any:
    """Read a segment as it is; only the empty one, and one with a slash, are not text.

    >>> read_any_text("a b"), read_any_text("") is NOT_CONVERTED
    ('a b', True)
    """
    return text if text and "/" not in text else NOT_CONVERTED


def read_any_path(text: str) -> Any:
    """Read the rest of a path as it is; it is not empty and does not begin with a slash.

    >>> read_any_path("a/b"), read_any_path("/b") is NOT_CONVERTED
    ('a/b', True)
    """
    return text if text and text[0] != "/" else NOT_CONVERTED


def _read_natural_number(text: str) -> Any:
    """Read ASCII digits as an ``int``; up to 640 no Python may be told to refuse."""
    if text.isdigit() and text.isascii():
        if len(text) <= 640:
            return int(text)
        if len(text) <= _LONGEST_NUMBER:
            try:
                return int(text)
            except ValueError:
                return NOT_CONVERTED
    return NOT_CONVERTED


def _is_uuid_text(text: str) -> bool:
    """Return whether *text* is 32 hexadecimal digits with dashes where RFC 9562 has them."""
    if len(text) != 36:
        return False
    if not text[8] == text[13] == text[18] == text[23] == "-":
        return False
    digits = text.replace("-", "")
    return len(digits) == 32 and not digits.strip(_HEX_DIGITS)


def _load_uuid_type() -> Callable[[str], Any]:
    """Return ``uuid.UUID``, imported on first use because small systems ship without it."""
    try:
        uuid = import_stdlib("uuid", "the converter 'uuid'", "use <string(length=36):name>")
    except ImportError as error:
        raise RuntimeError(str(error)) from None
    return uuid.UUID  # type: ignore[no-any-return]


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
