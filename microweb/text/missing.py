"""Modules of the standard library that small systems leave out, and what brings each."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# OpenWrt's packages beyond python3-light, each named like its module; and those named otherwise.
_OPENWRT_MODULES = frozenset(
    "asyncio ctypes dbm decimal email logging lzma multiprocessing pydoc readline sqlite3 unittest "
    "urllib uuid venv xml".split()
)
_OPENWRT_PACKAGES = {"doctest": "pydoc", "hashlib": "openssl", "ssl": "openssl"}
_OPENWRT_PACKAGES.update(unicodedata="codecs", xmlrpc="xml")


def system_packages(module: str) -> str:
    """Return which system packages bring a module of the standard library.

    >>> system_packages("asyncio")
    'libpython3-stdlib (Debian) or python3-asyncio (OpenWrt)'
    """
    name = module.partition(".")[0].lstrip("_")
    package = _OPENWRT_PACKAGES.get(name, name if name in _OPENWRT_MODULES else "light")
    return f"libpython3-stdlib (Debian) or python3-{package} (OpenWrt)"


def import_stdlib(module: str, feature: str, instead: str = "") -> Any:
    """Return a module of the standard library; ImportError, in one sentence, where it is missing.

    *feature* is what needs it, *instead* what else one can do.

    >>> import_stdlib("math", "drawing circles", "draw squares").pi > 3
    True
    """
    try:
        __import__(module)
    except ImportError as error:
        # What is missing may be another, which this one imports.
        packages = system_packages(error.name or module)
        text = f"{feature} needs Python's {module} module ({error}); install the system package "
        raise ImportError(f"{text}{packages}{instead and f', or {instead}'}") from None
    return sys.modules[module]
