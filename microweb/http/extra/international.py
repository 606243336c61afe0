"""Host names in other scripts, by IDNA (RFC 3490)."""

from __future__ import annotations


def ascii_host(host: str) -> str:
    """Return ``host`` or ``host:port`` in ASCII; what is no valid label becomes empty.

    >>> ascii_host("b\u00fccher.example:80")
    'xn--bcher-kva.example:80'
    """
    name, colon, port = host.partition(":")
    return ".".join(_ascii_label(label) for label in name.split(".")) + colon + port


def _ascii_label(label: str) -> str:
    """Return one label of a host name by IDNA; '' (no valid label) if that is not possible.

    The label must not turn into several: some characters normalise to a dot.
    """
    if label.isascii():
        return label
    try:
        encoded = label.encode("idna").decode("ascii")
    except (UnicodeError, ImportError, LookupError):
        return ""
    return "" if "." in encoded else encoded
