"""The reloader: serves a program in a child process and starts it again when its files change.

The parent keeps the socket that listens, so no client is ever refused; it runs nothing of the
program, whose child serves on the socket it inherits, watches the files of its modules and exits
with status 3 on a change. Where the child cannot start, the parent answers with what is wrong,
until a file changes.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from contextlib import suppress

from ..serving.extra.binding import find_systemd_descriptor
from ..serving.extra.leading import LeadingServer
from .debug import is_local_request, lines_around
from .page import CodeBlock, SourceBlock, TeachingPage, TextBlock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from subprocess import Popen
    from typing import Any

# How a child ends that wants to be started again, and one that was used wrongly.
RELOAD_STATUS, _USAGE_STATUS = 3, 2
# How often files are looked at until they stay as they are, every so many seconds.
_SETTLING_LOOKS, _SETTLING_INTERVAL = 20, 0.1
# Seconds that requests get to finish before a reload, and in which a child counts as short-lived.
_RELOAD_GRACE, _SHORT_LIFE = 2.0, 3.0
_MAX_LISTED_FILES, _MAX_ERROR_BYTES = 10_000, 65536
# What a child writes to the pipe that is its standard error, once it serves.
_SERVING_MARK = b"\0"
# Folders of other people's code and of tools.
_SKIPPED_FOLDER_RE = re.compile(r"\..*|__pycache__|node_modules|site-packages|dist-packages")
_TRACEBACK_PLACE_RE = re.compile(r'File "([^"\n]+)", line ([0-9]{1,9})')
_HANDOVER_RE = re.compile(r"([0-9]{1,10}):([0-9]{1,10}):(-1|[0-9]{1,10}):([0-9.]{1,30}|inf)")


class FileWatcher:
    """Looks at files: those that *modules* were loaded from, *extra_files*, and patterns in them.

    A pattern (``templates/*.html``, as `fnmatch` has it, so that ``*`` stands for folders too) also
    tells files that come and go, and a folder stands for all in it. What *exclude_patterns* match
    is not looked at. Nothing that cannot be read, or vanishes, is an error.

    >>> import os, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> watcher = FileWatcher([os.path.join(folder.name, "*.txt")], modules=False)
    >>> before = watcher.look()
    >>> open(os.path.join(folder.name, "new.txt"), "w").close()
    >>> watcher.difference(before, watcher.look()).endswith("*.txt")
    True
    >>> folder.cleanup()
    """

    def __init__(
        self,
        extra_files: Iterable[str] = (),
        exclude_patterns: Iterable[str] = (),
        modules: bool = True,
    ) -> None:
        from fnmatch import translate

        self._modules = modules
        self._known_modules: set[str] = set()
        self._files: dict[str, None] = {}
        # Each with the folder to search, its regex, and what that said of the names seen so far.
        self._patterns: list[tuple[str, str, Any, dict[str, bool]]] = []
        excluded = {form for name in exclude_patterns for form in (name, os.path.abspath(name))}
        self._is_excluded = re.compile("|".join(map(translate, excluded)) or r"(?!)").match
        for name in map(os.path.abspath, extra_files):
            if os.path.isdir(name):
                name = os.path.join(name, "*")
            if re.search(r"[*?[]", name) and not os.path.exists(name):
                folder = os.path.dirname(re.split(r"[*?[]", name, maxsplit=1)[0])
                self._patterns.append((name, folder, re.compile(translate(name)).match, {}))
            else:
                self.add_file(name)

    def add_file(self, name: str) -> None:
        """Look at a file too: at the archive that it is in, at the source that it was made of."""
        name = os.path.abspath(name[:-1] if name.endswith((".pyc", ".pyo")) else name)
        outer = name
        while not os.path.exists(outer) and outer != os.path.dirname(outer):
            outer = os.path.dirname(outer)
        if os.path.isfile(outer):
            name = outer
        if not self._is_excluded(name):
            self._files[name] = None

    def look(self) -> dict[str, Any]:
        """Return the state of everything as it is now."""
        if self._modules:
            for name in sys.modules.keys() - self._known_modules:
                self._known_modules.add(name)
                # By the dict, because asking a lazy module for a name may load it.
                file = getattr(sys.modules.get(name), "__dict__", {}).get("__file__")
                if isinstance(file, str):
                    self.add_file(file)
        state: dict[str, Any] = dict.fromkeys(self._files)
        for pattern, folder, matches, verdicts in self._patterns:
            state[pattern] = found = []
            for name in list_files(folder):
                wanted = verdicts.get(name)
                if wanted is None:
                    wanted = verdicts[name] = bool(matches(name)) and not self._is_excluded(name)
                if wanted:
                    found.append(name)
            state.update(dict.fromkeys(found))
        for name, known in state.items():
            if known is None:
                try:
                    status = os.stat(name)
                except (OSError, ValueError):
                    continue
                state[name] = status.st_mtime_ns, status.st_size
        return state

    def look_again(self, before: dict[str, Any], since: float) -> dict[str, Any]:
        """Do as `look` does, and add to *before* what is seen for the first time.

        What was written after *since* (as `time.time` has it) counts as changed, unless that is
        some seconds ago: it may have been loaded before it was written.
        """
        now, clock = self.look(), time.time()
        for name in now.keys() - before.keys():
            written = now[name][0] / 1e9 if type(now[name]) is tuple else 0
            early = clock < since + _SHORT_LIFE and since < written <= clock
            before[name] = None if early else now[name]
        return now

    @staticmethod
    def difference(before: dict[str, Any], now: dict[str, Any]) -> str | None:
        """Return a name whose state is another one than before, None if there is none."""
        return next((name for name in before if name in now and before[name] != now[name]), None)

    def wait_for_change(
        self,
        before: dict[str, Any],
        interval: float,
        is_over: Callable[[], bool],
        since: float = float("inf"),
    ) -> str | None:
        """Return the name of what has changed since *before*, once nothing changes any more.

        Return None when *is_over* does. *interval* is the time between two looks in seconds; for
        *since* see `look_again`.
        """
        while not is_over():
            now = self.look_again(before, since)
            if self.difference(before, now):
                for _ in range(_SETTLING_LOOKS):
                    time.sleep(_SETTLING_INTERVAL)
                    now, earlier = self.look(), now
                    if now == earlier:
                        break
                # A file that was written by way of another name may be as it was.
                changed = self.difference(before, now)
                if changed:
                    return changed
            time.sleep(interval)
        return None


def list_files(folder: str) -> Iterator[str]:
    """Yield the files below *folder*, some thousands at most; links to folders are not followed."""
    left = _MAX_LISTED_FILES
    for path, folders, files in os.walk(folder):
        # A virtual environment is known by its configuration file.
        folders[:] = [] if "pyvenv.cfg" in files else sorted(folders)
        folders[:] = [name for name in folders if not _SKIPPED_FOLDER_RE.fullmatch(name)]
        left -= len(files) + len(folders)
        if left < 0:
            return
        yield from (os.path.join(path, name) for name in files)


def find_reload_handover() -> tuple[int, int, float] | None:
    """Return what the reloader that started this process hands to it, None if none did.

    That is the descriptor of the socket that listens, one for standard error (-1 for none), and the
    time of the start. What stands in the environment counts only if the parent put it there.
    """
    match = _HANDOVER_RE.fullmatch(os.environ.get("MICROWEB_SERVER_FD", ""))
    if match is None or os.environ.get("MICROWEB_RUN_MAIN") != "true":
        return None
    if int(match[1]) != os.getppid():
        return None
    return int(match[2]), int(match[3]), float(match[4])


def is_running_from_reloader() -> bool:
    """Return whether this process is the one that a reloader started, and starts again."""
    return find_reload_handover() is not None


def take_over_from_reloader() -> int | None:
    """Return the descriptor to serve on in a reloader's child, whose start has succeeded then."""
    handover = find_reload_handover()
    if handover is None:
        return None
    fd, stderr, _ = handover
    with suppress(OSError):
        # None of the two is for programs that the application may start.
        if os.name == "nt":
            vars(os)["set_handle_inheritable"](fd, False)
        else:
            os.set_inheritable(fd, False)
    if stderr > 2:
        # From here on, what the application writes goes where the parent's goes: to a terminal.
        with suppress(OSError):
            if sys.stderr is not None:
                sys.stderr.flush()
            os.write(2, _SERVING_MARK)
            os.dup2(stderr, 2)
            os.close(stderr)
    return fd


def run_with_reloader(
    start: Callable[[], object],
    hostname: str = "127.0.0.1",
    port: int = 5000,
    *,
    extra_files: Iterable[str] | None = None,
    exclude_patterns: Iterable[str] | None = None,
    reloader_interval: float = 1.0,
    **options: Any,
) -> None:
    """Call *start* in a child process, which is started again whenever a file changes.

    *start* loads an application and serves it with `run_simple` on the same *hostname* and *port*.
    In this process it is not called: it listens, watches over the child, and exits with its status
    (`SystemExit`). The child runs the same command, comes here again, and returns when *start*
    does. Files are those of all loaded modules and *extra_files*, without what *exclude_patterns*
    match: see `FileWatcher`. The options are *quiet*, *fd*, *ssl_context* and *socket_mode*, as
    `make_server` has them, whose exceptions this raises; RuntimeError if there is no command to
    run again.
    """
    extra, excluded = tuple(extra_files or ()), tuple(exclude_patterns or ())
    handover = find_reload_handover()
    if handover is None:
        if options.get("fd") is None:
            options["fd"] = find_systemd_descriptor()
        parent = ReloadingParent(hostname, port, extra, excluded, reloader_interval, options)
        sys.exit(parent.run())
    watcher, pid, since = FileWatcher(extra, excluded), os.getppid(), handover[2]
    before: dict[str, Any] = {}
    changed: list[str | None] = []
    watcher.look_again(before, since)

    def watch() -> None:
        name = watcher.wait_for_change(
            before, reloader_interval, lambda: os.getppid() != pid, since
        )
        changed.append(name)
        if name is not None and not options.get("quiet") and sys.stderr is not None:
            with suppress(OSError, ValueError):
                sys.stderr.write(f"microweb: {name} has changed; starting again\n")
        _interrupt_main_thread()
        time.sleep(_RELOAD_GRACE)
        # A request, or a thread of the program's own, takes its time.
        os._exit(RELOAD_STATUS)

    threading.Thread(target=watch, name="microweb reloader", daemon=True).start()
    try:
        start()
    except BaseException:
        if not changed:
            raise
    if changed:
        sys.exit(RELOAD_STATUS)


def _interrupt_main_thread() -> None:
    """Do as Ctrl-C does, which `run_simple` takes for a wish to stop."""
    if callable(signal.getsignal(signal.SIGINT)):
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            signal.raise_signal(signal.SIGINT)


def find_restart_command() -> list[str]:
    """Return the command that runs this program again; RuntimeError where there is none.

    Scripts, ``-m``, folders and archives are run again with the options that Python was given.
    """
    import subprocess

    main: Any = sys.modules["__main__"]
    original = list(getattr(sys, "orig_argv", ()))[1:]
    file = getattr(main, "__file__", None)
    if not sys.executable or ("-c" not in original and (not file or file.startswith("<"))):
        raise RuntimeError(
            "the reloader runs the program again, and this one was not started from a file: "
            "write it into one, or leave use_reloader out"
        )
    if not original:
        # Python 3.9 does not say how it was called.
        name = getattr(getattr(main, "__spec__", None), "name", None)
        program = [sys.argv[0]] if name == "__main__" else [file or ""]
        if name not in (None, "__main__"):
            program = ["-m", name[: -len(".__main__")] if name.endswith(".__main__") else name]
        flags: list[str] = vars(subprocess)["_args_from_interpreter_flags"]()
        original = [*flags, *program, *sys.argv[1:]]
    # On Windows, what a virtual environment has is a launcher: it would stand between the two.
    base = getattr(sys, "_base_executable", None) if os.name == "nt" else None
    return [base or sys.executable, *original]


class ReloadingParent:
    """The process that a program with a reloader is started as: see `run_with_reloader`."""

    _child: Popen[bytes] | None = None
    _page_server: LeadingServer | None = None
    _stopping = _has_served = False
    # How many children in a row wanted to be started again at once: one that writes its own modules
    # would for ever, if what it writes while it starts counted each time.
    _short_lives = 0

    def __init__(
        self,
        host: str,
        port: int,
        extra_files: tuple[str, ...],
        exclude_patterns: tuple[str, ...],
        interval: float,
        options: dict[str, Any],
    ) -> None:
        self._command = find_restart_command()
        # It only listens: pages are served by others, on the same socket.
        self._listener = LeadingServer(host, port, None, **options)
        self._tls, self._interval = options.get("ssl_context"), interval
        # What has to change before a program that failed can do better: maybe a missing module.
        folders = {os.getcwd(), os.path.dirname(os.path.abspath(sys.argv[0]))}
        sources = [os.path.join(folder, "*.py") for folder in folders]
        self._watcher = FileWatcher([*extra_files, *sources], exclude_patterns)

    def run(self) -> int:
        """Run children until one ends by itself or a signal comes; return the exit status."""
        self._listener.log.write(
            f"microweb: serving on {self._listener.url} (Ctrl-C stops, changes reload)\n"
        )
        previous: dict[Any, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                previous[number] = signal.signal(number, self._stop)
        try:
            while True:
                before, began = self._watcher.look(), time.monotonic()
                status, errors = self._run_child()
                is_short = status == RELOAD_STATUS and time.monotonic() - began < _SHORT_LIFE
                self._short_lives = self._short_lives + 1 if is_short else 0
                # How one ends that was about to when a signal came, or had not begun to serve.
                stopped = (RELOAD_STATUS, -signal.SIGINT, -signal.SIGTERM)
                if self._stopping and status in stopped:
                    return 0
                status = status if status >= 0 else 128 - status
                if self._stopping:
                    return status
                if status == 0 or (status == _USAGE_STATUS and not self._has_served):
                    return status
                if status != RELOAD_STATUS:
                    self._answer_until_change(status, errors, before)
                    if self._stopping:
                        return 0
        finally:
            self._listener.server_close()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: Any) -> None:
        """Pass a signal on to the child as the other of the two.

        A terminal's Ctrl-C, or a service manager, has sent the child the same already, and the same
        again would be a wish to end at once.
        """
        self._stopping = True
        if self._page_server is not None:
            self._page_server.request_stop()
        if self._child is not None and os.name != "nt":
            other = signal.SIGTERM if number == signal.SIGINT else signal.SIGINT
            self._child.send_signal(other)

    def _run_child(self) -> tuple[int, str]:
        """Run the program; return its exit status and what it wrote to standard error at first."""
        from subprocess import PIPE, Popen

        options: dict[str, Any] = {}
        fd, stderr = self._listener.fileno(), -1
        if os.name == "nt":
            self._listener.socket.set_inheritable(True)
            options["close_fds"] = False
        else:
            with suppress(OSError):
                stderr = os.dup(2)
            options["pass_fds"] = (fd, stderr) if stderr >= 0 else (fd,)
        since = "inf" if self._short_lives > 1 else f"{time.time():.6f}"
        environ = {**os.environ, "MICROWEB_RUN_MAIN": "true"}
        environ["MICROWEB_SERVER_FD"] = f"{os.getpid()}:{fd}:{stderr}:{since}"
        if self._command[0] != sys.executable:
            environ["__PYVENV_LAUNCHER__"] = sys.executable
        errors = bytearray()
        with Popen(self._command, env=environ, stderr=PIPE, **options) as child:
            self._child = child
            pump = threading.Thread(target=self._pass_errors_on, args=(child, errors), daemon=True)
            pump.start()
            if self._stopping:
                child.terminate()
            status = child.wait()
            self._child = None
            # A program that the child has started may keep the pipe open.
            pump.join(1.0)
        if stderr >= 0:
            os.close(stderr)
        return status, errors.decode("utf-8", "replace")

    def _pass_errors_on(self, child: Any, errors: bytearray) -> None:
        """Write the child's standard error to this one and keep it, until the child serves."""
        with suppress(OSError, ValueError):
            for data in iter(lambda: os.read(child.stderr.fileno(), 4096), b""):
                data, mark, _ = data.partition(_SERVING_MARK)
                self._has_served = self._has_served or bool(mark)
                errors += data
                del errors[:-_MAX_ERROR_BYTES]
                with suppress(OSError):
                    os.write(2, data)

    def _answer_until_change(self, status: int, errors: str, before: dict[str, Any]) -> None:
        """Serve a page that says why the program ended, until a file changes."""
        page = FailedStartPage(status, errors)
        if page.file:
            self._watcher.add_file(page.file)
        self._watcher.look_again(before, float("inf"))
        log, fd = self._listener.log, self._listener.fileno()
        log.write("microweb: waiting for a change; until then, the browser shows the error\n")
        server = LeadingServer("", 0, page, quiet=True, fd=fd, ssl_context=self._tls)
        server.stop_timeout, self._page_server = _RELOAD_GRACE, server

        def wait() -> None:
            self._watcher.wait_for_change(before, self._interval, lambda: server.is_stopping)
            server.request_stop()

        waiter = threading.Thread(target=wait, daemon=True)
        waiter.start()
        server.serve_forever()
        waiter.join()
        self._page_server = None
        server.server_close()


class FailedStartPage:
    """A WSGI application: says why a program ended, to clients on this machine, and asks again."""

    def __init__(self, status: int, errors: str) -> None:
        places = _TRACEBACK_PLACE_RE.findall(errors)
        place: tuple[str, str] = places[-1] if places else ("", "0")
        self.file, self.line = place[0], int(place[1])
        self.errors = errors.strip() or "It wrote nothing to standard error."
        self.title = self.errors.splitlines()[-1][:300]
        self.description = (
            f"The program ended with status {status} instead of serving. It is started again, and "
            f"this page reloads, as soon as a file changes."
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer 503 (PEP 3333)."""
        headers, data = [("Content-Type", "text/plain")], b"503 Service Unavailable"
        if is_local_request(environ):
            page = TeachingPage(503, "Service Unavailable", self.description)
            page.title = self.title
            lines, first = lines_around(self.file, self.line) if self.file else ([], 0)
            if lines:
                place = TextBlock(f"`{self.file}`, line {self.line}:")
                page.add("Where", place, SourceBlock(lines, first, self.line))
            page.add("What it said", CodeBlock(self.errors))
            headers, data = page.answer(environ.get("HTTP_ACCEPT", ""))
        start_response(
            "503 Service Unavailable", [*headers, ("Refresh", "1"), ("Retry-After", "1")]
        )
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else data]
