"""Flask's import path for commands: ``from microweb.cli import AppGroup, with_appcontext``."""

from __future__ import annotations

from .commands import AppGroup as AppGroup
from .commands import Command as Command
from .commands import command as command
from .commands import with_appcontext as with_appcontext
from .dotenv import load_dotenv as load_dotenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_CLICK_NAMES = {
    "FlaskGroup": "register commands with @app.cli.command() and run them with: microweb NAME",
    "ScriptInfo": "a command finds its app as current_app",
    "pass_script_info": "a command finds its app as current_app",
}


def missing_cli_name(name: str) -> NoReturn:
    """Answer for the names of Flask's that belong to Click, which is not here."""
    if name in _CLICK_NAMES:
        raise ImportError(f"microweb.cli has no {name}: {_CLICK_NAMES[name]}")
    raise AttributeError(f"module 'cli' has no attribute {name!r}")


__getattr__ = missing_cli_name
