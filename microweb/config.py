"""The configuration: a dict of upper-case names that can be filled from many places.

It knows no app. It calls a function after each change; the app passes one in, to forget what it
computed from the old values.
"""

from __future__ import annotations

import os

from .text.archive import open_stored_file
from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import IO, Any, Callable

DEFAULT_CONFIG: dict[str, Any] = {
    "DEBUG": None,
    "TESTING": False,
    "PROPAGATE_EXCEPTIONS": None,
    "SECRET_KEY": None,
    "SECRET_KEY_FALLBACKS": None,
    "PERMANENT_SESSION_LIFETIME": 31 * 24 * 60 * 60,
    "USE_X_SENDFILE": False,
    "TRUSTED_HOSTS": None,
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


# What a silent load passes over: a name that leads to no file. One that leads to a file which
# cannot be read is an error always.
_NO_CONFIG_FILE_ERRORS = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


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

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._changed()

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._changed()

    def __ior__(self, other: Any) -> Config:  # type: ignore[misc]
        self.update(other)
        return self

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Take over the items of a mapping or of pairs, and keyword arguments, as a dict does."""
        super().update(*args, **kwargs)
        self._changed()

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, setting it to *default* first where it is missing."""
        value = super().setdefault(key, default)
        self._changed()
        return value

    def pop(self, key: str, *default: Any) -> Any:
        """Remove *key* and return its value, or *default* where one is given."""
        value = super().pop(key, *default)
        self._changed()
        return value

    def popitem(self) -> tuple[Any, Any]:
        """Remove the item set last and return it."""
        item = super().popitem()
        self._changed()
        return item

    def clear(self) -> None:
        """Remove every item."""
        super().clear()
        self._changed()

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
        source = _import_object(obj) if isinstance(obj, str) else obj
        self.update({key: getattr(source, key) for key in dir(source) if key.isupper()})

    def from_pyfile(self, filename: str | os.PathLike[str], silent: bool = False) -> bool:
        """Run a Python file and take over its upper-case names.

        *filename* is relative to the root path. With *silent* a missing file returns False;
        otherwise it raises OSError. The file is code: run none that you did not write.
        """
        path = os.path.join(self.root_path, filename)
        try:
            with open_stored_file(path) as file:
                source = file.read()
        except OSError as error:
            if silent and isinstance(error, _NO_CONFIG_FILE_ERRORS):
                return False
            error.strerror = f"cannot load the configuration file ({error.strerror})"
            raise
        names: dict[str, Any] = {"__file__": path, "__name__": "config"}
        exec(compile(source, path, "exec"), names)
        return self.from_mapping(names)

    def from_envvar(self, variable_name: str, silent: bool = False) -> bool:
        """Load the Python file that an environment variable names, as `from_pyfile` does.

        RuntimeError if the variable is not set, unless *silent*: then False.
        """
        filename = os.environ.get(variable_name)
        if filename:
            return self.from_pyfile(filename, silent=silent)
        if silent:
            return False
        raise RuntimeError(
            f"the environment variable {variable_name!r} is not set, so no configuration "
            f"could be loaded; set it to the path of a configuration file"
        )

    def from_file(
        self,
        filename: str | os.PathLike[str],
        load: Callable[[IO[Any]], Mapping[str, Any]],
        silent: bool = False,
        text: bool = True,
    ) -> bool:
        """Open a file, hand it to *load* (``json.load``; ``tomllib.load`` with ``text=False``) and
        take over the upper-case names of the mapping that comes back.

        *filename* is relative to the root path; *silent* and errors are as for `from_pyfile`.
        """
        path = os.path.join(self.root_path, filename)
        try:
            with open_stored_file(path, "r" if text else "rb", "utf-8") as file:
                mapping = load(file)
        except OSError as error:
            if silent and isinstance(error, _NO_CONFIG_FILE_ERRORS):
                return False
            error.strerror = f"cannot load the configuration file ({error.strerror})"
            raise
        return self.from_mapping(mapping)

    def from_prefixed_env(
        self, prefix: str = "FLASK", *, loads: Callable[[str], Any] | None = None
    ) -> bool:
        """Take over the environment variables that begin with *prefix* and an underscore.

        Each value is parsed by *loads* (JSON by default) and kept as text where that fails. Two
        underscores in a name go into a nested dict: ``FLASK_DB__HOST`` sets ``DB["HOST"]``.
        """
        read: Callable[[str], Any]
        if loads is None:
            read = import_stdlib("json", "from_prefixed_env without loads=").loads
        else:
            read = loads
        prefix += "_"
        for name in sorted(os.environ):
            if not name.startswith(prefix):
                continue
            text = os.environ[name]
            try:
                value = read(text)
            except (ValueError, RecursionError):
                value = text
            *outer, key = name[len(prefix) :].split("__")
            target: dict[str, Any] = self
            for part in outer:
                nested = target.get(part)
                if not isinstance(nested, dict):
                    nested = target[part] = {}
                target = nested
            target[key] = value
        self._changed()
        return True

    def get_namespace(
        self, namespace: str, lowercase: bool = True, trim_namespace: bool = True
    ) -> dict[str, Any]:
        """Return the items whose name begins with *namespace*, without it and in lower case.

        >>> Config("", {"DB_HOST": "h", "DEBUG": True}).get_namespace("DB_")
        {'host': 'h'}
        """
        found = {}
        for key, value in self.items():
            if key.startswith(namespace):
                name = key[len(namespace) :] if trim_namespace else key
                found[name.lower() if lowercase else name] = value
        return found

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {dict.__repr__(self)}>"


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


def _import_object(dotted_name: str) -> Any:
    """Return the module, or the attribute of a module, that a dotted name leads to."""
    from importlib import import_module

    try:
        return import_module(dotted_name)
    except ModuleNotFoundError as error:
        module_name, _, attribute = dotted_name.rpartition(".")
        if not module_name or not dotted_name.startswith(f"{error.name}"):
            raise
    module = import_module(module_name)
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise ImportError(
            f"cannot load the configuration {dotted_name!r}: the module {module_name!r} has no "
            f"{attribute!r}"
        ) from None
