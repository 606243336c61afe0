"""Fields of a query string and of an urlencoded body (WHATWG URL, section 5)."""

from __future__ import annotations

from ..text.quoting import percent_decode, text_from_environ
from .exceptions import RequestEntityTooLarge
from .structures import ImmutableMultiDict

#: What a request without a form has; it cannot be changed, so one serves all.
EMPTY_FORM = ImmutableMultiDict()


def parse_urlencoded(text: str) -> list[tuple[str, str]]:
    """Split ``a=1&b=2`` into pairs. Only ``&`` separates; blank values and names are kept.

    Never raises; malformed escapes stay as they are (WHATWG URL, section 5.1).
    """
    pairs = []
    for field in text.replace("+", " ").split("&"):
        if field:
            name, _, value = field.partition("=")
            if "%" in field:
                name, value = percent_decode(name), percent_decode(value)
            pairs.append((name, value))
    return pairs


def parse_query_string(query: str) -> ImmutableMultiDict:
    """Parse QUERY_STRING, PEP 3333's Latin-1 text, into a MultiDict. Never raises."""
    return ImmutableMultiDict(parse_urlencoded(text_from_environ(query)))


def parse_urlencoded_body(
    body: bytes, max_memory: int | None = None, max_parts: int | None = None
) -> list[tuple[str, str]]:
    """Split an urlencoded body into pairs.

    Raises RequestEntityTooLarge beyond *max_memory* bytes or *max_parts* fields.
    """
    check_form_memory(len(body), max_memory)
    if max_parts is not None and body.count(b"&") >= max_parts:
        raise RequestEntityTooLarge().with_detail(
            f"The form has more than {max_parts} fields (MAX_FORM_PARTS)."
        )
    return parse_urlencoded(body.decode("utf-8", "replace"))


def check_form_memory(size: int, most: int | None) -> None:
    """Raise RequestEntityTooLarge if a form's fields hold more than *most* bytes."""
    if most is not None and size > most:
        raise RequestEntityTooLarge().with_detail(
            f"The form's fields hold more than {most} bytes (MAX_FORM_MEMORY_SIZE)."
        )
