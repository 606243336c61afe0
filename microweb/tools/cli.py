"""The command line: ``python -m microweb``, or ``microweb`` where the package is installed.

Whatever goes wrong is one sentence on standard error and exit status 2, never a traceback.
"""

from __future__ import annotations

import os
import sys

from .commandline import OneSentenceParser
from .loading import AppNotLoaded, load_app

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence
    from typing import Any, NoReturn

DEFAULT_CLI_HOST = "127.0.0.1"


class CommandFailed(Exception):
    """A command could not do what it was asked to; the text says why, and what to type."""


def parse_port(text: str) -> int:
    """Return a TCP port, 0 to 65535; ValueError otherwise, worded for the command line.

    >>> parse_port("8080")
    8080
    """
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ArgumentTypeError(f"{text!r} is not a port: a number from 0 to 65535")
    return int(text)


def build_parser() -> ArgumentParser:
    """Return the parser of the whole command line."""
    from .. import __version__

    parser = OneSentenceParser(
        prog="microweb", description="A web framework of the standard library alone."
    )
    parser.add_argument("--version", action="version", version=f"microweb {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    demo = _add_command(commands, "demo", command_demo, "serve the note-book that comes along")
    demo.add_argument(
        "--data", default="instance", metavar="DIR", help="where notes are kept (./instance)"
    )
    _add_serving_options(demo)

    run = _add_command(commands, "run", command_run, "serve an app, as in: run app.py")
    _add_app_options(run)
    _add_serving_options(run)

    routes = _add_command(commands, "routes", command_routes, "list the routes of an app")
    _add_app_options(routes)
    routes.add_argument("--tree", action="store_true", help="draw the router's trie instead")
    return parser


def _add_command(commands: Any, name: str, function: Any, help: str) -> ArgumentParser:
    # -h is the host, as in Flask's command line, so help is --help alone.
    parser: ArgumentParser = commands.add_parser(name, help=help, add_help=False)
    parser.add_argument("--help", action="help", help="show this help and exit")
    parser.set_defaults(function=function)
    return parser


def _add_app_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "app", nargs="?", metavar="APP", help="app.py, module:app or 'module:factory()'"
    )
    parser.add_argument("-A", "--app", dest="app_option", metavar="APP", help="the same")


def _add_serving_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-h", "--host", default=DEFAULT_CLI_HOST, help="the address to listen on (127.0.0.1)"
    )
    parser.add_argument(
        "-p", "--port", type=parse_port, default=5000, help="the port (5000; 0: any free one)"
    )
    parser.add_argument(
        "--debug", action="store_true", help="show errors in the browser, to this machine only"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: with 0, or with 2 and one sentence on standard error."""
    from ..serving import AddressInUse

    options = build_parser().parse_args(arguments)
    try:
        options.function(options)
    except (AppNotLoaded, AddressInUse, CommandFailed) as error:
        _fail(options, str(error))
    sys.exit(0)


def _fail(options: Namespace, message: str) -> NoReturn:
    print(f"microweb {options.command}: {message}", file=sys.stderr)
    sys.exit(2)


def _load_named_app(options: Namespace) -> Any:
    """Load the app that the options name; while that runs, ``app.run()`` does nothing."""
    os.environ["MICROWEB_RUN_FROM_CLI"] = "true"
    try:
        return load_app(options.app or options.app_option)
    finally:
        del os.environ["MICROWEB_RUN_FROM_CLI"]


def _serve(app: Any, options: Namespace) -> None:
    from ..serving import AddressInUse, run_simple

    # A script's unset variable, --host "$HOST", must not open the server to everybody.
    host = options.host or DEFAULT_CLI_HOST
    # An app can be in debug without --debug: by its code, MICROWEB_DEBUG or FLASK_DEBUG.
    debug = options.debug or bool(getattr(app, "debug", False))
    try:
        run_simple(host, options.port, app, use_debugger=debug, quiet=options.quiet)
    except AddressInUse:
        raise
    except OSError as error:
        raise CommandFailed(
            f"cannot listen on {host}, port {options.port}: {error.strerror or error}; "
            f"choose others with --host and --port"
        ) from error


def command_demo(options: Namespace) -> None:
    """``microweb demo``: serve the note-book."""
    try:
        # Some systems package it apart from the rest of the standard library.
        import sqlite3
    except ImportError as error:
        raise CommandFailed(
            f"the demo needs Python's sqlite3 module ({error}); install the system package "
            f"python3-sqlite3 or libpython3-stdlib"
        ) from error
    from ..demo import create_app

    try:
        app = create_app(options.data)
    except (OSError, sqlite3.Error) as error:
        raise CommandFailed(
            f"the notes cannot be kept in {options.data!r}: "
            f"{getattr(error, 'strerror', None) or error}; choose a folder that can be written to "
            f"with --data"
        ) from error
    if options.debug:
        app.debug = True
    _serve(app, options)


def command_run(options: Namespace) -> None:
    """``microweb run``: serve an app until Ctrl-C."""
    if options.debug:
        # Set before the app is imported, for those that read it while they are made.
        os.environ["MICROWEB_DEBUG"] = "1"
    app = _load_named_app(options)
    if options.debug and hasattr(app, "debug"):
        app.debug = True
    _serve(app, options)


def command_routes(options: Namespace) -> None:
    """``microweb routes``: list the routes of an app, with the place of each view."""
    from ..app import Microweb

    app = _load_named_app(options)
    if not isinstance(app, Microweb):
        raise AppNotLoaded(f"{app!r:.60} is no Microweb app, so its routes are not known")
    if options.tree:
        _print_text(app.url_map.draw())
        return
    rows = [("Endpoint", "Methods", "Rule", "View")]
    for rule in app.url_map.iter_rules():
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        rows.append((rule.endpoint, methods, rule.rule, rule.origin or "no view"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        lines.append("  ".join([*cells, row[3]]))
    _print_text("\n".join(lines))


def _print_text(text: str) -> None:
    """Print to standard output, whatever its encoding, and be quiet if nobody reads on."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except OSError as error:
        # What is still in the buffer is written once more at exit: that shall not fail again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        # A closed pipe is no failure: `microweb routes | head` has seen enough.
        if not isinstance(error, BrokenPipeError):
            raise CommandFailed(
                f"the output cannot be written: {error.strerror or error}; print it elsewhere"
            ) from error
