"""What is sent instead of the file at a path: an open file, or a packed copy beside it.

The packed copy of ``app.js`` is ``app.js.gz``. Leave it off where strangers may put files into the
folder, for their ``.gz`` would stand in for another's file.
"""

from __future__ import annotations

import io
import os
from stat import S_ISREG

from ..exceptions import Forbidden, NotFound
from ..files import open_regular_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..headers import Headers


def open_packed_instead(
    path: str, original: os.stat_result, environ: dict[str, Any], headers: Headers
) -> Any:
    """Return ``path.gz`` as `open_regular_file` does if it is to be sent instead, else None.

    It must be no link and not be older. What was chosen from is added to *headers*.
    """
    packed = None
    try:
        found = os.lstat(path + ".gz")
        if not S_ISREG(found.st_mode) or int(found.st_mtime) < int(original.st_mtime):
            return None
        if _prefers_gzip(environ):
            packed = open_regular_file(path + ".gz", getattr(os, "O_NOFOLLOW", 0))
            headers.add("Content-Encoding", "gzip")
    except (OSError, ValueError, NotFound, Forbidden):
        return None
    headers.add("Vary", "Accept-Encoding")
    return packed


def _prefers_gzip(environ: dict[str, Any]) -> bool:
    """Say whether the client takes gzip, and no less gladly than unpacked (RFC 9110, 12.5.3)."""
    from .header_values import parse_accept_header

    accepted = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"))
    unpacked = max((quality for item, quality in accepted if item.lower() == "identity"), default=0)
    return 0 < accepted.quality("gzip") >= unpacked


def measure_file_object(file: Any) -> int | None:
    """Return the length of what is left in *file*, None if it cannot be told.

    ValueError for a file in text mode.
    """
    if isinstance(file, io.TextIOBase):
        raise ValueError(
            f"The file {file!r} is open in text mode. Open it with mode 'rb', or use io.BytesIO."
        )
    try:
        position = file.tell()
        end = file.seek(0, os.SEEK_END)
        if end is None:
            end = file.tell()
        file.seek(position)
    except (AttributeError, OSError, ValueError):
        return None
    # A Range counts from the beginning of what is sent, so a file must stand there.
    return None if position else int(end)
