"""Operators and repetitions whose results could grow beyond all memory, with their ceilings."""

from __future__ import annotations

from ..exceptions import TemplateSecurityError
from .guarding import check_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REPEAT_LIMIT = 10_000_000
_NUMBER_BITS_LIMIT = 100_000


def multiply_bounded(left: Any, right: Any) -> Any:
    """Return ``left * right``, refusing to repeat text or lists beyond ten million items and
    integers of more than 100,000 bits."""
    for repeated, count in ((left, right), (right, left)):
        if isinstance(count, int):
            if isinstance(repeated, int):
                _check_bits(repeated.bit_length() + count.bit_length())
            elif isinstance(repeated, (str, bytes, bytearray, list, tuple)):
                check_repetition(len(repeated) * count)
    return left * right


def _check_bits(bits: int) -> None:
    if bits > _NUMBER_BITS_LIMIT:
        raise TemplateSecurityError(
            f"a number of more than {_NUMBER_BITS_LIMIT} bits is refused: use smaller numbers"
        )


def check_repetition(size: int) -> None:
    """Raise TemplateSecurityError if a repetition would give more than ten million items."""
    if size > _REPEAT_LIMIT:
        raise TemplateSecurityError(
            f"a repetition to {size} items is refused: the ceiling is {_REPEAT_LIMIT}"
        )


def raise_to_power(left: Any, right: Any) -> Any:
    """Return ``left ** right``, refusing integers of more than 100,000 bits."""
    if isinstance(left, int) and isinstance(right, int) and right > 0 and abs(left) > 1:
        _check_bits(left.bit_length() * right)
    return left**right


def format_percent(left: Any, right: Any) -> Any:
    """Return ``left % right``, refusing padding beyond 100,000 characters.

    >>> format_percent("%03d", 7), format_percent(7, 4)
    ('007', 3)
    """
    if isinstance(left, (str, bytes, bytearray)):
        import re

        text = left if isinstance(left, str) else left.decode("latin-1")
        # What may stand between "%", or the ")" of a name, and the letter of the conversion.
        widths = "".join(re.findall("[%)][-#+ 0-9.*]*", text))
        for width in re.findall("[0-9]{6,}", widths):
            check_width(int(width[:10]))
        for value in right if isinstance(right, tuple) else (right,):
            if "*" in widths and isinstance(value, int):
                check_width(value)
    return left % right
