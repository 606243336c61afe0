"""The command line: ``python -m microweb``, or ``microweb`` where the package is installed.

Whatever goes wrong is one sentence on standard error and exit status 2, never a traceback; only the
code of an app may end otherwise. ``.env`` files are read first, then the command is looked up: in
`COMMANDS`, then in the app, and what is a path is a folder to serve. A module that lies beside the
app hides one of the same name of Python's, as for ``python app.py``, unless Python runs with
``-P``.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

from ..running import describe_listen_failure
from ..text.missing import import_stdlib
from ..text.nearest import did_you_mean
from .commandline import make_parser, run_app_command
from .inspecting import ROUTE_ORDERS, check_templates, draw_routes, explain_route, list_routes
from .loading import FLASK_VARIABLE, AppNotLoaded, CommandFailed, load_app, users_traceback
from .servers import SERVERS, run_with_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, NoReturn

    from ..app import Microweb

DEFAULT_CLI_HOST = "127.0.0.1"
# What belongs to microweb's own server: no other takes it.
_OWN_SERVER_OPTIONS = "reload debugger cert key extra_files exclude_patterns pdb quiet"


def parse_port(text: str) -> int:
    """Return a TCP port, 0 to 65535; ValueError otherwise, worded for the command line.

    >>> parse_port("8080")
    8080
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"{text!r} is not a port: a number from 0 to 65535")
    return int(text)


def _split_paths(text: str) -> list[str]:
    return [path for path in text.split(os.pathsep) if path]


def _default_empty_host(text: str) -> str:
    # A script's unset variable, --host "$HOST", must not open the server to everybody.
    return text or DEFAULT_CLI_HOST


_PATHS: dict[str, Any] = {"type": _split_paths, "metavar": f"PATH{os.pathsep}PATH"}
# None is what was not given, so that other places may decide.
_FLAG: dict[str, Any] = {"action": "store_true", "default": None}
_SWITCH: dict[str, Any] = {"action": "switch"}

