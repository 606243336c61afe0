"""What is imported when it is first used: names of a package (PEP 562), members of a class."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def import_later(package: str, names: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of *package*, which imports a name from its module at first use.

    *package* may be a module as well. *names* has a line for each module that names come from: its
    name within the package (of the module's package, for a module), a colon, and the names there.
    ``old=new`` offers as *old* what the module calls *new*.

    >>> import email
    >>> find = import_later("email", "utils: quote")
    >>> find("quote")('"')
    '\\\\"'
    """
    places: dict[str, tuple[str, str]] = {}
    is_package = hasattr(sys.modules.get(package), "__path__")
    folder = package if is_package else package.rpartition(".")[0]
    for line in names.strip().splitlines():
        module, _, offered = line.partition(":")
        for word in offered.split():
            name, _, there = word.partition("=")
            places[name] = f"{folder}.{module.strip()}", there or name

    def find_later(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module_name, there = places[name]
        __import__(module_name)
        value = getattr(sys.modules[module_name], there)
        setattr(sys.modules[package], name, value)
        return value

    return find_later


class LaterMember:
    """A method or property of a class whose code stands in another module, for rare use.

    *load* imports and returns a class that defines the member under the same name; it is called
    when the member is first used, and the member then takes this descriptor's place.

    >>> class Loud(str):
    ...     shout = LaterMember(lambda: type("Rare", (), {"shout": lambda self: self.upper()}))
    >>> Loud("ho").shout()
    'HO'
    """

    def __init__(self, load: Callable[[], type]) -> None:
        self._load = load

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def _fetch(self) -> Any:
        member = vars(self._load())[self._name]
        setattr(self._owner, self._name, member)
        if hasattr(member, "__set_name__"):
            member.__set_name__(self._owner, self._name)
        return member

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        member = self._fetch()
        return member.__get__(instance, owner) if hasattr(member, "__get__") else member

    def __set__(self, instance: Any, value: Any) -> None:
        member = self._fetch()
        if hasattr(member, "__set__"):
            member.__set__(instance, value)
        else:
            vars(instance)[self._name] = value

    def __delete__(self, instance: Any) -> None:
        member = self._fetch()
        if hasattr(member, "__delete__"):
            member.__delete__(instance)
        else:
            del vars(instance)[self._name]


def add_later_members(cls: type, load: Callable[[], type], names: str) -> None:
    """Give *cls* a `LaterMember` for each of *names*, which the class that *load* returns has."""
    for name in names.split():
        member = LaterMember(load)
        member.__set_name__(cls, name)
        setattr(cls, name, member)


def is_import_statement(frame: Any) -> bool:
    """Return whether *frame* is at a ``from … import``: in the statement, or in what Python calls
    for it where the module is a package. An AttributeError loses its text there."""
    if frame.f_code.co_name == "_handle_fromlist":
        return True
    from opcode import opmap

    return bool(frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"])
