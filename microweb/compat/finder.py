"""The import finder behind `install`: modules whose names are looked up when they are used.

A module is made of its table. A name that it has leads into microweb, and is kept once it was
asked for; for one that it has not the error says where it stands or what to use instead.
"""

from __future__ import annotations

import sys

from ..text.lazy import is_import_statement
from ..text.nearest import did_you_mean
from .tables import FLASK_VERSIONS, INSTEAD_OF_NAMES, read_compat_tables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any


class CompatFinder:
    """Finds the modules of Flask's packages, for ``sys.meta_path``.

    *owner* is the name of the package that their names lead to: microweb, or its vendored copy's.
    """

    def __init__(self, owner: str) -> None:
        self.owner_of_flask_names = owner
        self.tables = read_compat_tables()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return the spec of a module of Flask's, None for every other module.

        ModuleNotFoundError where Flask's packages have such a module and microweb has not.
        """
        root = name.partition(".")[0]
        if root not in FLASK_VERSIONS:
            return None
        if name not in self.tables:
            raise ModuleNotFoundError(self.describe_missing(name), name=name)
        from importlib.machinery import ModuleSpec

        is_package = any(other.startswith(f"{name}.") for other in self.tables)
        return ModuleSpec(name, self, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Give a module the members that look its names up."""
        name = module.__name__
        parts = name.count(".")
        module.__doc__ = f"{name}, as microweb has it."
        module.__dict__["__all__"] = sorted(self.tables[name])
        module.__dict__["__dir__"] = lambda: sorted([*vars(module), *self.tables[name]])
        module.__dict__["__getattr__"] = lambda wanted: self.find_name(module, wanted)
        if not parts:
            module.__dict__["__version__"] = FLASK_VERSIONS[name]

    def find_name(self, module: ModuleType, wanted: str) -> Any:
        """Return what *wanted* means in a module, and keep it there.

        Where there is no such name an AttributeError; in ``from flask import name`` an ImportError,
        whose text alone is shown there.
        """
        name = module.__name__
        place = self.tables[name].get(wanted)
        if place is None:
            if f"{name}.{wanted}" in self.tables:
                __import__(f"{name}.{wanted}")
                return sys.modules[f"{name}.{wanted}"]
            if wanted.startswith("__"):
                raise AttributeError(f"module {name!r} has no attribute {wanted!r}")
            text = self.describe_missing(name, wanted)
            if is_import_statement(sys._getframe(2)):
                raise ImportError(text, name=name)
            raise AttributeError(text)
        there, _, attribute = place.rpartition(".")
        there = f"{self.owner_of_flask_names}.{there}".rstrip(".")
        __import__(there)
        value = getattr(sys.modules[there], attribute)
        setattr(module, wanted, value)
        return value

    def describe_missing(self, module: str, wanted: str = "") -> str:
        """Say that there is no *module*, or no name *wanted* in it, and what to use instead.

        Return nothing where it is there.
        """
        if module not in self.tables:
            return f"there is no module {module!r} under microweb.compat{self._advise(module)}"
        if wanted in ("", "*", "__version__", *self.tables[module]):
            return ""
        if f"{module}.{wanted}" in self.tables:
            return ""
        return f"{module} has no {wanted!r} under microweb.compat{self._advise(module, wanted)}"

    def _advise(self, name: str, wanted: str = "") -> str:
        """Return what to use instead of a module or of a name in one."""
        whole = f"{name}.{wanted}" if wanted else name
        for key in (whole, wanted, name):
            if key in INSTEAD_OF_NAMES:
                return f": {INSTEAD_OF_NAMES[key]}"
        places = [other for other in self.tables if wanted in self.tables[other]]
        if places:
            return f": it is in {' and in '.join(places[:2])}"
        known = self.tables[name] if wanted else self.tables
        hint = did_you_mean(wanted or name, known, "; did you")
        return (
            hint
            or ": write that part of the program with what microweb/docs/what-is-there.md lists"
        )

    def find_distributions(self, context: Any = None) -> Iterator[Any]:
        """Yield what `importlib.metadata` wants to know of Flask's packages, which it calls."""
        from .distributions import make_distribution

        wanted = getattr(context, "name", None)
        for name, version in FLASK_VERSIONS.items():
            if wanted is None or wanted.lower().replace("_", "-") == name:
                yield make_distribution(name, version)
