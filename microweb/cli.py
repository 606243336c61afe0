"""Flask's import path for commands: ``from microweb.cli import AppGroup, with_appcontext``."""

from __future__ import annotations

from .commands import AppGroup as AppGroup
from .commands import Command as Command
from .commands import command as command
from .commands import with_appcontext as with_appcontext
from .dotenv import load_dotenv as load_dotenv
