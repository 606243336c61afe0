"""Running the commands of an app: parsers made of functions' signatures.

`argparse` reads the arguments; whatever goes wrong with them is one sentence and exit status 2.
What is not given can stand in the environment: ``MICROWEB_<COMMAND>_<OPTION>``.
"""

from __future__ import annotations

import os

from ..cli import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Action, ArgumentParser
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from ..app import Microweb
    from ..cli import AnyCommand, AppGroup


def make_parser(**settings: Any) -> ArgumentParser:
    """Return an argument parser whose errors are one sentence and a way to learn more.

    Environment variables are the defaults of options: for ``--port`` of ``microweb run``,
    MICROWEB_RUN_PORT and then FLASK_RUN_PORT; an empty one counts as unset. One that cannot be read
    ends the program with a sentence. Beside argparse's actions there is ``switch``, for a pair such
    as ``--debug`` and ``--no-debug``.
    """
    from argparse import ArgumentParser, BooleanOptionalAction

    class OneSentenceParser(ArgumentParser):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.register("action", "switch", BooleanOptionalAction)

        def error(self, message: str) -> NoReturn:
            self.exit(2, f"{self.prog}: {message}; see: {self.prog} --help\n")

        def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
            _take_variables(self)
            return super().parse_known_args(args, namespace)

    return OneSentenceParser(**settings)


def _take_variables(parser: ArgumentParser) -> None:
    words = parser.prog.split()[1:]
    # The doctor looks at what `run` would do.
    words = ["run"] if words == ["doctor"] else words
    for action in parser._actions if words else ():
        if not action.option_strings or action.dest == "help":
            continue
        name = "_".join([*words, action.dest]).upper().replace("-", "_")
        for variable in (f"FLASK_{name}", f"MICROWEB_{name}"):
            if os.environ.get(variable):
                _take_variable(parser, action, variable)


def _take_variable(parser: ArgumentParser, action: Action, variable: str) -> None:
    from argparse import ArgumentTypeError

    text = os.environ[variable]
    flag = next(flag for flag in action.option_strings if flag.startswith("--"))
    try:
        parser.set_defaults(**{action.dest: _read_variable(action, text)})
    except (ValueError, TypeError, ArgumentTypeError):
        parser.error(f"the environment variable {variable} is {text!r}, which {flag} does not take")
    action.required = False


def _read_variable(action: Action, text: str) -> Any:
    """Return the value of an option for the text of an environment variable."""
    if action.nargs == 0:
        return _read_bool(text)
    read: Any = action.type or str
    value = [read(word) for word in text.split()] if action.nargs == "*" else read(text)
    if action.choices is not None and value not in action.choices:
        raise ValueError(text)
    return value


def run_app_command(
    app: Microweb, cmd: AnyCommand, arguments: Sequence[str], prog: str = "microweb"
) -> Any:
    """Run a command of *app*, or one of a group, with command-line arguments; return its result.

    SystemExit with status 2 where the arguments are wrong, 0 after ``--help``.

    >>> from microweb import Microweb
    >>> app = Microweb("example")
    >>> @app.cli.command()
    ... def add(first: int, *others: int):
    ...     return first + sum(others)
    >>> run_app_command(app, app.cli, ["add", "1", "2", "3"])
    6
    """
    parser = make_parser(prog=prog, description=cmd.help or None)
    _fill_parser(parser, cmd)
    options = vars(parser.parse_args(list(arguments)))
    chosen: Command = options.pop("_command")
    positional = options.pop("_positional")
    rest = options.pop(options.pop("_rest"), ())
    args = [*[options.pop(name) for name in positional], *rest]
    function = app.ensure_sync(chosen.function)
    if not chosen.with_appcontext:
        return function(*args, **options)
    with app.app_context():
        return function(*args, **options)


def _fill_parser(parser: ArgumentParser, cmd: AnyCommand) -> None:
    """Give a parser the arguments of a command, or a group's commands as subcommands."""
    if isinstance(cmd, Command):
        _add_arguments(parser, cmd)
        return
    group: AppGroup = cmd
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in group.list_commands():
        inner = group.commands[name]
        summary = inner.help.strip().partition("\n")[0]
        subparser = subparsers.add_parser(name, help=summary, description=inner.help)
        _fill_parser(subparser, inner)


def _add_arguments(parser: ArgumentParser, cmd: Command) -> None:
    """Add an argument or an option for each parameter of a command's function."""
    from inspect import Parameter, signature

    function = cmd.function
    annotations = _annotations_of(function)
    positional: list[str] = []
    rest = ""
    for name, parameter in signature(function).parameters.items():
        settings = _settings_of(annotations.get(name, str), function, name)
        if parameter.kind is Parameter.VAR_KEYWORD:
            raise TypeError(
                f"the command {cmd.name!r} takes **{name}, which no command line can give; name "
                f"its options"
            )
        if parameter.kind is Parameter.VAR_POSITIONAL:
            rest = name
            parser.add_argument(name, **{**settings, "nargs": "*"})
            continue
        is_keyword = parameter.kind is Parameter.KEYWORD_ONLY
        if not is_keyword:
            positional.append(name)
        if parameter.default is Parameter.empty and not is_keyword:
            parser.add_argument(name, **settings)
        else:
            required = parameter.default is Parameter.empty
            settings["default"] = None if required else parameter.default
            flag = f"--{name.replace('_', '-')}"
            parser.add_argument(flag, dest=name, required=required, **settings)
    parser.set_defaults(_command=cmd, _positional=positional, _rest=rest)


def _annotations_of(function: Any) -> dict[str, Any]:
    from typing import get_type_hints

    try:
        return get_type_hints(function)
    except (NameError, TypeError):
        # An annotation that cannot be evaluated: what it names is not there at run time.
        return {}


def _settings_of(annotation: Any, function: Any, name: str) -> dict[str, Any]:
    """Return the settings of `ArgumentParser.add_argument` for an annotation."""
    from typing import Any as AnyType
    from typing import Literal, get_args, get_origin

    inner = [part for part in get_args(annotation) if part is not type(None)]
    origin = get_origin(annotation)
    if origin is Literal:
        return {"choices": inner, "type": type(inner[0])}
    if origin in (list, tuple):
        return {"nargs": "*", "type": inner[0] if inner else str}
    if inner and type(None) in get_args(annotation):
        return _settings_of(inner[0], function, name)
    if annotation is bool:
        if _has_default(function, name):
            return {"action": "switch"}
        return {"type": _read_bool}
    return {"type": str if annotation is AnyType or not callable(annotation) else annotation}


def _has_default(function: Any, name: str) -> bool:
    from inspect import Parameter, signature

    parameter = signature(function).parameters[name]
    return parameter.default is not Parameter.empty or parameter.kind is Parameter.KEYWORD_ONLY


def _read_bool(text: str) -> bool:
    from ..config import is_true_word

    if not is_true_word(text) and text.strip().lower() not in ("0", "false", "f", "no", "n", "off"):
        raise ValueError(text)
    return is_true_word(text)
