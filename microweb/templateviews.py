"""What a template sees of the request, the session, ``g`` and the configuration.

A template may read them, and a template that a stranger has slipped in may do no more with them:
it changes nothing, opens no file, and finds no key. So these names are views. Each hands out what
can be read; lists and dicts are copies. What acts raises `TemplateSecurityError` when it is called,
with the advice to do it in the view.

The object behind a view stands under a name of two underscores at each end, which no template
reaches.
"""

from __future__ import annotations

import re

from .globals import g, request, session
from .http import EnvironHeaders, ImmutableMultiDict, MultiDict, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Callable

# Of what http's Request defines. What a request class of one's own adds can be read too.
_READABLE_OF_REQUEST = frozenset(
    """
    accept_charsets accept_encodings accept_languages accept_mimetypes access_route
    access_control_request_headers access_control_request_method args authorization base_url
    blueprint blueprints cache_control content_encoding content_length content_md5 content_type
    cookies data date endpoint form full_path get_data host host_url if_match if_modified_since
    if_none_match if_range if_unmodified_since is_json is_multiprocess is_multithread is_run_once
    is_secure max_forwards method mimetype mimetype_params origin path pragma query_string range
    referrer remote_addr remote_user root_path root_url scheme script_root server url url_root
    user_agent values want_form_data_parsed
    """.split()
)
_READABLE_OF_RULE = (
    "rule endpoint methods arguments defaults subdomain host strict_slashes is_leaf"
).split()
_READABLE_OF_AUTHORIZATION = "type username password token".split()
_READABLE_OF_FILE = "filename name content_type mimetype mimetype_params content_length".split()
_METHODS_THAT_CHANGE = frozenset("clear pop popitem setdefault update".split())
# In the names of keys and variables whose values are nobody's to see; and in values: a URL with a
# name or a password, and what drivers of databases take.
_HIDDEN_NAME_RE = re.compile(
    "SECRET|PASSW|PASSPHRASE|PRIVATE|CREDENTIAL|TOKEN|APIKEY|SALT|(_|^)(KEY|PASS|PWD|DSN)$"
)
_SHOWN_NAME_RE = re.compile("PUBLIC|SITE_?KEY")
_HIDDEN_VALUE_RE = re.compile(
    r"://[^\s/?#]*@|://\S*:\S*@|(pass\w*|pwd|secret|token)=", re.IGNORECASE
)
# What a template may have of the configuration; of anything else it has the text.
_PLAIN_TYPES = (str, bytes, int, float, complex, bool, type(None))


def is_secret(name: object, value: Any = None) -> bool:
    """Return whether a configuration key is kept from templates: by its *name*, or since its
    *value* is text with a password in it.

    >>> is_secret("SECRET_KEY"), is_secret("TITLE"), is_secret("DB", "pg://ada:pw@host/db")
    (True, False, True)
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if isinstance(text, str) and _HIDDEN_VALUE_RE.search(text):
        return True
    upper = str(name).upper()
    return bool(_HIDDEN_NAME_RE.search(upper)) and not _SHOWN_NAME_RE.search(upper)


def copied(value: Any) -> Any:
    """Return lists, tuples, sets and dicts as copies, through and through; others as they are.

    >>> copied({"a": [1]})
    {'a': [1]}
    """
    if isinstance(value, dict) and not hasattr(value, "getlist"):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, (list, set, frozenset)) or type(value) is tuple:
        return _rebuild(value, map(copied, value))
    return value


def _rebuild(container: Any, items: Iterable[Any]) -> Any:
    """Return *items* in the built-in type that *container* is, or is derived from."""
    kinds = (list, tuple, set, frozenset)
    return next(kind for kind in kinds if isinstance(container, kind))(items)


class TemplateView:
    """The part of an object that can be read: attributes by *names*.

    *find* is called without arguments and returns the object.

    >>> view = TemplateView(lambda: 3 + 4j, ["real"])
    >>> view.real, hasattr(view, "imag")
    (3.0, False)
    """

    __slots__ = ("__find__", "__names__")

    def __init__(self, find: Callable[[], Any], names: Iterable[str] = ()) -> None:
        object.__setattr__(self, "__find__", find)
        object.__setattr__(self, "__names__", frozenset(names))

    def __getattr__(self, name: str) -> Any:
        if name not in self.__names__:
            raise AttributeError(f"a template cannot read {name!r} here")
        return copied(getattr(self.__find__(), name))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("what a template sees cannot be changed there")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self.__find__())

    def __repr__(self) -> str:
        return repr(self.__find__())

    def __bool__(self) -> bool:
        return bool(self.__find__())

    def __eq__(self, other: object) -> bool:
        mine = self.__find__()
        return bool(mine == (other.__find__() if isinstance(other, TemplateView) else other))

    def __hash__(self) -> int:
        return hash(self.__find__())


class RequestView(TemplateView):
    """The request: its values, without its streams, files' contents and the server's objects."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        current = self.__find__()
        read = _READ_OTHERWISE.get(name)
        if read is not None:
            return read(current)
        if name in _READABLE_OF_REQUEST:
            return copied(getattr(current, name))
        if name[:1] == "_" or hasattr(Request, name):
            raise AttributeError(f"a template cannot read request.{name}")
        return getattr(current, name)


def _read_json(current: Any) -> Any:
    return lambda silent=True: copied(current.get_json(silent=silent)) if current.is_json else None


