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


def __getattr__(name: str) -> NoReturn:
    if name in _CLICK_NAMES:
        raise ImportError(f"microweb.cli has no {name}: {_CLICK_NAMES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
