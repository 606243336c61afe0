"""Calling the commands of an app without a terminal: the runner of `Microweb.test_cli_runner`."""

from __future__ import annotations

import os
import sys

from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from .app import Microweb


class CommandResult:
    """What a command did: ``output`` (what it printed, to both streams), ``stdout``, ``stderr``,
    ``exit_code``, ``return_value``, and the ``exception`` that ended it, or None."""

    def __init__(
        self,
        output: str,
        streams: tuple[str, str],
        exit_code: int,
        return_value: Any,
        exception: BaseException | None,
    ) -> None:
        self.output = output
        self.stdout, self.stderr = streams
        self.exit_code = exit_code
        self.return_value = return_value
        self.exception = exception

    def __repr__(self) -> str:
        return f"<CommandResult {self.exception!r}>" if self.exception else "<CommandResult okay>"


class CliRunner:
    """Runs commands of an app and collects what they print; see `Microweb.test_cli_runner`."""

    def __init__(self, app: Microweb) -> None:
        self.app = app

    def invoke(
        self,
        cli: Any = None,
        args: Iterable[str] | str | None = None,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
        catch_exceptions: bool = True,
    ) -> CommandResult:
        """Run a command or a group (by default ``app.cli``) with arguments; return its result.

        *args* is a list, or one text that is split as a shell would. *input* is what it reads
        from standard input, *env* further environment variables. An exception is kept in the
        result, unless *catch_exceptions* is False.
        """
        from contextlib import ExitStack, redirect_stderr, redirect_stdout
        from io import StringIO

        from .dev.commandline import run_app_command

        if isinstance(args, str):
            split = import_stdlib("shlex", "a command line as one text", "pass a list").split
            args = split(args)
        both, out, err = StringIO(), StringIO(), StringIO()
        exit_code, value = 0, None
        exception: BaseException | None = None
        with ExitStack() as stack:
            stack.enter_context(redirect_stdout(_Tee(out, both)))
            stack.enter_context(redirect_stderr(_Tee(err, both)))
            stack.enter_context(_CommandSurroundings(input or "", env or {}))
            try:
                value = run_app_command(self.app, cli or self.app.cli, list(args or ()))
            except SystemExit as error:
                exit_code, exception = _exit_code_of(error), error if error.code else None
            except Exception as error:
                if not catch_exceptions:
                    raise
                exit_code, exception = 1, error
        streams = (out.getvalue(), err.getvalue())
        return CommandResult(both.getvalue(), streams, exit_code, value, exception)


class _CommandSurroundings:
    """Standard input and environment variables as a command finds them, for a block."""

    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self._text = text
        self._variables = variables

    def __enter__(self) -> None:
        from io import StringIO

        self._before = sys.stdin, dict(os.environ)
        sys.stdin = StringIO(self._text)
        os.environ.update(self._variables)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sys.stdin, variables = self._before
        os.environ.clear()
        os.environ.update(variables)


class _Tee:
    """A text stream that writes into two."""

    def __init__(self, own: Any, both: Any) -> None:
        self._streams = (own, both)

    def write(self, text: str) -> int:
        """Write *text* into both; return its length."""
        for stream in self._streams:
            stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Do nothing: what is written is there."""


def _exit_code_of(error: SystemExit) -> int:
    """Return the exit status that an interpreter would end with; text is printed to stderr."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return 1