def _read_data(current: Any) -> Any:
    return lambda as_text=False: current.get_data(as_text=as_text)


def _deep_copy_of(name: str) -> Callable[[Any], Any]:
    def read(current: Any) -> Any:
        from copy import deepcopy

        return deepcopy(getattr(current, name))

    return read


def _read_authorization(current: Any) -> Any:
    if current.authorization is None:
        return None
    return TemplateView(lambda: current.authorization, _READABLE_OF_AUTHORIZATION)


def _read_files(current: Any) -> Any:
    def view_of(file: Any) -> TemplateView:
        return TemplateView(lambda: file, _READABLE_OF_FILE)

    pairs = current.files.items(multi=True)
    return ImmutableMultiDict([(field, view_of(file)) for field, file in pairs])


def _read_rule(current: Any) -> Any:
    rule = current.url_rule
    return None if rule is None else TemplateView(lambda: rule, _READABLE_OF_RULE)


def _read_environ(current: Any) -> Any:
    plain = (str, int, bool, float, tuple)
    return {
        key: value
        for key, value in current.environ.items()
        if isinstance(value, plain) and not is_secret(key, value)
    }


_READ_OTHERWISE: dict[str, Callable[[Any], Any]] = {
    "authorization": _read_authorization,
    "environ": _read_environ,
    "files": _read_files,
    "get_data": _read_data,
    "get_json": _read_json,
    # Of an environ that holds nothing else.
    "headers": lambda current: EnvironHeaders(
        {
            key: value
            for key, value in current.environ.items()
            if key.startswith(("HTTP_", "CONTENT_")) and isinstance(value, str)
        }
    ),
    "json": lambda current: copied(current.json),
    "values": lambda current: MultiDict(list(current.values.items(multi=True))),
    "access_control_request_headers": _deep_copy_of("access_control_request_headers"),
    "cache_control": _deep_copy_of("cache_control"),
    "range": _deep_copy_of("range"),
    "url_rule": _read_rule,
    "view_args": lambda current: copied(current.view_args),
}


class MappingView(TemplateView):
    """A mapping: its items, the methods that read, and the attributes that are no methods."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS_THAT_CHANGE:
            return _refusal(name)
        value = getattr(self.__find__(), name)
        if name[:1] == "_" or callable(value):
            raise AttributeError(f"a template cannot read {name!r} here")
        return copied(value)

    def __getitem__(self, key: str) -> Any:
        return copied(self.__find__()[key])

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, or *default*."""
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> list[str]:
        """Return the keys."""
        return list(self.__find__())

    def values(self) -> list[Any]:
        """Return the values."""
        return [self[key] for key in self.keys()]

    def items(self) -> list[tuple[str, Any]]:
        """Return the pairs of keys and values."""
        return [(key, self[key]) for key in self.keys()]

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    __str__ = __repr__


class ConfigView(MappingView):
    """The configuration without its secrets, those in dicts included."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("from_"):
            return _refusal(name)
        return MappingView.__getattr__(self, name)

    def __getitem__(self, key: str) -> Any:
        return _without_secrets({key: self.__find__()[key]})[key]

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == other

    __hash__ = None  # type: ignore[assignment]

    def keys(self) -> list[str]:
        """Return the keys that are not secret."""
        return [key for key, value in self.__find__().items() if not is_secret(key, value)]


def _without_secrets(value: Any) -> Any:
    """Return plain values and containers of such, without secrets; of other objects their text."""
    if isinstance(value, dict):
        return {
            key: _without_secrets(item) for key, item in value.items() if not is_secret(key, item)
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        shown = (_without_secrets(item) for item in value if not is_secret("", item))
        return _rebuild(value, shown)
    if isinstance(value, _PLAIN_TYPES) or type(value).__module__ == "datetime":
        return value
    text = str(value)
    return "" if is_secret("", text) else text


def _refusal(name: str) -> Callable[..., Any]:
    """Return what a template finds in the place of a method that acts."""

    def refuse(*args: Any, **kwargs: Any) -> Any:
        from .templating import TemplateSecurityError

        raise TemplateSecurityError(
            f"a template cannot call {name}(), which changes what it only may read; do it in the "
            f"view, and pass what came of it"
        )

    return refuse


def _is_open(value: Any) -> bool:
    """Return whether a value is a connection, a cursor, a file or the like."""
    return any(hasattr(value, name) for name in ("execute", "cursor", "fileno", "commit"))


class GlobalsView(TemplateView):
    """``g``: its attributes, `get`, and ``in``. Connections and files are not there, nor names
    that begin with an underscore; other objects of the app's own are handed out as they are."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name in ("pop", "setdefault"):
            return _refusal(name)
        value = getattr(self.__find__(), name)
        if name[:1] == "_" or _is_open(value):
            raise AttributeError(f"a template cannot read g.{name}")
        return copied(value)

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute, or *default*."""
        return getattr(self, name) if name in self else default

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def __iter__(self) -> Iterator[str]:
        names = self.__find__()
        return (name for name in names if name[:1] != "_" and not _is_open(getattr(names, name)))


def make_template_views(config: Any) -> dict[str, Any]:
    """Return the names that every template of an app may read, and what stands for them."""
    return {
        "config": ConfigView(lambda: config),
        "request": RequestView(request._get_current_object),  # type: ignore[attr-defined]
        "session": MappingView(session._get_current_object),  # type: ignore[attr-defined]
        "g": GlobalsView(g._get_current_object),
    }
