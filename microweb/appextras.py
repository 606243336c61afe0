"""What few apps do: serve in the background, answer without a server, keep an instance folder.

`Microweb` takes these methods from here when one is first used.
"""

from __future__ import annotations

import os
import sys

from .app import AppMap, Microweb
from .http import HTTPException, redirect_response
from .routing import RequestRedirect
from .scaffold import check_registered_function
from .text.archive import find_archive
from .urlbuilding import bind_url_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Mapping
    from typing import IO, Any, Callable

    from .clirunner import CliRunner
    from .http import Request, Response
    from .routing.extra.adapter import MapAdapter
    from .scaffold import AnyFunction
    from .templating import Template


class AppRedirect(RequestRedirect, HTTPException):
    """What adapters of an app's map raise to redirect: an HTTP exception; its ``code`` may be set.

    >>> error = AppRedirect("/home/")
    >>> error.code = 301
    >>> error.get_response().status
    '301 MOVED PERMANENTLY'
    """

    def __init__(self, new_url: str, domain: str | None = None) -> None:
        Exception.__init__(self, new_url, domain)
        self.new_url, self.domain, self.response = new_url, domain, None

    def get_response(self, environ: Any = None, scope: Any = None) -> Response:
        """Return the redirect."""
        return redirect_response(self.new_url, self.code or 308, self.response_class)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return HTTPException.__call__(self, environ, start_response)


class RareAppMap(AppMap):
    """What stands in `AppMap` as a ``LaterMember``."""

    redirect_class = AppRedirect


class AppExtras(Microweb):
    """The methods of `Microweb` that few apps use."""

    def open_instance_resource(
        self, resource: str, mode: str = "rb", encoding: str | None = "utf-8"
    ) -> IO[Any]:
        """Open a file of the instance folder, for reading or for writing."""
        path = os.path.join(self.instance_path, resource)
        return open(path, mode, encoding=None if "b" in mode else encoding)

    def auto_find_instance_path(self) -> str:
        """Return the instance folder of an app that was given none."""
        return find_instance_path(self.import_name, self.root_path, self.name)

    def shell_context_processor(self, f: AnyFunction) -> AnyFunction:
        """Register a function whose dict gives ``microweb shell`` further names."""
        self._check_setup("shell_context_processor", f)
        check_registered_function("shell_context_processor", f)
        self.shell_context_processors.append(f)
        return f

    def make_shell_context(self) -> dict[str, Any]:
        """Return the names that ``microweb shell`` begins with."""
        from .globals import g

        names: dict[str, Any] = {"app": self, "g": g}
        for function in self.shell_context_processors:
            names.update(function())
        return names

    def add_inline_templates(self, templates: str | Mapping[str, str]) -> None:
        """Give templates as text, for apps of one file; they win over those in folders.

        *templates* maps names to sources, or is one text in which a line ``@@ name`` begins each
        template. ValueError where text stands before the first such line.

        >>> from microweb import Microweb, render_template
        >>> app = Microweb("example")
        >>> app.add_inline_templates('''
        ... @@ layout.html
        ... <title>{% block title %}{% endblock %}</title>
        ... @@ page.html
        ... {% extends "layout.html" %}{% block title %}{{ name }}{% endblock %}
        ... ''')
        >>> with app.test_request_context():
        ...     render_template("page.html", name="<Ada>")
        '<title>&lt;Ada&gt;</title>'
        """
        self._check_setup("add_inline_templates")
        found = split_inline_templates(templates) if isinstance(templates, str) else templates
        self._inline_templates = {**(self._inline_templates or {}), **found}
        self._forget_loader()

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return the map bound to a request, or to ``SERVER_NAME`` without one (None where that is
        not set): for matching and building by hand, in a shell or a test."""
        return bind_url_map(self, request)

    def test_cli_runner(self, **kwargs: Any) -> CliRunner:
        """Return a runner that calls the commands of ``app.cli`` and collects what they print.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.cli.command()
        ... def greet(name, loud: bool = False):
        ...     print(f"Hello, {name}{'!' if loud else '.'}")
        >>> app.test_cli_runner().invoke(args=["greet", "Ada", "--loud"]).output
        'Hello, Ada!\\n'
        """
        from .clirunner import CliRunner

        runner_class = self.test_cli_runner_class or CliRunner
        return runner_class(self, **kwargs)

    def async_to_sync(self, func: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        """Return a function that runs the coroutine function *func* to its end; see
        `run_coroutine`."""
        from .asyncrun import run_coroutine

        def synchronous(*args: Any, **kwargs: Any) -> Any:
            return run_coroutine(func(*args, **kwargs))

        return synchronous

    def stream(self, template: Template, context: dict[str, Any]) -> Iterator[str]:
        """Return the pieces of a template, each rendered when it is asked for."""
        from .rendering import stream_in_app

        return stream_in_app(self, template, context)


def find_instance_path(import_name: str, root_path: str, app_name: str) -> str:
    """Return the instance folder of an app that was given none.

    >>> find_instance_path("example", "/srv/example", "example").replace(os.sep, "/")
    '/srv/example/instance'
    """
    folder = root_path
    # Up to where the outermost package lies.
    levels = import_name.count(".")
    levels += hasattr(sys.modules.get(import_name), "__path__")
    for _ in range(levels):
        folder = os.path.dirname(folder)
    archive = find_archive(folder)
    if archive is not None:
        folder = os.path.dirname(os.path.abspath(archive.archive))
    prefix = os.path.abspath(sys.prefix)
    # A Python at the root of the file system has everything below it.
    if len(prefix) > 1 and f"{folder}{os.sep}".startswith(f"{prefix}{os.sep}"):
        return os.path.join(prefix, "var", f"{app_name}-instance")
    return os.path.join(folder, "instance")


def split_inline_templates(text: str) -> dict[str, str]:
    """Return the templates of a text by name; a line ``@@ name`` begins each."""
    lines_of: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in text.splitlines(keepends=True):
        if line.startswith("@@"):
            lines = lines_of[line[2:].strip()] = []
        elif lines is not None:
            lines.append(line)
        elif line.strip():
            raise ValueError(
                f"text stands before the first template: {line.strip()!r:.60}; begin each with a "
                f"line such as '@@ index.html'"
            )
    return {name: "".join(lines) for name, lines in lines_of.items()}
