"""Names that a package offers and imports when they are first used (PEP 562)."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def import_later(package: str, names: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of *package*, which imports a name from its module at first use.

    *names* has a line for each module: its name within the package, a colon, and the names there.
    ``old=new`` offers as *old* what the module calls *new*.

    >>> find = import_later("email", "utils: quote")
    >>> find("quote")('"')
    '\\\\"'
    """
    places: dict[str, tuple[str, str]] = {}
    for line in names.strip().splitlines():
        module, _, offered = line.partition(":")
        for word in offered.split():
            name, _, there = word.partition("=")
            places[name] = f"{package}.{module.strip()}", there or name

    def find_later(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module_name, there = places[name]
        __import__(module_name)
        value = getattr(sys.modules[module_name], there)
        setattr(sys.modules[package], name, value)
        return value

    return find_later
