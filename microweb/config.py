"""The configuration: a dict of upper-case names that can be filled from many places.

It knows no app. It calls a function after each change; the app passes one in, to forget what it
computed from the old values.
"""

from __future__ import annotations

import os

from .text.lazy import LaterMember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Any, Callable

DEFAULT_CONFIG: dict[str, Any] = {
    "DEBUG": None,
    "TESTING": False,
    "PROPAGATE_EXCEPTIONS": None,
    "SECRET_KEY": None,
    "SECRET_KEY_FALLBACKS": None,
    "PERMANENT_SESSION_LIFETIME": 31 * 24 * 60 * 60,
    "USE_X_SENDFILE": False,
    "TRUSTED_HOSTS": None,
    "REFUSE_CROSS_ORIGIN": False,
    "SERVER_NAME": None,
    "APPLICATION_ROOT": "/",
    "SESSION_COOKIE_NAME": "session",
    "SESSION_COOKIE_DOMAIN": None,
    "SESSION_COOKIE_PATH": None,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_PARTITIONED": False,
    "SESSION_COOKIE_SAMESITE": None,
    "SESSION_DIGEST": "sha256",
    "SESSION_REFRESH_EACH_REQUEST": True,
    "MAX_CONTENT_LENGTH": None,
    "MAX_FORM_MEMORY_SIZE": 500_000,
    "MAX_FORM_PARTS": 1_000,
    "MAX_COOKIE_SIZE": 4093,
    "SEND_FILE_MAX_AGE_DEFAULT": None,
    "TRAP_BAD_REQUEST_ERRORS": None,
    "TRAP_HTTP_EXCEPTIONS": False,
    "PREFERRED_URL_SCHEME": "http",
    "TEMPLATES_AUTO_RELOAD": None,
    "EXPLAIN_TEMPLATE_LOADING": False,
    "PROVIDE_AUTOMATIC_OPTIONS": True,
}


_TRUE_WORDS = frozenset(["1", "true", "t", "yes", "y", "on"])


def is_true_word(text: str) -> bool:
    """Return whether the text of an environment variable means yes.

    >>> is_true_word("Yes"), is_true_word("0"), is_true_word("")
    (True, False, False)
    """
    return text.strip().lower() in _TRUE_WORDS


def find_debug_variable() -> str:
    """Return what the environment says of debug mode, "" for nothing: MICROWEB_DEBUG, or Flask's
    variable as second choice.

    >>> isinstance(find_debug_variable(), str)
    True
    """
    return os.environ.get("MICROWEB_DEBUG") or os.environ.get("FLASK_DEBUG") or ""


def make_timedelta(value: timedelta | int | float) -> timedelta:
    """Return a number of seconds as a timedelta, and a timedelta as it is.

    >>> make_timedelta(90)
    datetime.timedelta(seconds=90)
    """
    from datetime import timedelta

    return value if isinstance(value, timedelta) else timedelta(seconds=value)


def _load_more_sources() -> type:
    from .configsources import ConfigSources

    return ConfigSources


class Config(dict):  # type: ignore[type-arg]
    """A dict with ways to fill it. Only upper-case names are taken from objects and files.

    *root_path* is the folder that relative file names start from, *defaults* the values to begin
    with, *on_change* a callable without arguments that is called after each change.

    >>> config = Config("/srv/app", {"DEBUG": False})
    >>> config.from_mapping(DEBUG=True, lower="is ignored")
    True
    >>> config
    <Config {'DEBUG': True}>
    """

    def __init__(
        self,
        root_path: str | os.PathLike[str],
        defaults: Mapping[str, Any] | None = None,
        on_change: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(defaults or {})
        self.root_path = root_path
        self._on_change = on_change

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()

    def __ior__(self, other: Any) -> Config:  # type: ignore[misc]
        self.update(other)
        return self

    def from_mapping(self, mapping: Mapping[str, Any] | None = None, **kwargs: Any) -> bool:
        """Take over the upper-case names of a mapping and of the keyword arguments; return True.

        >>> Config("").from_mapping({"SECRET_KEY": "x"}, TESTING=True)
        True
        """
        merged = dict(mapping or {}, **kwargs)
        self.update({key: value for key, value in merged.items() if key.isupper()})
        return True

    def from_object(self, obj: object) -> None:
        """Take over the upper-case attributes of an object, a class, a module, or of what an
        import string such as ``"config.Production"`` names. ImportError if it names nothing.

        >>> class Production:
        ...     DEBUG = False
        >>> config = Config(""); config.from_object(Production); config["DEBUG"]
        False
        """
        if isinstance(obj, str):
            from .configsources import import_object

            obj = import_object(obj)
        self.update({key: getattr(obj, key) for key in dir(obj) if key.isupper()})

    from_pyfile: Any = LaterMember(_load_more_sources)

    from_envvar: Any = LaterMember(_load_more_sources)

    from_file: Any = LaterMember(_load_more_sources)

    from_prefixed_env: Any = LaterMember(_load_more_sources)

    get_namespace: Any = LaterMember(_load_more_sources)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {dict.__repr__(self)}>"


def _noticing_config_method(name: str) -> Any:
    """Return dict's method *name*, followed by the word that something changed."""
    method = getattr(dict, name)

    def noticing(self: Config, *args: Any, **kwargs: Any) -> Any:
        result = method(self, *args, **kwargs)
        self._changed()
        return result

    noticing.__name__ = name
    noticing.__doc__ = method.__doc__
    return noticing


for _config_method in "__setitem__ __delitem__ update setdefault pop popitem clear".split():
    setattr(Config, _config_method, _noticing_config_method(_config_method))


class ConfigAttribute:
    """An attribute of an app that is kept in its configuration.

    *name* is the configuration key; *convert*, if given, is applied to what is read.

    >>> class App:
    ...     config = {"TESTING": False}
    ...     testing = ConfigAttribute("TESTING")
    >>> app = App(); app.testing = True; app.config["TESTING"]
    True
    """

    def __init__(self, name: str, convert: Callable[[Any], Any] | None = None) -> None:
        self.name = name
        self.convert = convert

    def __get__(self, owner: Any, owner_class: type | None = None) -> Any:
        if owner is None:
            return self
        value = owner.config[self.name]
        return value if self.convert is None else self.convert(value)

    def __set__(self, owner: Any, value: Any) -> None:
        owner.config[self.name] = value
