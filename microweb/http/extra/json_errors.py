"""Errors as JSON, for clients that prefer it to a page."""

from __future__ import annotations

from .header_lists import parse_accept_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def prefers_json(accept: str) -> bool:
    """Say whether an Accept header names JSON and prefers it to HTML.

    A browser names text/html, curl sends ``*/*``: both get HTML. Where Python came without `json`
    everybody does.

    >>> prefers_json("application/json, */*"), prefers_json("text/html, application/json;q=0.9")
    (True, False)
    """
    json_quality = html_quality = 0.0
    for item, quality in parse_accept_items(accept):
        kind = item.partition(";")[0].lower()
        if kind == "application/json" or kind.endswith("+json"):
            json_quality = max(json_quality, quality)
        elif kind in ("text/html", "application/xhtml+xml"):
            html_quality = max(html_quality, quality)
    if json_quality <= html_quality:
        return False
    try:
        import json  # noqa: F401
    except ImportError:
        return False
    return True


def describe_error_as_json(error: Any) -> str:
    """Return the JSON of an `HTTPException`: its code, name and description; never the path."""
    import json

    return json.dumps({"code": error.code, "name": error.name, "description": error.description})
