"""Escaping of text for HTML."""

from __future__ import annotations


def escape_page_text(text: str) -> str:
    """Escape *text* for HTML text and quoted attributes."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )
