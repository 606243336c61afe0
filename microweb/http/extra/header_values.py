"""Headers as objects: what a client accepts, who it says it is, and how long things may be kept.

An object here is the parsed form of one header (RFC 9110 sections 11 and 12, RFC 9111); text that
makes no sense becomes nothing, never an exception. An object that can be changed calls back, and
does not know where its header is kept.
"""

from __future__ import annotations

from collections.abc import MutableSet

from ...text.tokens import is_token, parse_digits, quote_header_value, split_parameters
from .combined import CallbackDict, HeaderValue
from .header_lists import dump_header, parse_accept_items, parse_dict_header, parse_list_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any


class Accept(HeaderValue):
    """The ranges of an Accept-like header, best first (RFC 9110 section 12.5).

    *values* are ``(range, quality)`` pairs; the narrowest range that covers a value gives its
    quality. ``value in accept`` says whether it is acceptable, ``accept[value]`` its quality.

    >>> accept = Accept([("gzip", 0.5), ("br", 1.0)])
    >>> accept.best, accept.best_match(["gzip", "deflate"]), accept["gzip"]
    ('br', 'gzip', 0.5)
    """

    # Of two ranges that are both as narrow as this, neither is the stronger wish.
    _narrow_enough: tuple[int, ...] = (2,)

    def __init__(self, values: Iterable[tuple[str, float]] = ()) -> None:
        # sorted() is stable: of equals, the one named first stays first.
        self._ranges: list[tuple[str, float]] = sorted(
            values, key=lambda item: (item[1], self._specificity(item[0])), reverse=True
        )

    def _specificity(self, value: str) -> tuple[int, ...]:
        """Return a key that is higher for narrower ranges."""
        return (int(value != "*"),)

    def _value_matches(self, value: str, item: str) -> bool:
        """Say whether the range *item* covers *value*."""
        return item == "*" or item.lower() == value.lower()

    def _find_range(self, value: str) -> tuple[tuple[int, ...], float, str]:
        """Return specificity, quality and text of the narrowest range that covers *value*."""
        best: tuple[tuple[int, ...], float, str] = ((), 0.0, "")
        for item, quality in self._ranges:
            if self._value_matches(value, item):
                specificity = self._specificity(item)
                if specificity > best[0]:
                    best = (specificity, quality, item)
        return best

    def quality(self, key: str) -> float:
        """Return the quality of *key*, 0 if it is not acceptable."""
        return self._find_range(key)[1]

    def best_match(self, matches: Iterable[str], default: str | None = None) -> str | None:
        """Return the one of *matches* with the highest quality, else *default*.

        Of two with the same quality the one covered by the narrower range wins, then the one that
        is named as it is, then the first.
        """
        best: tuple[float, tuple[int, ...], bool] = (0.0, (), False)
        result = default
        for match in matches:
            specificity, quality, item = self._find_range(match)
            is_named = item.lower() == match.lower()
            rank = (quality, min(specificity, self._narrow_enough), is_named)
            if quality > 0 and rank > best:
                best = rank
                result = match
        return result

    @property
    def best(self) -> str | None:
        """The range of highest quality, None if there are none."""
        return self._ranges[0][0] if self._ranges else None

    def find(self, key: str) -> int:
        """Return the position of the first range that covers *key*, -1 if none does."""
        for index, (item, _) in enumerate(self._ranges):
            if self._value_matches(key, item):
                return index
        return -1

    def index(self, key: str) -> int:
        """Return the position as ``find`` does; ValueError if no range covers *key*."""
        position = self.find(key)
        if position < 0:
            raise ValueError(f"{key!r} is not acceptable: the client takes {self.to_header()!r}.")
        return position

    def values(self) -> Iterator[str]:
        """Iterate over the ranges, best first."""
        return (item for item, _ in self._ranges)

    def to_header(self) -> str:
        """Return the header value."""
        return ",".join(
            item if quality == 1 else f"{item};q={quality:g}" for item, quality in self._ranges
        )

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and self.quality(value) > 0

    def __getitem__(self, key: Any) -> Any:
        return self.quality(key) if isinstance(key, str) else self._ranges[key]

    def __iter__(self) -> Iterator[tuple[str, float]]:
        return iter(self._ranges)

    def __len__(self) -> int:
        return len(self._ranges)

    def __eq__(self, other: object) -> bool:
        """Equal with the same ranges and qualities, best first: another such object or a list."""
        if isinstance(other, (Accept, list, tuple)):
            return self._ranges == list(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._ranges))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._ranges!r})"


class MIMEAccept(Accept):
    """The Accept header: media ranges such as ``text/*`` and ``text/html;level=1``."""

    def _specificity(self, value: str) -> tuple[int, ...]:
        media_type, parameters = split_parameters(value)
        kind, _, subtype = media_type.partition("/")
        return (int(kind != "*"), int(subtype != "*"), len(parameters))

    def _value_matches(self, value: str, item: str) -> bool:
        range_type, range_parameters = split_parameters(item.lower())
        value_type, value_parameters = split_parameters(value.lower())
        if "/" not in value_type:
            return False
        if range_type in ("*/*", "*"):
            return True
        if range_type != value_type:
            return range_type.endswith("/*") and value_type.startswith(range_type[:-1])
        return not range_parameters or set(range_parameters).issubset(value_parameters)

    @property
    def accept_html(self) -> bool:
        """Whether HTML or XHTML is acceptable."""
        return "text/html" in self or self.accept_xhtml

    @property
    def accept_xhtml(self) -> bool:
        """Whether XHTML is acceptable."""
        return "application/xhtml+xml" in self or "application/xml" in self

    @property
    def accept_json(self) -> bool:
        """Whether JSON is acceptable."""
        return "application/json" in self


class LanguageAccept(Accept):
    """The Accept-Language header; a range covers the tags that begin with it (RFC 4647).

    >>> LanguageAccept([("de-AT", 1.0), ("en", 0.5)]).best_match(["en-GB", "de"])
    'en-GB'
    """

    # "de-AT" names one language as "en" does.
    _narrow_enough = (1,)

    def _specificity(self, value: str) -> tuple[int, ...]:
        return (0 if value == "*" else 1 + value.count("-") + value.count("_"),)

    def _value_matches(self, value: str, item: str) -> bool:
        tag = value.lower().replace("_", "-")
        wanted = item.lower().replace("_", "-")
        return item == "*" or tag == wanted or tag.startswith(wanted + "-")

    def best_match(self, matches: Iterable[str], default: str | None = None) -> str | None:
        """As ``Accept.best_match``; failing that, one that is the primary tag of what the client
        named: ``en`` for en-GB, but not en-US."""
        matches = list(matches)
        result = super().best_match(matches)
        if result is not None:
            return result
        primary = Accept(
            (item.replace("_", "-").partition("-")[0], quality) for item, quality in self
        )
        return primary.best_match(matches, default)


def parse_accept_header(value: str | None, cls: type[Accept] = Accept) -> Accept:
    """Parse an Accept-like header into an object of *cls*. Never raises.

    >>> parse_accept_header("text/html, */*;q=0.1", MIMEAccept).quality("text/plain")
    0.1
    """
    return cls(parse_accept_items(value))


class UserAgent(HeaderValue):
    """The User-Agent header as it came: ``string``; no browser is guessed from it here."""

    def __init__(self, string: str | None) -> None:
        self.string = string or ""

    def to_header(self) -> str:
        """Return the header value."""
        return self.string

    def __bool__(self) -> bool:
        return bool(self.string)


class HeaderSet(HeaderValue, MutableSet):  # type: ignore[type-arg]
    """A set of names as Vary and Allow have it: ordered, no case, no duplicates.

    ``on_update(self)`` is called after each change.

    >>> names = HeaderSet(["Accept"])
    >>> names.update(["Cookie", "accept"])
    >>> names.to_header(), "COOKIE" in names
    ('Accept, Cookie', True)
    """

    def __init__(
        self, headers: Iterable[str] | None = None, on_update: Callable[[Any], None] | None = None
    ) -> None:
        self._names: dict[str, str] = {}
        self.on_update: Callable[[Any], None] | None = None
        if headers:
            self.update(headers)
        self.on_update = on_update

    def _changed(self) -> None:
        if self.on_update is not None:
            self.on_update(self)

    def add(self, header: str) -> None:
        """Add one name."""
        self.update((header,))

    def update(self, iterable: Iterable[str]) -> None:
        """Add several names."""
        before = len(self._names)
        for header in iterable:
            name = header.strip(" \t")
            self._names.setdefault(name.lower(), name)
        if len(self._names) != before:
            self._changed()

    def discard(self, header: str) -> None:
        """Remove a name if it is there."""
        if self._names.pop(header.lower(), None) is not None:
            self._changed()

    def remove(self, header: str) -> None:
        """Remove a name; KeyError if it is not there."""
        if header not in self:
            raise KeyError(header)
        self.discard(header)

    def clear(self) -> None:
        """Remove all names."""
        self._names.clear()
        self._changed()

    def find(self, header: str) -> int:
        """Return the position of a name, -1 if it is not there."""
        return list(self._names).index(header.lower()) if header in self else -1

    def index(self, header: str) -> int:
        """Return the position of a name; IndexError if it is not there."""
        position = self.find(header)
        if position < 0:
            raise IndexError(header)
        return position

    def as_set(self, preserve_casing: bool = False) -> set[str]:
        """Return a plain set, of names in lower case unless *preserve_casing*."""
        return set(self._names.values() if preserve_casing else self._names)

    def to_header(self) -> str:
        """Return the header value."""
        return dump_header(self._names.values())

    def __contains__(self, header: object) -> bool:
        return isinstance(header, str) and header.lower() in self._names

    def __getitem__(self, index: int) -> str:
        return list(self._names.values())[index]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._names.values()))

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"


def parse_set_header(
    value: str | None, on_update: Callable[[Any], None] | None = None
) -> HeaderSet:
    """Parse a comma-separated list of names into a HeaderSet."""
    return HeaderSet(parse_list_header(value), on_update)


class CacheDirective:
    """A descriptor: one directive of Cache-Control as an attribute.

    *kind* is ``"flag"`` (True or False), ``"seconds"`` (int or None) or ``"names"`` (True, the
    header names as text, or None).
    """

    def __init__(self, directive: str, kind: str) -> None:
        self.directive = directive
        self.kind = kind

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        present = self.directive in instance
        if self.kind == "flag":
            return present
        value = instance.get(self.directive)
        if self.kind == "seconds":
            return parse_digits(value)
        return True if present and value is None else value

    def __set__(self, instance: Any, value: Any) -> None:
        if value is None or value is False:
            instance.pop(self.directive, None)
        elif self.kind == "flag" or (value is True and self.kind == "names"):
            instance[self.directive] = None
        else:
            instance[self.directive] = str(int(value) if self.kind == "seconds" else value)

    def __delete__(self, instance: Any) -> None:
        instance.pop(self.directive, None)


class CacheControl(CallbackDict):
    """The directives of a Cache-Control header; attributes for the usual ones, dict for all.

    >>> control = ResponseCacheControl()
    >>> control.max_age = 60
    >>> control.public = True
    >>> control.to_header()
    'max-age=60, public'
    """

    no_cache = CacheDirective("no-cache", "names")
    no_store = CacheDirective("no-store", "flag")
    max_age = CacheDirective("max-age", "seconds")
    no_transform = CacheDirective("no-transform", "flag")
    stale_if_error = CacheDirective("stale-if-error", "seconds")

    def to_header(self) -> str:
        """Return the header value."""
        return dump_header(self)

    __str__ = to_header


class RequestCacheControl(CacheControl):
    """Cache-Control as a client sends it (RFC 9111 section 5.2.1)."""

    max_stale = CacheDirective("max-stale", "seconds")
    min_fresh = CacheDirective("min-fresh", "seconds")
    only_if_cached = CacheDirective("only-if-cached", "flag")


class ResponseCacheControl(CacheControl):
    """Cache-Control as a server sends it (RFC 9111 section 5.2.2)."""

    public = CacheDirective("public", "flag")
    private = CacheDirective("private", "names")
    must_revalidate = CacheDirective("must-revalidate", "flag")
    proxy_revalidate = CacheDirective("proxy-revalidate", "flag")
    must_understand = CacheDirective("must-understand", "flag")
    s_maxage = CacheDirective("s-maxage", "seconds")
    immutable = CacheDirective("immutable", "flag")
    stale_while_revalidate = CacheDirective("stale-while-revalidate", "seconds")


def parse_cache_control_header(
    value: str | None,
    on_update: Callable[[Any], None] | None = None,
    cls: type[CacheControl] = RequestCacheControl,
) -> CacheControl:
    """Parse Cache-Control into an object of *cls*; directives in lower case. Never raises."""
    directives = {key.lower(): text for key, text in parse_dict_header(value).items()}
    return cls(directives, on_update)


