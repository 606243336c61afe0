"""What a single file needs in place of modules.

`dev.onefile` puts this in front of the package's own modules. There, a module of the standard
library that not every program needs is a `LaterModule`, and ``microweb.http``, ``microweb.views``
and the like, as tutorials import them, are `Section` objects: views on the one file's names.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class LaterModule:
    """A module of the standard library that is imported when it is first used.

    *name* is the module's, *names* the globals in which it then takes this object's place.

    >>> names = {}
    >>> names["colorsys"] = LaterModule("colorsys", names)
    >>> names["colorsys"].rgb_to_hsv(0, 0, 1)[2]
    1
    >>> type(names["colorsys"]).__name__
    'module'
    """

    def __init__(self, name: str, names: dict[str, Any]) -> None:
        self._later_name, self._later_names = name, names

    def __getattr__(self, attribute: str) -> Any:
        module = self._later_names[self._later_name] = __import__(self._later_name)
        return getattr(module, attribute)


class Section(type(sys)):  # type: ignore[misc]
    """What stands for a package whose modules are all in the single file: `names` of the file.

    *source* are the globals of the file, which a change here reaches too; *missing* answers for
    other names, as a module's own ``__getattr__`` does.
    """

    def __init__(
        self, name: str, source: dict[str, Any], names: str, missing: Callable[[str], Any] | None
    ) -> None:
        super().__init__(name)
        words = [word.partition("=") for word in names.split()]
        self.__dict__.update({name: source[there or name] for name, _, there in words})
        self.__dict__.update(__file__=source.get("__file__"), _section=(source, missing))

    def __getattr__(self, name: str) -> Any:
        _, missing = self.__dict__["_section"]
        inner = sys.modules.get(f"{self.__name__}.{name}")
        if inner is not None:
            return inner
        if missing is not None:
            return missing(name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = self.__dict__["_section"][0][name] = value


def fail_for_left_out(name: str) -> None:
    """Raise ImportError for a module that this single file does not hold.

    >>> fail_for_left_out("views")
    Traceback (most recent call last):
        ...
    ImportError: views.py is not in this single file: write a larger one, with microweb onefile
    """
    path = name.replace(".", "/")
    raise ImportError(
        f"{path}.py is not in this single file: write a larger one, with microweb onefile"
    )


def open_sections(
    source: dict[str, Any], modules: str, packages: Mapping[str, tuple[str, str]]
) -> Callable[[str], Any]:
    """Make what the package's modules are called importable; return the file's ``__getattr__``.

    *source* are the globals of the file. Each of *modules*, such as ``"http.fields"``, is the file
    itself; each of *packages* is a `Section` with the names that are given, and the function that
    answers for others, or ``""``.
    """
    own = source["__name__"]
    for name in modules.split() if own in sys.modules else ():
        sys.modules[f"{own}.{name}"] = sys.modules[own]
    for name, (names, missing) in packages.items():
        section = Section(f"{own}.{name}", source, names, source.get(missing))
        sys.modules[f"{own}.{name}"] = section

    def find_section(name: str) -> Any:
        found = sys.modules.get(f"{own}.{name}")
        if found is None or name.startswith("__"):
            raise AttributeError(f"module {own!r} has no attribute {name!r}")
        return found

    return find_section
