"""Commands of an app: what ``app.cli`` and a blueprint's ``cli`` keep.

A command's arguments are its function's parameters, so nothing is declared twice. Here commands are
registered; ``dev/commandline.py`` reads arguments and runs them.
"""

from __future__ import annotations

from .dotenv import load_dotenv as load_dotenv

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable, NoReturn, Union

    AnyCommand = Union["Command", "AppGroup"]


class Command:
    """A function that can be run from a command line, as ``microweb NAME``.

    A parameter without a default is a positional argument, one with a default (or after ``*``) an
    option, ``*names`` take all further arguments. Annotations say how text is read: ``str``,
    ``int``, ``float``, ``bool`` (``--on`` and ``--no-on``), ``list[int]``, ``Literal["a", "b"]``,
    ``Path``, or any class that is made of one text. *help* is by default the function's docstring.
    Calling the command calls the function.

    >>> @command("greet")
    ... def greet(name, times: int = 1):
    ...     '''Say hello.'''
    ...     return ", ".join([f"Hello {name}"] * times)
    >>> greet.name, greet.help, greet("Ada", times=2)
    ('greet', 'Say hello.', 'Hello Ada, Hello Ada')
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str | None = None,
        help: str | None = None,
        with_appcontext: bool = True,
    ) -> None:
        self.function = function
        self.name = name or function.__name__.lower().replace("_", "-")
        self.help = help if help is not None else (function.__doc__ or "")
        self.with_appcontext = with_appcontext

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Command {self.name!r}>"


class AppGroup:
    """Commands under one name: ``app.cli``, or a group in it (``microweb user create``).

    >>> cli = AppGroup("example")
    >>> @cli.command()
    ... def init_db(): ...
    >>> cli.commands
    {'init-db': <Command 'init-db'>}
    """

    def __init__(self, name: str | None = None, help: str = "") -> None:
        self.name = name
        self.help = help
        self.commands: dict[str, AnyCommand] = {}

    def command(
        self, name: Any = None, *, help: str | None = None, with_appcontext: bool = True
    ) -> Any:
        """Return a decorator that makes the function a command of this group.

        *name* is by default the function's, with dashes. *with_appcontext* runs it inside the
        app's context, so that ``current_app`` and ``g`` work.
        """

        def decorator(function: Callable[..., Any]) -> Command:
            chosen = None if callable(name) else name
            made = Command(function, chosen, help, with_appcontext)
            self.add_command(made)
            return made

        return decorator(name) if callable(name) else decorator

    def group(self, name: str, *, help: str = "") -> AppGroup:
        """Return a group inside this one; what is registered on it is run as ``GROUP COMMAND``."""
        made = AppGroup(name, help)
        self.add_command(made)
        return made

    def add_command(self, cmd: AnyCommand, name: str | None = None) -> None:
        """Register a command or a group made elsewhere, under *name* or its own."""
        if not isinstance(cmd, (Command, AppGroup)):
            raise TypeError(
                f"add_command() takes what microweb.cli.command or AppGroup made, not {cmd!r:.60}"
            )
        known = name or cmd.name
        if not known:
            raise TypeError("a group needs a name to be added: AppGroup('name')")
        self.commands[known] = cmd

    def list_commands(self) -> Iterable[str]:
        """Return the names of the commands and groups, sorted."""
        return sorted(self.commands)

    def __repr__(self) -> str:
        return f"<AppGroup {self.name!r}: {', '.join(self.list_commands()) or 'no commands'}>"


def command(name: Any = None, *, help: str | None = None, with_appcontext: bool = True) -> Any:
    """Return a decorator that makes a function a `Command`, to be added to a group later.

    >>> @command
    ... def clear_cache(): ...
    >>> clear_cache
    <Command 'clear-cache'>
    """
    return AppGroup().command(name, help=help, with_appcontext=with_appcontext)


def with_appcontext(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that enters the context of the app whose command runs; commands do so by
    themselves, so this is for functions that are called in other ways.

    >>> from microweb import Microweb, current_app
    >>> @with_appcontext
    ... def name_of_app():
    ...     return current_app.name
    >>> with Microweb("example").app_context():
    ...     name_of_app()
    'example'
    """
    from functools import wraps

    from .globals import current_context

    @wraps(f)
    def in_context(*args: Any, **kwargs: Any) -> Any:
        with current_context("with_appcontext").app.app_context():
            return f(*args, **kwargs)

    return in_context


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
