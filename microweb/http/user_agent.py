"""The User-Agent header.

Law of this module: the header is kept as it came; nobody guesses browsers from it here.
"""

from __future__ import annotations


class UserAgent:
    """The User-Agent header: ``string``, and the same through ``str()``.

    >>> from microweb.http.user_agent import UserAgent
    >>> str(UserAgent("curl/8.0"))
    'curl/8.0'
    """

    __slots__ = ("string",)

    def __init__(self, string: str) -> None:
        self.string = string

    def to_header(self) -> str:
        """Return the header value."""
        return self.string

    def __str__(self) -> str:
        return self.string

    def __bool__(self) -> bool:
        return bool(self.string)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.string!r}>"
