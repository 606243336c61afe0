"""Where a server writes: a line for each request, and an application's ``wsgi.errors``."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

from ..text.tracebacks import escape_controls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ServerLog:
    """Standard error as it is now, also as ``wsgi.errors``; nowhere when *quiet*."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet

    def write(self, text: str) -> int:
        """Write *text*, if there is a standard error that takes it."""
        if not self.quiet and sys.stderr is not None:
            with suppress(OSError, ValueError):
                try:
                    sys.stderr.write(text)
                except UnicodeEncodeError:
                    sys.stderr.write(ascii(text) + "\n")
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of *lines*."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Do nothing: standard error is not buffered."""

    def request(self, address: str, line: str, status: object, size: object) -> None:
        """Write the line of one request."""
        if not self.quiet:
            line = escape_controls(line[:2000].replace("\n", "\\n").replace('"', '\\"'))
            when = time.strftime("%Y-%m-%d %H:%M:%S")
            self.write(f'{address} - - [{when}] "{line}" {status} {size}\n')
