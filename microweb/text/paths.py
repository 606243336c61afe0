"""Paths that come from a client, joined to a folder they cannot leave."""

from __future__ import annotations

import os

WINDOWS_DEVICE_NAMES = frozenset(
    ["AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"]
    + [f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"]
)


def safe_join(directory: str, *pathnames: str, windows: bool = os.name == "nt") -> str | None:
    """Join untrusted parts to a trusted directory; None if the result would lie outside.

    Nothing is asked of the file system. *windows* applies that system's rules (drive letters,
    backslashes, streams, device names); by default those of the machine.

    >>> safe_join("/srv/static", "css/site.css"), safe_join("/srv/static", "../secret")
    ('/srv/static/css/site.css', None)
    """
    joined = directory or "."
    for pathname in pathnames:
        if not pathname:
            continue
        if "\x00" in pathname or pathname.startswith("/"):
            return None
        if windows and not _is_safe_on_windows(pathname):
            return None
        segments: list[str] = []
        for segment in pathname.split("/"):
            if segment == "..":
                if not segments:
                    return None
                segments.pop()
            elif segment and segment != ".":
                segments.append(segment)
        if pathname.endswith("/"):
            # Kept, so that "file.txt/" is not found rather than taken for the file.
            segments.append("")
        joined = "/".join([joined.rstrip("/"), *segments])
    return joined


def _is_safe_on_windows(pathname: str) -> bool:
    """Return whether Windows would read a path as a plain relative one."""
    stems = [name.partition(".")[0].rstrip(" ").upper() for name in pathname.split("/")]
    return not ("\\" in pathname or ":" in pathname or WINDOWS_DEVICE_NAMES.intersection(stems))