# What `add_argument` takes, for the arguments of all commands.
COMMAND_ARGUMENTS: dict[str, dict[str, Any]] = {
    "app": {"nargs": "?", "metavar": "APP", "help": "the same as --app"},
    "-A --app": {
        "metavar": "APP",
        "help": "app.py, module:app or 'module:factory()'; else wsgi.py, app.py",
    },
    "-e --env-file": {"metavar": "FILE", "help": "read environment variables from FILE first"},
    "--flask": {**_FLAG, "help": "the app imports flask: give it microweb's names"},
    "--debug": {**_SWITCH, "help": "explain errors in the browser, to this machine only"},
    "-h --host": {
        "type": _default_empty_host,
        "default": DEFAULT_CLI_HOST,
        "help": "the address to listen on (127.0.0.1)",
    },
    "-p --port": {"type": parse_port, "default": 5000, "help": "the port (5000; 0: any free one)"},
    "--quiet": {**_FLAG, "help": "print nothing"},
    "--reload": {**_SWITCH, "help": "restart when a file changes (in debug mode: yes)"},
    "--debugger": {**_SWITCH, "help": "show errors as pages (in debug mode: yes)"},
    "--with-threads": {**_FLAG, "help": "answer several requests at a time (yes)"},
    "--without-threads": {
        "action": "store_false",
        "default": None,
        "dest": "with_threads",
        "help": "answer one after another",
    },
    "--cert": {"metavar": "FILE", "help": "serve HTTPS with this certificate"},
    "--key": {"metavar": "FILE", "help": "its private key, if not in the same file"},
    "--extra-files": {**_PATHS, "help": "files that also cause a restart"},
    "--exclude-patterns": {**_PATHS, "help": "files that do not cause one"},
    "--pdb": {**_FLAG, "help": "stop in the terminal's debugger where a view fails"},
    "--server": {"metavar": "NAME", "help": f"use another server: {', '.join(SERVERS)}"},
    "-s --sort": {
        "choices": [*ROUTE_ORDERS, "match"],
        "default": "endpoint",
        "help": "a column, or as the router prefers them (endpoint)",
    },
    "--all-methods": {**_FLAG, "help": "show HEAD and OPTIONS too"},
    "--tree": {**_FLAG, "help": "draw the router's trie instead"},
    "method": {"metavar": "METHOD", "help": "such as GET"},
    "path": {"metavar": "PATH", "help": "such as /users/7, or a whole URL"},
    "--check": {**_FLAG, "help": "look whether all is well there, and say what is not"},
    "--data": {"default": "instance", "metavar": "DIR", "help": "where notes are kept (instance)"},
    "folder": {"metavar": "FOLDER", "help": "the folder whose files are served"},
    "target": {"metavar": "DIR", "help": "the copy, such as vendor/web: the last part is its name"},
    "--onefile": {**_FLAG, "help": "write DIR.py instead of a folder"},
    "--with-demo": {**_FLAG, "help": "copy the demo too"},
    "--core": {**_FLAG, "help": "take the core alone"},
    "--desk": {**_FLAG, "help": "with the command line and the debug pages"},
    "--compiled": {**_FLAG, "help": "bring compiled code, for where this Python can keep none"},
    "--force": {**_FLAG, "help": "overwrite a copy that has been changed"},
    "-o --output": {"metavar": "FILE", "help": "the file to write"},
    "--include": {**_PATHS, "help": "files and folders to take along"},
    "--python": {
        "metavar": "PATH",
        "default": "/usr/bin/env python3",
        "help": "what runs the file where files can be programs (/usr/bin/env python3)",
    },
    "--compress": {**_FLAG, "help": "make it smaller; to be run it needs zlib"},
}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: with 0, or with 2 and one sentence on standard error."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    count = _count_global_words(words)
    parser = _make_global_parser()
    options = parser.parse_args(words[:count])
    name = words[count] if count < len(words) else ""
    where = f"microweb {name}" if name in COMMANDS else "microweb"
    try:
        _prepare_environment(options)
        if options.help:
            _print_text(parser.format_help() + _describe_app_commands(options))
        elif not name:
            parser.error("a command is required, such as: microweb run app.py")
        elif name in COMMANDS:
            _run_builtin(name, words[count + 1 :], options)
        elif os.path.isdir(name) and ("/" in name or os.sep in name or name in (".", "..")):
            _run_builtin("folder", words[count:], options)
        else:
            _run_own_command(name, words[count:], options)
    except CommandFailed as error:
        print(f"{where}: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def _count_global_words(words: Sequence[str]) -> int:
    """Return how many words stand in front of the command."""
    count = 0
    while count < len(words) and words[count].startswith("-"):
        count += 2 if words[count] in ("-A", "--app", "-e", "--env-file") else 1
    return min(count, len(words))


def _make_global_parser() -> ArgumentParser:
    from argparse import RawDescriptionHelpFormatter

    from .. import __version__

    commands = [f"  {name:10} {about}" for name, (about, _, _) in COMMANDS.items()]
    parser = make_parser(
        prog="microweb",
        usage="microweb [options] COMMAND ...",
        description="A web framework of the standard library alone.",
        epilog="\n".join(["Commands (each explains itself with --help):", *commands]),
        formatter_class=RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("-h", "--help", action="store_true", help="show this help and exit")
    parser.add_argument("--version", action="version", version=f"microweb {__version__}")
    _add_command_arguments(parser, "--app --env-file --flask --debug")
    return parser


def _add_command_arguments(parser: ArgumentParser, names: str) -> None:
    from argparse import SUPPRESS

    by_name = {flags.split()[-1]: flags for flags in COMMAND_ARGUMENTS}
    names = names.replace("app --app", "app --app --flask")
    for flags in map(by_name.__getitem__, names.split()):
        parser.add_argument(*flags.split(), **COMMAND_ARGUMENTS[flags])
    if "app" in names.split():
        # Where it is not given, what stood in front of the command stays.
        parser.set_defaults(app=SUPPRESS)


def _prepare_environment(options: Namespace) -> None:
    """Read ``.env`` files, the named one first, as what is set already wins."""
    from ..dotenv import load_dotenv

    try:
        if options.env_file is not None:
            load_dotenv(options.env_file)
        load_dotenv()
    except (OSError, ValueError) as error:
        raise CommandFailed(str(error)) from error
    _settle_flask(options)


def _settle_flask(options: Namespace) -> None:
    """Tell what loads the app of --flask, in this process and in those that it starts."""
    if options.flask:
        os.environ[FLASK_VARIABLE] = "1"


def _describe_app_commands(options: Namespace) -> str:
    try:
        app = _load_named_app(options)
    except AppNotLoaded as error:
        return f"\nCommands of the app are not known: {error}"
    commands = getattr(getattr(app, "cli", None), "commands", {})
    lines = [
        f"\n  {name:10} {cmd.help.strip().partition(chr(10))[0]}".rstrip()
        for name, cmd in sorted(commands.items())
    ]
    return "\nCommands of the app:" + "".join(lines) if lines else ""


def _run_builtin(name: str, words: Sequence[str], options: Namespace) -> None:
    about, names, function = COMMANDS[name]
    parser = make_parser(prog=f"microweb {name}", description=about, add_help=False)
    # -h is the host, as in Flask's command line, so help is --help alone.
    parser.add_argument("--help", action="help", help="show this help and exit")
    _add_command_arguments(parser, names)
    options = parser.parse_args(words, options)
    _settle_flask(options)
    function(options)


def _run_own_command(name: str, words: Sequence[str], options: Namespace) -> None:
    """Run a command that the app brings along."""
    reason = ""
    known: dict[str, Any] = {}
    try:
        app = _load_named_app(options)
        known = getattr(getattr(app, "cli", None), "commands", {})
    except AppNotLoaded as error:
        reason = f"; the app's own are not known: {error}"
    if name in known:
        run_app_command(app, app.cli, words)
        return
    if os.path.isfile(name):
        reason = f"; to serve the app in that file type: microweb run {name}"
    elif os.path.isdir(name):
        reason = f"; to serve the files of that folder type: microweb ./{name}"
    elif known:
        reason = f"; the app has: {', '.join(sorted(known))}"
    if not os.path.exists(name):
        reason = did_you_mean(name, [*COMMANDS, *known], "; did you") + reason
    raise CommandFailed(f"there is no command {name!r}{reason}; see: microweb --help")


def _settle_debug(options: Namespace) -> bool:
    """Tell what is imported later of --debug; return whether debug mode is on, as far as known."""
    from ..config import find_debug_variable, is_true_word

    if options.debug is not None:
        os.environ["MICROWEB_DEBUG"] = "1" if options.debug else "0"
    return is_true_word(find_debug_variable())


def _load_named_app(options: Namespace) -> Any:
    """Load the app that the options name; while that runs, ``app.run()`` does nothing."""
    _settle_debug(options)
    os.environ["MICROWEB_RUN_FROM_CLI"] = "true"
    try:
        app = load_app(options.app)
    finally:
        os.environ.pop("MICROWEB_RUN_FROM_CLI", None)
    if options.debug is not None and hasattr(app, "debug"):
        app.debug = options.debug
    return app


def _load_microweb(options: Namespace) -> Microweb:
    from ..app import Microweb

    app = _load_named_app(options)
    if not isinstance(app, Microweb):
        raise AppNotLoaded(f"{app!r:.60} is no Microweb app, so nothing is known about its inside")
    return app


@contextmanager
def _wording_listen_failures(options: Namespace) -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError) as error:
        raise CommandFailed(describe_listen_failure(options.host, options.port, error)) from error


def _serve(app: Any, options: Namespace, settings: Mapping[str, Any] | None = None) -> None:
    from ..running import run_simple

    # An app can be in debug without --debug: by its code, MICROWEB_DEBUG or FLASK_DEBUG.
    debugger = bool(getattr(app, "debug", False))
    if getattr(options, "debugger", None) is not None:
        debugger = options.debugger
    settings = {"quiet": bool(options.quiet), "use_debugger": debugger, **(settings or {})}
    # With --pdb, two threads at one terminal would take each other's lines.
    if getattr(options, "with_threads", None) is False or getattr(options, "pdb", False):
        settings["threaded"] = False
    with _wording_listen_failures(options):
        run_simple(options.host, options.port, app, **settings)


def command_run(options: Namespace) -> None:
    """``microweb run``: serve an app until Ctrl-C."""
    if options.server:
        _run_other_server(options)
        return
    settings: dict[str, Any] = {}
    if options.key and not options.cert:
        raise CommandFailed("--key without --cert; name the certificate, as in: --cert cert.pem")
    if options.cert:
        settings["ssl_context"] = _make_tls_context(options.cert, options.key)
    reload = options.reload
    if reload is None:
        reload = _settle_debug(options) and not options.pdb

    def start() -> None:
        _serve(_load_app_to_run(options), options, settings)

    if not reload:
        start()
        return
    from .reloader import run_with_reloader

    # The parent of the two processes only listens: it never comes to load the app.
    with _wording_listen_failures(options):
        run_with_reloader(
            start,
            options.host,
            options.port,
            extra_files=options.extra_files,
            exclude_patterns=options.exclude_patterns,
            quiet=bool(options.quiet),
            **settings,
        )


def _load_app_to_run(options: Namespace) -> Any:
    from .reloader import is_running_from_reloader

    try:
        app = _load_named_app(options)
    except AppNotLoaded as error:
        if error.__cause__ is None or not is_running_from_reloader():
            raise
        from traceback import print_exception

        # The page that the browser shows until the mistake is corrected is made of this.
        cause = error.__cause__
        print_exception(type(cause), cause, users_traceback(cause))
        sys.exit(1)
    if not options.pdb:
        return app
    # What is returned is in no debug mode: errors come up in the terminal, not as pages.
    from .debug import stop_in_debugger

    if hasattr(app, "config"):
        app.config["PROPAGATE_EXCEPTIONS"] = True
    return stop_in_debugger(app)


def _make_tls_context(certificate: str, key: str | None) -> Any:
    from ..serving.extra.tls import make_tls_context

    if certificate == "adhoc":
        given: Any = certificate
    else:
        given = (certificate, key or certificate)
        for path in given:
            try:
                open(path, "rb").close()
            except OSError as error:
                raise CommandFailed(f"{path!r} cannot be read: {error.strerror}") from error
    try:
        return make_tls_context(given)
    except (ImportError, ValueError) as error:
        raise CommandFailed(str(error)) from error


def _run_other_server(options: Namespace) -> None:
    asked = [name for name in _OWN_SERVER_OPTIONS.split() if getattr(options, name)]
    if options.with_threads is False:
        asked.append("without_threads")
    if asked:
        raise CommandFailed(
            f"--{asked[0].replace('_', '-')} belongs to microweb's own server; leave it out, or "
            f"leave out --server {options.server}"
        )
    app = _load_named_app(options)
    settings = {"spec": options.app} if options.server == "uwsgi" else {}
    with _wording_listen_failures(options):
        run_with_server(options.server, app, options.host, options.port, **settings)


def command_demo(options: Namespace) -> None:
    """``microweb demo``: serve the note-book."""
    try:
        sqlite3 = import_stdlib("sqlite3", "the demo")
    except ImportError as error:
        raise CommandFailed(str(error)) from None
    try:
        from ..demo import create_app
    except ImportError as error:
        raise CommandFailed(
            "this copy of microweb came without the demo; run it from the whole package"
        ) from error
    try:
        app = create_app(options.data)
    except (OSError, sqlite3.Error) as error:
        raise CommandFailed(
            f"the notes cannot be kept in {options.data!r}: "
            f"{getattr(error, 'strerror', None) or error}; choose a folder that can be written to "
            f"with --data"
        ) from error
    app.debug = _settle_debug(options)
    _serve(app, options)


def command_folder(options: Namespace) -> None:
    """``microweb ./folder``: serve the files of a folder."""
    from .folder import make_folder_app

    _serve(make_folder_app(options.folder), options)


def command_routes(options: Namespace) -> None:
    """``microweb routes``: list the routes of an app, with the place of each view."""
    app = _load_microweb(options)
    if options.tree:
        _print_text(draw_routes(app.url_map))
    else:
        _print_text(list_routes(app, options.sort, options.all_methods))


def command_explain(options: Namespace) -> None:
    """``microweb explain``: say how the router comes to its answer for a path."""
    _print_text(explain_route(_load_microweb(options), options.method, options.path))


def command_templates(options: Namespace) -> None:
    """``microweb templates``: list the templates of an app; with --check, say which fail."""
    names, failures = check_templates(_load_microweb(options))
    if not options.check:
        _print_text("\n".join(names))
    elif failures:
        raise CommandFailed("\n".join([f"{len(failures)} of {len(names)} fail:", *failures]))
    else:
        _print_text(f"all {len(names)} templates compile")


def command_onefile(options: Namespace) -> None:
    """``microweb onefile``: write the framework, or its core, as one file."""
    from .onefile import write_one_file

    if options.core and options.desk:
        raise CommandFailed("--core leaves out what --desk asks for; give one of the two")
    scope = "core" if options.core else "desk" if options.desk else ""
    path = options.output or "microweb.py"
    _print_text(write_one_file(path, scope))
    if options.compiled:
        from .vendor import compile_copy

        compile_copy(path)


def command_vendor(options: Namespace) -> None:
    """``microweb vendor``: copy the package into a project, or check such a copy."""
    from .vendor import run_vendor

    run_vendor(options)


def command_pack(options: Namespace) -> None:
    """``microweb pack``: make one file of an app and the framework."""
    from .pack import run_pack

    run_pack(options)


def command_doctor(options: Namespace) -> None:
    """``microweb doctor``: say what is wrong with this Python and an app; status 1 if any."""
    from .doctor import diagnose, is_app_named

    report, wrong = diagnose(
        lambda: _load_named_app(options),
        is_app_named(options.app),
        options.host,
        options.port,
        options.env_file,
        _find_missing_flask_names(options),
    )
    _print_text(report)
    if wrong:
        sys.exit(1)


def _find_missing_flask_names(options: Namespace) -> list[tuple[str, str]]:
    """Return what the doctor says of names that a Flask program imports and that are not there."""
    from ..config import is_true_word
    from .doctor import is_app_named

    if not is_true_word(os.environ.get(FLASK_VARIABLE, "")) or not is_app_named(options.app):
        return []
    from .loading import find_app_spec
    from .pack import find_missing_in_app

    return [("wrong", text) for text in find_missing_in_app(find_app_spec(options.app))]


def command_shell(options: Namespace) -> None:
    """``microweb shell``: Python's prompt inside the context of an app."""
    from .shell import run_shell

    run_shell(_load_microweb(options))


_SERVING_ARGUMENTS = "--host --port --quiet --debug"

# Each with what --help says of it, its arguments (keys of `COMMAND_ARGUMENTS`), and what runs it.
COMMANDS: dict[str, tuple[str, str, Callable[[Namespace], None]]] = {
    "run": (
        "serve an app, as in: microweb run app.py",
        f"app --app {_SERVING_ARGUMENTS} --reload --debugger --with-threads --without-threads "
        "--cert --key --extra-files --exclude-patterns --pdb --server",
        command_run,
    ),
    "routes": (
        "list the routes of an app",
        "app --app --sort --all-methods --tree",
        command_routes,
    ),
    "explain": ("say which route a path leads to, and why", "method path --app", command_explain),
    "shell": ("run Python in the context of an app", "app --app", command_shell),
    "templates": ("list or check the templates", "app --app --check", command_templates),
    "doctor": (
        "say what is wrong with this Python and an app",
        "app --app --host --port --debug",
        command_doctor,
    ),
    "demo": ("serve the note-book that is included", f"--data {_SERVING_ARGUMENTS}", command_demo),
    "folder": ("serve the files of ./a/folder", f"folder {_SERVING_ARGUMENTS}", command_folder),
    "onefile": (
        "write the framework as one file",
        "--core --desk --compiled --output",
        command_onefile,
    ),
    "vendor": (
        "copy the framework into a project, or check a copy",
        "target --onefile --core --with-demo --compiled --force --check",
        command_vendor,
    ),
    "pack": (
        "make one file of an app and the framework",
        "app --app --output --include --python --compress",
        command_pack,
    ),
}


def _print_text(text: str) -> None:
    """Print to standard output, whatever its encoding, and be quiet if the reader has left."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except OSError as error:
        # What is still in the buffer is written once more at exit: that must not fail again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        # A closed pipe is no failure: `microweb routes | head` has seen enough.
        if not isinstance(error, BrokenPipeError):
            raise CommandFailed(
                f"the output cannot be written: {error.strerror or error}; print it elsewhere"
            ) from error
