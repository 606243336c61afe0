"""Escaping of text for HTML."""

from __future__ import annotations


def escape_html(text: str) -> str:
    """Return *text* for HTML text and quoted attributes: ``& < > " '`` become entities.

    ``in`` costs a third of ``replace``, and most text needs none of the five.

    >>> escape_html('<a title="R&D">')
    '&lt;a title=&#34;R&amp;D&#34;&gt;'
    """
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if '"' in text:
        text = text.replace('"', "&#34;")
    if "'" in text:
        text = text.replace("'", "&#39;")
    return text
