"""Importing by a text, and single names that older programs ask for."""

from __future__ import annotations

from ..config import find_debug_variable, is_true_word
from ..signals import Namespace
from ..text.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

http_method_funcs = frozenset("get post head options delete put trace patch".split())
BLINKER_NAMESPACE = Namespace()


def blinker_signal(name: str, doc: str | None = None) -> Any:
    """Return the signal *name* of the namespace that all of a process share.

    >>> blinker_signal("saved") is blinker_signal("saved")
    True
    """
    return BLINKER_NAMESPACE.signal(name, doc)


def get_debug_flag() -> bool:
    """Return whether the environment asks for debug mode.

    >>> get_debug_flag() in (True, False)
    True
    """
    return is_true_word(find_debug_variable())


class ImportStringError(ImportError):
    """A text names nothing that can be imported: ``import_name`` is the text, ``exception`` why."""

    def __init__(self, import_name: str, exception: BaseException) -> None:
        super().__init__(import_name, exception)
        self.import_name, self.exception = import_name, exception

    def __str__(self) -> str:
        return f"{self.import_name!r} cannot be imported: {self.exception}"


def import_string(import_name: str, silent: bool = False) -> Any:
    """Return the module or object that a text such as "package.module:name" names.

    A dot may stand for the colon. ImportStringError where there is none; None if *silent*.

    >>> import_string("os.path:join").__name__, import_string("no.such:name", silent=True)
    ('join', None)
    """
    from importlib import import_module

    text = str(import_name).replace(":", ".")
    module_name, _, name = text.rpartition(".")
    try:
        if not module_name:
            return import_module(text)
        module = import_module(module_name)
        if hasattr(module, name):
            return getattr(module, name)
        try:
            return import_module(text)
        except ModuleNotFoundError as error:
            if error.name != text:
                raise
        hint = did_you_mean(name, dir(module), "; did you")
        raise ImportError(f"{module_name!r} has no {name!r}{hint}")
    except ImportError as error:
        if silent:
            return None
        raise ImportStringError(import_name, error) from error


def find_modules(
    import_path: str, include_packages: bool = False, recursive: bool = False
) -> Iterator[str]:
    """Yield the full names of the modules in a package, with *recursive* those in its packages.

    ValueError where *import_path* is no package.

    >>> "json.decoder" in find_modules("json")
    True
    """
    from importlib import import_module
    from pkgutil import iter_modules

    path = getattr(import_module(import_path), "__path__", None)
    if path is None:
        raise ValueError(f"{import_path!r} is a module and no package, so it has no modules in it")
    for _, name, is_package in iter_modules(path, f"{import_path}."):
        if include_packages or not is_package:
            yield name
        if is_package and recursive:
            yield from find_modules(name, include_packages, True)
