"""Further places that a configuration is filled from: environment variables, files of any format.

`Config` takes these methods from here when one is first used.
"""

from __future__ import annotations

import os

from .config import Config, fail_to_load
from .text.archive import open_stored_file
from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO, Any, Callable


class ConfigSources(Config):
    """The methods of `Config` that few programs use."""

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
