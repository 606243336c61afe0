"""How a request reads the headers that few programs ask for."""

from __future__ import annotations

from ...text.dates import parse_date
from ..conditional import parse_etags, parse_if_range_header, parse_range_header
from .header_values import (
    Authorization,
    LanguageAccept,
    MIMEAccept,
    UserAgent,
    parse_accept_header,
    parse_cache_control_header,
    parse_set_header,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# By the names that `Request` uses: what makes a value of the header's text, None without the
# header.
REQUEST_HEADER_READERS: dict[str, Callable[[Any], Any]] = {
    "accept": parse_accept_header,
    "accept_languages": lambda value: parse_accept_header(value, LanguageAccept),
    "accept_mimetypes": lambda value: parse_accept_header(value, MIMEAccept),
    "authorization": Authorization.from_header,
    "cache_control": parse_cache_control_header,
    "date": parse_date,
    "etags": parse_etags,
    "if_range": parse_if_range_header,
    "names": lambda value: None if value is None else parse_set_header(value),
    "range": parse_range_header,
    "user_agent": UserAgent,
}
