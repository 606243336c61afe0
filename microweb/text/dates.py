"""Dates in header fields (RFC 9110 section 5.6.7), both ways, as seconds since the epoch in UTC."""

from __future__ import annotations

import time
from functools import lru_cache

from .tokens import parse_digits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any


_WEEKDAY_NAMES = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH_NUMBERS = {month.lower(): number for number, month in enumerate(_MONTH_NAMES, 1)}
#: The last second that a four-digit year can write: 9999-12-31 23:59:59 UTC.
LATEST_HTTP_TIMESTAMP = 253402300799


def http_date(timestamp: Any = None) -> str:
    """Write a moment as an IMF-fixdate (RFC 9110 section 5.6.7).

    *timestamp* is seconds since the epoch, a datetime (without a zone: UTC), a date, a struct_time
    in UTC, or None for now. ValueError outside the years 1 to 9999.

    >>> http_date(784111777)
    'Sun, 06 Nov 1994 08:49:37 GMT'
    """
    if isinstance(timestamp, (int, float)):
        return _date_of_second(timestamp // 1)
    if timestamp is None:
        parts = time.gmtime()
    elif isinstance(timestamp, time.struct_time):
        parts = timestamp
    elif hasattr(timestamp, "utctimetuple"):
        parts = timestamp.utctimetuple()
    elif hasattr(timestamp, "timetuple"):
        parts = timestamp.timetuple()
    else:
        text = "give seconds since the epoch, a datetime, a date or None for now"
        raise TypeError(f"{timestamp!r} is not a moment: {text}.")
    return _date_of_parts(parts, timestamp)


# Files and cookies of one second bear one date: 0.2 µs instead of 2.
@lru_cache(maxsize=64)
def _date_of_second(seconds: int | float) -> str:
    try:
        parts = time.gmtime(seconds)
    except (OverflowError, ValueError, OSError):
        parts = time.struct_time((10000, 1, 1, 0, 0, 0, 0, 1, 0))
    return _date_of_parts(parts, seconds)


def _date_of_parts(parts: Any, timestamp: Any) -> str:
    if not 1 <= parts[0] <= 9999:
        text = "the year must lie between 1 and 9999"
        raise ValueError(f"The moment {timestamp!r} cannot be written as an HTTP date: {text}.")
    return (
        f"{_WEEKDAY_NAMES[parts[6]]}, {parts[2]:02d} {_MONTH_NAMES[parts[1] - 1]} "
        f"{parts[0]:04d} {parts[3]:02d}:{parts[4]:02d}:{parts[5]:02d} GMT"
    )


def parse_timestamp(value: str | None) -> int | None:
    """Read an HTTP date, in any of RFC 9110's three forms, as seconds since the epoch; or None."""
    if not value or len(value) > 64 or not value.isascii():
        return None
    words = [word for word in value.replace(",", " ").replace("\t", " ").split(" ") if word]
    if len(words) == 6:
        _, day, month, year, clock, zone = words
    elif len(words) == 4 and words[1].count("-") == 2:
        _, date, clock, zone = words
        day, month, year = date.split("-")
        if len(year) == 2:
            year = _expand_short_year(year)
    elif len(words) == 5:
        _, month, day, clock, year = words
        zone = "GMT"
    else:
        return None
    if zone.upper() not in ("GMT", "UTC", "Z", "+0000", "-0000") or len(year) != 4:
        return None
    return _seconds_of(parse_digits(year), month, parse_digits(day, 2), clock)


def _expand_short_year(year: str) -> str:
    """Two digits mean the year that lies at most fifty years ahead (RFC 9110 section 5.6.7)."""
    short = parse_digits(year, 2)
    if short is None:
        return ""
    now = time.gmtime().tm_year
    full = now - now % 100 + short
    return str(full - 100 if full > now + 50 else full)


def _seconds_of(year: int | None, month: str, day: int | None, clock: str) -> int | None:
    """Count the seconds to a calendar day and clock time, None when either does not exist."""
    number = _MONTH_NUMBERS.get(month.lower())
    fields: list[Any] = [parse_digits(part, 2) for part in clock.split(":")]
    if number is None or not year or not day or len(fields) != 3 or None in fields:
        return None
    hour, minute, second = fields
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if day > lengths[number - 1] or hour > 23 or minute > 59 or second > 60:
        return None
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    days += sum(lengths[: number - 1]) + day - 1 - 719162  # 719162: from year 1 to 1970
    return days * 86400 + int(hour * 3600 + minute * 60 + second)


def parse_date(value: str | None) -> datetime | None:
    """Read an HTTP date as an aware datetime in UTC; None if it is not one."""
    seconds = parse_timestamp(value)
    return None if seconds is None else datetime_from_timestamp(seconds)


def datetime_from_timestamp(seconds: int) -> datetime | None:
    """Return the aware datetime in UTC for *seconds* since the epoch, None outside its years."""
    from datetime import datetime, timedelta, timezone

    try:
        # Adding to the epoch works before 1970 on every platform; fromtimestamp does not.
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return None
