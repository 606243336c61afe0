"""``microweb doctor``: one screen on this Python and an app: what is wrong, how to put it right.

Facts come first, one line each; then the findings, each with the word ``wrong`` or ``note`` in
front; then a summary. The app is loaded, nothing of it is called, and nothing is changed.
"""

from __future__ import annotations

import os
import re
import sys

from ..dotenv import DOTENV_FILES, parse_dotenv
from ..running import describe_listen_failure
from .appcheck import check_app
from .loading import AppNotLoaded, find_app_spec
from .pythoncheck import (
    check_bytecode,
    describe_package,
    describe_python,
    draw_missing_modules,
    find_hiding_files,
    find_missing_modules,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .appcheck import Finding

_REPORT_WIDTH = 80
_HOW_TO_NAME_AN_APP = "none is named; to look at one too: microweb doctor app.py"


def diagnose(
    load: Callable[[], Any],
    is_named: bool,
    host: str,
    port: int,
    env_file: str | None = None,
    more: Iterable[Finding] = (),
) -> tuple[str, int]:
    """Return a report as text, and how many things are wrong.

    *load* returns the app, or raises AppNotLoaded; it is not called unless an app *is_named*.
    *host* and *port* are where ``microweb run`` would listen; *env_file* is a file of variables
    beyond the usual ones, *more* what was found before.
    """
    findings: list[Finding] = [*more]
    # First the app: what it imports must not be there already under a name of Python's own.
    app_fact = _examine_app(load, host, findings) if is_named else _HOW_TO_NAME_AN_APP
    hiding = find_hiding_files()
    findings += hiding.values()
    count, missing = find_missing_modules(hiding)
    findings += check_bytecode()
    address_fact = _try_address(host, port, findings)
    findings += _check_dotenv_files([env_file or "", *DOTENV_FILES])
    modules = [f"all {count} that microweb can use are here"]
    if missing:
        modules = [f"{len(missing)} of {count} that microweb can use are not here"]
        modules += draw_missing_modules(missing)
    facts = {
        "microweb": [describe_package()],
        "Python": [describe_python()],
        "modules": modules,
        "address": [address_fact],
        "app": [app_fact],
    }
    if is_named:
        facts["as CGI"] = [_describe_cgi_log()]
    lines = []
    for name, texts in facts.items():
        lines += _wrap(name.ljust(10), texts[0])
        lines += [f"  {text}" for text in texts[1:]]
    lines.append("")
    # What is wrong first; otherwise in the order of the checks.
    for kind, sentence in sorted(findings, key=lambda finding: finding[0] != "wrong"):
        lines += _wrap(kind.ljust(7), sentence)
    wrong = sum([kind == "wrong" for kind, _ in findings])
    lines += [""] if findings else []
    lines.append(_summarize(wrong, len(findings) - wrong))
    return "\n".join(lines), wrong


def _describe_cgi_log() -> str:
    from ..cgi import LOG_NAME

    return (
        f"errors go to standard error, or to {LOG_NAME} in the instance folder where the server "
        f"sends standard error to the client"
    )


def is_app_named(spec: str | None) -> bool:
    """Return whether `load_app` would look for an app at all."""
    try:
        return bool(find_app_spec(spec))
    except AppNotLoaded:
        return False


def _wrap(name: str, text: str) -> list[str]:
    """Return lines of at most 80 columns where words allow it, the later ones indented."""
    from textwrap import wrap

    lines = wrap(
        "; ".join(filter(None, map(str.strip, text.splitlines()))),
        _REPORT_WIDTH,
        initial_indent=name,
        subsequent_indent=" " * len(name),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\xa0", " ") for line in lines]


def _summarize(wrong: int, notes: int) -> str:
    wrong_things = {0: "Nothing is wrong", 1: "1 thing is wrong"}
    all_notes = {0: "", 1: "; 1 note"}
    return (
        f"{wrong_things.get(wrong, f'{wrong} things are wrong')}"
        f"{all_notes.get(notes, f'; {notes} notes')}."
    )


def _examine_app(load: Callable[[], Any], host: str, findings: list[Finding]) -> str:
    """Load the app and add what is wrong with it to *findings*; return a line on it."""
    from warnings import catch_warnings, filterwarnings

    from ..app import Microweb

    try:
        with catch_warnings():
            # The report says it.
            filterwarnings("ignore", "two rules answer the same URL")
            app = load()
    except AppNotLoaded as error:
        findings.append(("wrong", f"the app cannot be loaded: {error}"))
        return "cannot be loaded"
    if getattr(app, "debug", False) is True and _is_public(host):
        findings.append(
            (
                "wrong",
                f"debug mode is on, and the server would listen on {host!r}, for other machines "
                f"too: start it with microweb run --no-debug",
            )
        )
    if not isinstance(app, Microweb):
        findings.append(
            (
                "note",
                f"{app!r:.60} is no Microweb app, so nothing is known about its inside; if one is "
                f"wrapped in it, name that one",
            )
        )
        return "another WSGI application"
    findings += check_app(app)
    if app.config["SESSION_COOKIE_SECURE"] and _is_public(host):
        findings.append(
            (
                "note",
                f"SESSION_COOKIE_SECURE is on: on {host!r} browsers send the session only over "
                f"HTTPS, by run --cert or from a server in front of this one",
            )
        )
    count = len([*app.url_map.iter_rules()])
    rules = "1 rule" if count == 1 else f"{count} rules"
    return f"{app.name}, {rules}, debug mode {'on' if app.debug else 'off'}"


def _is_public(host: str) -> bool:
    """Return whether other machines can reach a server on *host*, if there can be one here."""
    try:
        from ..serving import check_server_modules
        from ..text.hosts import is_loopback_host

        check_server_modules(sys.platform)
    except (ImportError, RuntimeError):
        return False
    return not is_loopback_host(host)


def _try_address(host: str, port: int, findings: list[Finding]) -> str:
    """Listen on an address for a moment; return a line on how that went."""
    try:
        from ..serving import make_server
        from ..text.hosts import join_host_port
    except (ImportError, RuntimeError) as error:
        findings.append(("note", str(error)))
        return "not tried, as there can be no server here"
    path = host[len("unix://") :] if host.startswith("unix://") else ""
    address = path or join_host_port(host, port)
    try:
        make_server(host, port, print, quiet=True).server_close()
    except (OSError, OverflowError) as error:
        sentence = describe_listen_failure(host, port, error)
        free = re.search("port ([0-9]+) (?:is free|takes any)", sentence)
        advice = f": microweb run --port {free[1]}" if free else ""
        findings.append(("wrong", f"{sentence}{advice}"))
        return f"{address} cannot be listened on"
    return f"{address} is free"


def _check_dotenv_files(names: Iterable[str]) -> Iterator[Finding]:
    """Yield what is wrong with files of secrets on this system: who can read them."""
    for name in filter(os.path.isfile, names if os.name == "posix" else ()):
        try:
            with open(name, encoding="utf-8") as file:
                keys = [key for key, value in parse_dotenv(file.read()) if value]
        except (OSError, ValueError):
            continue  # The reader of its variables says so.
        secrets = [key for key in keys if re.search("SECRET|PASSWORD|TOKEN|_KEY", key)]
        if secrets and _is_readable_to_all(os.path.abspath(name)):
            yield (
                "wrong",
                f"{name!r} holds {secrets[0]}, and everybody on this machine can read it: "
                f"chmod 600 {name}",
            )


def _is_readable_to_all(path: str) -> bool:
    """Return whether other users may read a file, and enter all folders on the way to it."""
    readable = os.stat(path).st_mode & 0o004
    while readable and path != os.path.dirname(path):
        path = os.path.dirname(path)
        readable = os.stat(path).st_mode & 0o001
    return bool(readable)
