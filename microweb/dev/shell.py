"""``microweb shell``: Python's prompt inside the context of an app."""

from __future__ import annotations

import os
import sys

from ..text.missing import import_stdlib
from .loading import CommandFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..app import Microweb


def run_shell(app: Microweb) -> None:
    """Read and run Python from standard input, with the app's context pushed, until its end.

    The prompt knows what `Microweb.make_shell_context` returns and what the file PYTHONSTARTUP
    defines. At a terminal there are history and completion, where Python has ``readline``.
    """
    try:
        interact = import_stdlib("code", "the shell").interact
    except ImportError as error:
        raise CommandFailed(str(error)) from None
    from .. import __version__

    names: dict[str, Any] = {}
    startup = os.environ.get("PYTHONSTARTUP")
    if startup and os.path.isfile(startup):
        _run_startup_file(startup, names)
    with app.app_context():
        names.update(app.make_shell_context())
        # Without a terminal, readline would write its control codes into what is read by others.
        if sys.stdin.isatty():
            _set_up_completion(names)
        banner = (
            f"Python {sys.version.split()[0]} on {sys.platform}, microweb {__version__}\n"
            f"App: {app.import_name}\nInstance: {app.instance_path}\n"
            f"Names: {', '.join(sorted(name for name in names if not name.startswith('__')))}"
        )
        interact(banner, local=names, exitmsg="")


def _run_startup_file(path: str, names: dict[str, Any]) -> None:
    """Run the file that Python runs before its own prompt; as there, an error is only shown."""
    from tokenize import open as open_source

    try:
        with open_source(path) as file:
            exec(compile(file.read(), path, "exec"), names)
    except Exception:
        from traceback import print_exc

        print_exc()


def _set_up_completion(names: dict[str, Any]) -> None:
    try:
        from readline import parse_and_bind, set_completer
        from rlcompleter import Completer
    except ImportError:
        return
    # Python's own set-up: the history file and the user's inputrc. -I and -S leave it out.
    getattr(sys, "__interactivehook__", lambda: parse_and_bind("tab: complete"))()
    set_completer(Completer(names).complete)
