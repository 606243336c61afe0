"""Flask's names for programs that were written for Flask, where Flask is not installed.

``import microweb.compat; microweb.compat.install()`` makes ``flask``, ``werkzeug``, ``jinja2``,
``markupsafe``, ``itsdangerous`` and ``blinker`` importable; what they offer is microweb's. The same
does ``python3 -m microweb run --flask app.py``. `tables` says which name leads where, `finder`
answers import statements, the other modules have what only Flask's old programs need. Nothing
outside of this folder imports it before it is asked for.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FLASK_PACKAGES = ("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "blinker")


def install(prefer: str | None = None) -> None:
    """Make Flask's packages importable: their names lead to this copy of microweb.

    Where one of them is installed, RuntimeError, unless *prefer* says which is to win:
    "microweb", or "installed", which changes nothing where Flask is there. RuntimeError too where
    a package has been imported already, and where `install` was called before.

    >>> install(prefer="both")
    Traceback (most recent call last):
        ...
    ValueError: prefer is 'microweb' or 'installed', not 'both'
    """
    if prefer not in (None, "microweb", "installed"):
        raise ValueError(f"prefer is 'microweb' or 'installed', not {prefer!r}")
    owner = find_compat_owner()
    if owner is not None:
        raise RuntimeError(
            f"Flask's names lead to {owner!r} already in this process; call install() once, before "
            f"the program is imported"
        )
    found = [name for name in FLASK_PACKAGES if _is_importable(name)]
    if prefer == "installed" and "flask" in found:
        return
    if found and prefer is None:
        raise RuntimeError(
            f"{', '.join(found)} can be imported here without microweb; say which one wins: "
            f"install(prefer='microweb') or install(prefer='installed')"
        )
    loaded = [name for name in FLASK_PACKAGES if name in sys.modules]
    if loaded:
        raise RuntimeError(
            f"{', '.join(loaded)} was imported already, and a program cannot use two at once; call "
            f"install() before anything else is imported"
        )
    from .behaviour import adopt_behaviour
    from .finder import CompatFinder

    adopt_behaviour()
    sys.meta_path.insert(0, CompatFinder(__name__.rpartition(".")[0]))


def find_compat_owner() -> str | None:
    """Return the name of the package that Flask's names lead to, None where there is none.

    >>> find_compat_owner() in (None, "microweb")
    True
    """
    owners = (getattr(finder, "owner_of_flask_names", None) for finder in sys.meta_path)
    return next(filter(None, owners), None)


def _is_importable(name: str) -> bool:
    if name in sys.modules:
        return True
    finders: Any = sys.meta_path
    specs = (finder.find_spec(name, None) for finder in finders if hasattr(finder, "find_spec"))
    # A folder that only bears the name has a spec without a loader.
    return any(spec is not None and spec.loader is not None for spec in specs)
