"""What a server cannot do without, and what to do where it is missing.

Law of this module: it imports nothing at its top, so that it can always say what is missing.
"""

from __future__ import annotations

_WITHOUT_SERVER = "or answer requests with app.handle() or Python's wsgiref.handlers"


def check_server_modules(platform: str = "") -> None:
    """Raise ImportError where Python came without sockets or threads, RuntimeError on a *platform*
    (as `sys.platform` says) whose processes have none.

    >>> from microweb.serving.absent import check_server_modules
    >>> check_server_modules("emscripten")
    Traceback (most recent call last):
        ...
    RuntimeError: a server needs sockets and threads, and 'emscripten' has none: answer requests \
with app.handle() or Python's wsgiref.handlers
    """
    if platform in ("emscripten", "wasi"):
        raise RuntimeError(
            f"a server needs sockets and threads, and {platform!r} has none: {_WITHOUT_SERVER[3:]}"
        )
    try:
        for name in ("threading", "socket", "selectors"):
            __import__(name)
    except ImportError as error:
        raise ImportError(
            f"the server needs Python's {name} module ({error}); install the system package "
            f"libpython3-stdlib (Debian) or python3-light (OpenWrt), {_WITHOUT_SERVER}"
        ) from None


# In a single file, whose name this is not, sockets are imported by whoever makes a server.
if __name__.endswith("serving.absent"):
    check_server_modules()
