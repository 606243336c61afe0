"""Credentials and challenges (RFC 9110 section 11, RFC 7617, RFC 6750).

Law of this module: a header becomes a scheme with either a token or parameters; a header that is
neither becomes None. It knows no users and checks no passwords.
"""

from __future__ import annotations

from .fields import is_token, parse_dict_header, quote_header_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def _split_auth_header(value: str) -> tuple[str, str | None, dict[str, str | None]] | None:
    """Split ``scheme token`` or ``scheme key=value, …``; None if it is neither."""
    scheme, _, rest = value.strip(" \t").partition(" ")
    if not is_token(scheme):
        return None
    rest = rest.strip(" \t")
    # token68 may end in "=" but holds none within (RFC 9110 section 11.2).
    if "=" in rest.rstrip("="):
        return scheme.lower(), None, parse_dict_header(rest)
    return scheme.lower(), rest, {}


def _dump_auth_header(scheme: str, token: str | None, parameters: Mapping[str, Any]) -> str:
    """Write a scheme with its token or its parameters; these are quoted, as most clients ask."""
    title = scheme.title()
    if token is not None:
        return f"{title} {token}".rstrip(" ")
    pairs = (
        f"{key}={quote_header_value(value, allow_token=key in ('algorithm', 'stale', 'qop'))}"
        for key, value in parameters.items()
        if value is not None
    )
    return f"{title} {', '.join(pairs)}".rstrip(" ")


class Authorization:
    """The credentials in an Authorization header.

    ``type`` is the scheme in lower case; ``token`` what follows it, if that is one word (Bearer);
    ``parameters`` the pairs otherwise. For Basic, ``username`` and ``password`` are set; every
    parameter can be read as an attribute, which is None if it is missing.

    >>> from microweb.http.authorization import Authorization
    >>> auth = Authorization.from_header("Basic YWRhOnB3")
    >>> auth.type, auth.username, auth.password
    ('basic', 'ada', 'pw')
    >>> Authorization.from_header("Bearer abc").token
    'abc'
    """

    def __init__(
        self, auth_type: str, data: dict[str, str | None] | None = None, token: str | None = None
    ) -> None:
        self.type = auth_type
        self.parameters: dict[str, str | None] = {} if data is None else data
        self.token = token

    @classmethod
    def from_header(cls, value: str | None) -> Authorization | None:
        """Parse a header; None if it is missing or malformed. Never raises."""
        split = _split_auth_header(value) if value else None
        if split is None:
            return None
        scheme, token, parameters = split
        if scheme != "basic":
            return cls(scheme, parameters, token)
        # The base64 of user and password may hold one "=" in the middle for no client.
        pair = _decode_basic(token) if token else None
        if pair is None:
            return None
        return cls(scheme, {"username": pair[0], "password": pair[1]})

    def to_header(self) -> str:
        """Return the header value."""
        if self.type == "basic":
            from binascii import b2a_base64

            pair = f"{self.username or ''}:{self.password or ''}"
            return "Basic " + b2a_base64(pair.encode("utf-8"), newline=False).decode("ascii")
        return _dump_auth_header(self.type, self.token, self.parameters)

    __str__ = to_header

    def get(self, key: str, default: Any = None) -> Any:
        """Return a parameter, else *default*."""
        return self.parameters.get(key, default)

    def __getitem__(self, name: str) -> str | None:
        return self.parameters.get(name)

    def __contains__(self, key: object) -> bool:
        return key in self.parameters

    def __getattr__(self, name: str) -> str | None:
        if name.startswith("__") or name == "parameters":
            raise AttributeError(name)
        return self.parameters.get(name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Authorization):
            return NotImplemented
        return (self.type, self.token, self.parameters) == (
            other.type,
            other.token,
            other.parameters,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type}>"


def _decode_basic(token: str) -> tuple[str, str] | None:
    """Decode user and password (RFC 7617: base64 of UTF-8), strictly; None if it is malformed."""
    from binascii import Error, a2b_base64, b2a_base64

    try:
        raw = a2b_base64(token.encode("ascii"))
        # The decoder skips what is not in its alphabet; encoding again shows whether it did.
        if b2a_base64(raw, newline=False) != token.encode("ascii"):
            return None
        username, colon, password = raw.decode("utf-8").partition(":")
    except (Error, UnicodeError):
        return None
    return (username, password) if colon else None


class WWWAuthenticate:
    """A challenge in a WWW-Authenticate header.

    *values* are the parameters; a *token* may stand instead.

    >>> from microweb.http.authorization import WWWAuthenticate
    >>> WWWAuthenticate("basic", {"realm": "staff"}).to_header()
    'Basic realm="staff"'
    """

    def __init__(
        self,
        auth_type: str,
        values: Mapping[str, str | None] | None = None,
        token: str | None = None,
    ) -> None:
        if not is_token(auth_type):
            raise ValueError(
                f"The authentication scheme {auth_type!r} is not a token. Write 'basic'."
            )
        self.type = auth_type.lower()
        self.parameters: dict[str, str | None] = dict(values or {})
        self.token = token

    @classmethod
    def from_header(cls, value: str | None) -> WWWAuthenticate | None:
        """Parse a header with one challenge; None if it is missing or malformed."""
        split = _split_auth_header(value) if value else None
        return None if split is None else cls(split[0], split[2], split[1] or None)

    def to_header(self) -> str:
        """Return the header value."""
        return _dump_auth_header(self.type, self.token, self.parameters)

    __str__ = to_header

    @property
    def realm(self) -> str | None:
        """The realm, which a browser shows when it asks for a password."""
        return self.parameters.get("realm")

    def __getitem__(self, key: str) -> str | None:
        return self.parameters.get(key)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.to_header()!r}>"