class Credentials(HeaderValue):
    """The base of both sides of authentication (RFC 9110 section 11).

    ``type`` is the scheme, in lower case; ``token`` what follows it if that is one word, and
    ``parameters`` the pairs otherwise, which can be read as items.
    """

    def __init__(
        self, auth_type: str, data: Mapping[str, str | None] | None = None, token: str | None = None
    ) -> None:
        self.type = auth_type
        self.parameters: dict[str, str | None] = dict(data or {})
        self.token = token

    def to_header(self) -> str:
        """Return the header value; parameters are quoted, as most clients ask."""
        if self.token is not None:
            rest = self.token
        else:
            rest = ", ".join(
                f"{key}={quote_header_value(value, key in ('algorithm', 'stale', 'qop'))}"
                for key, value in self.parameters.items()
                if value is not None
            )
        return f"{self.type.title()} {rest}".rstrip(" ")

    def get(self, key: str, default: Any = None) -> Any:
        """Return a parameter, else *default*."""
        return self.parameters.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self.parameters

    def __getitem__(self, name: str) -> str | None:
        return self.parameters.get(name)

    def __getattr__(self, name: str) -> str | None:
        if name.startswith("__") or name == "parameters":
            raise AttributeError(name)
        return self.parameters.get(name)

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if isinstance(other, type(self)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        # Nothing secret: representations end up in logs.
        return f"<{type(self).__name__} {self.type}>"


class Authorization(Credentials):
    """The credentials in an Authorization header (RFC 7617, RFC 6750).

    For Basic, ``username`` and ``password`` are set; every parameter can be read as an attribute,
    which is None if it is missing.

    >>> auth = Authorization.from_header("Basic YWRhOnB3")
    >>> auth.type, auth.username, auth.password
    ('basic', 'ada', 'pw')
    >>> Authorization.from_header("Bearer abc").token
    'abc'
    """

    @classmethod
    def from_header(cls, value: str | None) -> Authorization | None:
        """Parse a header; None if it is missing or malformed. Never raises."""
        split = _split_auth_header(value)
        if split is None:
            return None
        scheme, parameters, token = split
        if scheme != "basic":
            return cls(scheme, parameters, token)
        pair = _decode_basic(token) if token else None
        return None if pair is None else cls(scheme, {"username": pair[0], "password": pair[1]})

    def to_header(self) -> str:
        """Return the header value."""
        if self.type == "basic":
            from binascii import b2a_base64

            pair = f"{self.username or ''}:{self.password or ''}"
            return "Basic " + b2a_base64(pair.encode("utf-8"), newline=False).decode("ascii")
        return super().to_header()


class WWWAuthenticate(Credentials):
    """A challenge in a WWW-Authenticate header.

    *values* are the parameters; a *token* may stand instead. Parameters can be read and set as
    items and as attributes; setting None removes one. ValueError for a malformed scheme.

    >>> challenge = WWWAuthenticate("basic", {"realm": "staff"})
    >>> challenge.charset = "UTF-8"
    >>> challenge.to_header()
    'Basic realm="staff", charset="UTF-8"'
    """

    on_update: Any

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
        vars(self)["on_update"] = None  # not yet: the attributes below are set first
        super().__init__(auth_type.lower(), values, token)

    @classmethod
    def from_header(cls, value: str | None) -> WWWAuthenticate | None:
        """Parse a header with one challenge; None if it is missing or malformed."""
        split = _split_auth_header(value)
        return None if split is None else cls(split[0], split[1], split[2] or None)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("type", "parameters", "token", "on_update"):
            if name == "parameters":
                value = CallbackDict(value, lambda _: self.on_update and self.on_update(self))
            vars(self)[name] = value
        else:
            self.parameters[name] = value
            return
        if self.on_update is not None and name != "on_update":
            self.on_update(self)

    __setitem__ = __setattr__

    def __delitem__(self, name: str) -> None:
        self[name] = None


def _split_auth_header(value: str | None) -> tuple[str, dict[str, str | None], str | None] | None:
    """Split a header into scheme and parameters or token; None if it is neither."""
    scheme, _, rest = (value or "").strip(" \t").partition(" ")
    if not is_token(scheme):
        return None
    rest = rest.strip(" \t")
    # token68 may end in "=" but holds none within (RFC 9110 section 11.2).
    if "=" in rest.rstrip("="):
        return scheme.lower(), parse_dict_header(rest), None
    return scheme.lower(), {}, rest


def _decode_basic(token: str) -> tuple[str, str] | None:
    """Decode user and password (RFC 7617: base64 of UTF-8, or Latin-1); None if malformed."""
    from binascii import Error, a2b_base64, b2a_base64

    try:
        raw = a2b_base64(token.encode("ascii"))
        # The decoder skips what is not in its alphabet; encoding again shows whether it did.
        if b2a_base64(raw, newline=False) != token.encode("ascii"):
            return None
    except (Error, UnicodeError):
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeError:
        # Programs that know no charset send Latin-1.
        text = raw.decode("latin-1")
    username, colon, password = text.partition(":")
    return (username, password) if colon else None
