"""The filters that make text or numbers of text, and that few templates use.

None of them turns untrusted text into `Markup`: a filter that returns HTML has escaped what it was
given. All are linear in the text.
"""

from __future__ import annotations

import re

from ..exceptions import FilterArgumentError
from ..markup import Markup, escape, soft_str
from ..runtime import pass_environment, pass_eval_context
from ..undefined import Undefined
from .guarding import check_width
from .limits import check_repetition, format_percent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NUMBER_TEXT_LIMIT = 4000
_LINK_TRAILERS = ".,:!?]}"
_URL_SAFE_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")


def filter_truncate(
    environment: Any,
    s: Any,
    length: int = 255,
    killwords: bool = False,
    end: str = "...",
    leeway: int | None = None,
) -> str:
    """Cut text to *length* characters with *end*, at a word unless *killwords*.

    Text longer by no more than *leeway* is left alone: 5, or the policy ``truncate.leeway``.
    """
    text = soft_str(s)
    leeway = environment.policies.get("truncate.leeway", 5) if leeway is None else leeway
    if length < len(end):
        raise FilterArgumentError(
            f"truncate needs a length of at least {len(end)}, that of the end {end!r}, "
            f"got {length!r}"
        )
    if len(text) <= length + leeway:
        return text
    cut = text[: length - len(end)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


def filter_float(value: Any, default: float = 0.0) -> float:
    """Return the number, or *default* if there is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return default


def filter_int(value: Any, default: int = 0, base: int = 10) -> int:
    """Return the whole number, or *default* if there is none; text may be in another *base*.

    Text longer than 4,000 characters is no number: reading one takes time by the square.
    """
    if isinstance(value, str) and len(value) > _NUMBER_TEXT_LIMIT:
        return default
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        try:
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            return default


def filter_indent(s: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Indent each line but the *first*, and but *blank* ones, by *width* spaces or that text."""
    text = soft_str(s)
    space: str = width if isinstance(width, str) else " " * check_width(width)
    newline = "\n"
    if isinstance(text, Markup):
        space, newline = Markup(space), Markup(newline)
    check_repetition((text.count("\n") + 1) * len(space))
    lines = (text + newline).splitlines()
    head, rest = lines[0], lines[1:]
    if rest:
        head += newline + newline.join([space + line if line or blank else line for line in rest])
    return space + head if first else head


def filter_wordwrap(
    s: Any,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> str:
    """Wrap each line at *width* characters with *wrapstring* between the pieces."""
    from textwrap import TextWrapper

    wrapper = TextWrapper(
        width=width,
        expand_tabs=False,
        replace_whitespace=False,
        break_long_words=break_long_words,
        break_on_hyphens=break_on_hyphens,
    )
    separator = "\n" if wrapstring is None else wrapstring
    lines = [separator.join(wrapper.wrap(line)) for line in str(s).splitlines()]
    wrapped = separator.join(lines)
    return Markup(wrapped) if isinstance(s, Markup) else wrapped


def filter_filesizeformat(value: Any, binary: bool = False) -> str:
    """Say a number of bytes for people: ``13.0 kB``, or ``12.7 KiB`` if *binary*."""
    size = float(value) if not isinstance(value, int) else value
    base = 1024 if binary else 1000
    if size < base:
        return "1 Byte" if size == 1 else f"{int(size)} Bytes"
    prefixes = "KMGTPEZY" if binary else "kMGTPEZY"
    power = 1
    while power < len(prefixes) and not size < base ** (power + 1):
        power += 1
    unit = prefixes[power - 1] + ("iB" if binary else "B")
    if size > 10**300:
        return f"more than 10**270 {unit}"
    return f"{size / base**power:.1f} {unit}"


def filter_pprint(value: Any) -> str:
    """Return the value as a debugger shows it; on one line where Python came without `pprint`."""
    try:
        from pprint import pformat
    except ImportError:
        return repr(value)
    return pformat(value)


def filter_round(value: float, precision: int = 0, method: str = "common") -> float:
    """Round to *precision* digits: ``"common"``, or always up ``"ceil"`` or down ``"floor"``."""
    if method not in ("common", "ceil", "floor"):
        raise FilterArgumentError(f"round knows 'common', 'ceil' and 'floor', got {method!r}")
    check_width(precision)
    try:
        if method == "common":
            return round(value, precision)
        import math

        factor = 10**precision
        return getattr(math, method)(value * factor) / factor  # type: ignore[no-any-return]
    except (OverflowError, ZeroDivisionError):
        raise FilterArgumentError(
            f"{value!r} cannot be rounded to {precision!r} digits: the number is out of range"
        ) from None


def filter_format(value: Any, *args: Any, **kwargs: Any) -> str:
    """Fill in ``%`` fields by position or by name."""
    if args and kwargs:
        raise FilterArgumentError("format takes positional or named arguments, not both")
    return format_percent(soft_str(value), kwargs or args)  # type: ignore[no-any-return]


def filter_striptags(value: Any) -> str:
    """Drop the tags; the result is text and will be escaped."""
    html = value.__html__() if hasattr(value, "__html__") else value
    text: Any = Markup(str(html))
    return str(text.striptags())


def quote_url_part(value: Any, for_query: bool = False) -> str:
    """Percent-encode text as UTF-8, leaving ``/`` alone except *for_query*."""
    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    pieces = [chr(byte) if byte in _URL_SAFE_BYTES else f"%{byte:02X}" for byte in data]
    text = "".join(pieces)
    return text.replace("/", "%2F").replace("%20", "+") if for_query else text


def filter_urlencode(value: Any) -> str:
    """Percent-encode text, or make a query of a dict or of pairs."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return quote_url_part(value)
    has_items = not isinstance(value, Undefined) and hasattr(value, "items")
    pairs = value.items() if has_items else value
    return "&".join(
        [f"{quote_url_part(name, True)}={quote_url_part(item, True)}" for name, item in pairs]
    )


def filter_wordcount(value: Any) -> int:
    """Count the words."""
    return len(re.findall(r"\w+", soft_str(value)))


def filter_xmlattr(eval_context: Any, d: Any, autospace: bool = True) -> str:
    """Make attributes of a dict, leaving out what is none or undefined.

    FilterArgumentError is raised for a name that holds a character which ends a name in HTML.
    """

    pieces = []
    for name, value in d.items():
        if value is None or isinstance(value, Undefined):
            continue
        if not str(name) or re.search("[\\s/>=\"'<\0]", str(name)):
            raise FilterArgumentError(f"xmlattr refuses {name!r} as the name of an attribute")
        pieces.append(f'{escape(name)}="{escape(value)}"')
    text = (" " if autospace and pieces else "") + " ".join(pieces)
    return Markup(text) if eval_context.autoescape else text


def filter_urlize(
    eval_context: Any,
    value: Any,
    trim_url_limit: int | None = None,
    nofollow: bool = False,
    target: str | None = None,
    rel: str | None = None,
    extra_schemes: Any = None,
) -> str:
    """Make links of web and mail addresses; the rest is escaped.

    *trim_url_limit* cuts the shown text, *nofollow*, *rel* and *target* are attributes,
    *extra_schemes* adds beginnings such as ``"tel:"``. The policies ``urlize.rel``,
    ``urlize.target`` and ``urlize.extra_schemes`` say what is there if nothing is given.
    """
    policies = eval_context.environment.policies
    rels = {*(rel or "").split(), *(policies.get("urlize.rel", "noopener") or "").split()}
    rels |= {"nofollow"} if nofollow else set()
    target = policies.get("urlize.target") if target is None else target
    extra_schemes = extra_schemes or policies.get("urlize.extra_schemes")
    attributes = f' rel="{escape(" ".join(sorted(rels)))}"' if rels else ""
    if target:
        attributes += f' target="{escape(target)}"'
    schemes = ("http://", "https://", *(extra_schemes or ()))
    for scheme in schemes:
        if not re.fullmatch(r"[a-z][a-z0-9+.-]*:/*", scheme, re.IGNORECASE):
            raise FilterArgumentError(f"urlize refuses {scheme!r} as the beginning of an address")
    pieces = [
        _link_word(word, schemes, attributes, trim_url_limit)
        for word in re.split(r"(\s+)", str(escape(value)))
    ]
    text = "".join(pieces)
    return Markup(text) if eval_context.autoescape else text


_match_bare_address = re.compile(
    r"(?:[\w%-]{2,63}\.)+(?:com|edu|gov|info|int|mil|net|org)(?::\d{1,5})?(?:[/?#]\S*)?",
    re.IGNORECASE,
).fullmatch


def _link_word(word: str, schemes: tuple[str, ...], attributes: str, limit: int | None) -> str:
    """Return an escaped word, as a link if it is an address with punctuation around it."""
    if not ("." in word or ":" in word):
        return word
    start, end = 0, len(word)
    while word.startswith(("(", "&lt;"), start, end):
        start += 1 if word[start] == "(" else 4
    unopened_angles = word.count("&gt;", start) - word.count("&lt;", start)
    unopened = word.count(")", start) - word.count("(", start)
    while end > start:
        last = word[end - 1]
        if unopened_angles > 0 and word.endswith("&gt;", start, end):
            end -= 4
            unopened_angles -= 1
        elif last in _LINK_TRAILERS or (last == ")" and unopened > 0):
            end -= 1
            unopened -= last == ")"
        else:
            break
    middle = word[start:end]
    lowered = middle[:200].lower()
    href = ""
    scheme = next((scheme for scheme in schemes if lowered.startswith(scheme.lower())), "")
    if scheme:
        href = middle if len(middle) > len(scheme) else ""
    elif (lowered.startswith("www.") and len(middle) > 4) or _match_bare_address(middle):
        href = "https://" + middle
    elif (
        "@" in middle
        and len(middle) < 321
        and re.fullmatch(r"(?:mailto:)?[\w.%+-]+@[\w-]+(?:\.[\w-]+)+", middle, re.ASCII)
    ):
        middle = middle[7:] if lowered.startswith("mailto:") else middle
        href, attributes, limit = "mailto:" + middle, "", None
    if not href:
        return word
    shown = middle if limit is None or len(middle) <= limit else middle[:limit] + "..."
    return f'{word[:start]}<a href="{href}"{attributes}>{shown}</a>{word[end:]}'


RARE_TEXT_FILTERS: dict[str, Callable[..., Any]] = {
    "center": lambda s, width=80: soft_str(s).center(check_width(width)),
    "filesizeformat": filter_filesizeformat,
    "forceescape": lambda value: escape(str(value)),
    "float": filter_float,
    "int": filter_int,
    "format": filter_format,
    "indent": filter_indent,
    "pprint": filter_pprint,
    "round": filter_round,
    "striptags": filter_striptags,
    "truncate": pass_environment(filter_truncate),
    "urlencode": filter_urlencode,
    "urlize": pass_eval_context(filter_urlize),
    "wordcount": filter_wordcount,
    "wordwrap": filter_wordwrap,
    "xmlattr": pass_eval_context(filter_xmlattr),
}
