"""Places that a configuration is filled from: files, environment variables, import strings.

`Config` takes these methods from here when one is first used.
"""

from __future__ import annotations

import os

from .config import Config
from .text.archive import open_stored_file
from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO, Any, Callable


# What a silent load passes over: a name that leads to no file. One that leads to a file which
# cannot be read is an error always.
_NO_CONFIG_FILE_ERRORS = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class ConfigSources(Config):
    """The methods of `Config` that few programs use."""

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
            return fail_to_load(error, silent)
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
            return fail_to_load(error, silent)
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


def fail_to_load(error: OSError, silent: bool) -> bool:
    """Raise the error of a configuration file; return False for a missing one, if *silent*.

    >>> fail_to_load(FileNotFoundError(2, "No such file", "app.cfg"), silent=True)
    False
    """
    if silent and isinstance(error, _NO_CONFIG_FILE_ERRORS):
        return False
    error.strerror = f"cannot load the configuration file ({error.strerror})"
    raise error


def import_object(dotted_name: str) -> Any:
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
