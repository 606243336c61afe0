"""What a page says while debugging, beyond the error itself: routes, keys, limits, templates.

It reads the app and the request and says what was received, what would have been right, and what to
type. It is loaded by the first error that a client on this machine gets in debug mode, and by
nothing else; how a page looks is the business of ``dev.page``.
"""

from __future__ import annotations

import os
import re
import sys

from ..ctx import DEBUG_PAGE_KEY
from ..http import BadHost, BadRequestKeyError, HTTPException
from ..scaffold import describe_function
from ..text.nearest import near_names
from .debug import (
    describe_exception,
    describe_request,
    describe_value,
    is_local_request,
    kind_of_frame,
    lines_around,
    trace_frames,
)
from .page import (
    CodeBlock,
    FoldBlock,
    SourceBlock,
    TableBlock,
    TeachingPage,
    TextBlock,
    is_secret_name,
    mask_secret_pairs,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, ClassVar

    from ..app import Microweb
    from ..ctx import Context
    from ..http import Response
    from ..routing import Rule

_MOST_ROUTES_SHOWN = 60
_PAGE_METHODS = ("get_body", "get_response", "get_headers", "get_description", "__call__")


def teaching_response(app: Microweb, context: Context, error: HTTPException) -> Response:
    """Return the page that explains an HTTP error to a client on this machine; the usual page for
    other clients, for other codes and for errors that have a page of their own."""
    kind, environ = type(error), context.environ
    if (
        error.code not in Lesson.TEACHERS
        or error.response is not None
        or any(getattr(kind, name) is not getattr(HTTPException, name) for name in _PAGE_METHODS)
        or environ is None
        or not is_local_request(environ)
    ):
        usual, response_class = error.get_response(environ), app.response_class
        return usual if isinstance(usual, response_class) else response_class.force_type(usual)
    page = TeachingPage(error.code or 500, error.name, error.description or "")
    Lesson(app, context, error, page).teach()
    describe_request(environ, page)
    headers, data = page.answer(environ.get("HTTP_ACCEPT", ""))
    headers += [field for field in error.get_headers(environ) if field[0] != "Content-Type"]
    return app.response_class(data, page.code, headers)


def add_app_to_page(app: Microweb, context: Context, error: Exception) -> None:
    """Put on the debugger's page for an exception what the app knows: the route, the keys
    that came, what helps against missing keys and errors of templates; mask the app's secrets."""
    page: TeachingPage = (context.environ or {})[DEBUG_PAGE_KEY]
    if page.subject is None:
        if isinstance(error, BadRequestKeyError):
            page.code, page.name = 400, error.name
        Lesson(app, context, error, page).teach()


class Lesson:
    """What is to be said about one *error* of a request, put on its *page* by `teach`."""

    def __init__(self, app: Microweb, context: Context, error: Any, page: TeachingPage) -> None:
        self.app, self.context, self.error, self.page = app, context, error, page
        self.environ: dict[str, Any] = context.environ or {}

    def teach(self) -> None:
        """Put everything on the page. An explanation that fails stays half: it does not take the
        place of the error."""
        error, page = self.error, self.page
        self._mask_app_secrets()
        try:
            teacher = self.TEACHERS.get(getattr(error, "code", None))
            if isinstance(error, HTTPException) and teacher is not None:
                teacher(self)
            elif isinstance(error, NameError):
                self._suggest_import()
            elif any(cls.__name__ == "TemplateError" for cls in type(error).__mro__):
                self._explain_template_error()
            if isinstance(error, HTTPException) and not isinstance(error, BadRequestKeyError):
                self._show_place_of_error()
            else:
                describe_exception(error, page)
            self._show_route()
            rows = [
                (name, ", ".join(map(repr, keys)) or "no keys")
                for name, keys in self._received_keys()
            ]
            if rows:
                page.add("The keys that came", TableBlock(rows))
        except Exception as failure:
            page.add("Of this page", TextBlock(f"The explanation ends in {failure!r:.200}"))

    def _mask_app_secrets(self) -> None:
        for name, value in self.app.config.items():
            own = name not in self.app.default_config or name.startswith("SECRET_KEY")
            if own and is_secret_name(name):
                for secret in value if isinstance(value, (list, tuple)) else (value,):
                    text = secret.decode("latin-1") if isinstance(secret, bytes) else secret
                    if isinstance(text, str) and text:
                        # A key of several lines is shown line by line.
                        parts = [part for part in text.split("\n") if len(part) > 5]
                        self.page.secrets.update([text, *parts])

    def _explain_walk(self) -> Any:
        path = self.environ.get("PATH_INFO") or "/"
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")
        has_hosts = self.app.url_map.has_hosts
        domain = self.app._domain_of(self.environ) if has_hosts else None
        return self.app.url_map.explain(self.environ.get("REQUEST_METHOD", "GET"), path, domain)

    def _view_of(self, rule: Rule) -> str:
        """Return name and place of a rule's view."""
        view: Any = self.app.view_functions.get(rule.endpoint)
        methods = vars(getattr(view, "view_class", object)).values()
        functions = [function for function in methods if hasattr(function, "__code__")]
        view = functions[0] if functions and hasattr(view, "view_class") else view
        return "no view" if view is None else describe_function(view)

    def _show_route(self) -> None:
        rule = self.context.url_rule
        if rule is not None:
            values = describe_value(self.context.view_args or {}, self.page.clean)
            rows = [("rule", rule.rule), ("endpoint", str(rule.endpoint)), ("arguments", values)]
            table = TableBlock([*rows, ("view", self._view_of(rule))])
            self.page.add("The route", table, CodeBlock(str(self._explain_walk())))

    def _show_place_of_error(self) -> None:
        """Show the line of the app that raised an HTTP error."""
        own = [traced for traced in trace_frames(self.error) if kind_of_frame(traced[0]) == "app"]
        if own:
            frame, line, columns = own[-1]
            lines, first = lines_around(frame.f_code.co_filename, line, frame.f_globals)
            place = f"`{frame.f_code.co_name}` ({frame.f_code.co_filename}:{line})"
            source = SourceBlock(lines, first, line, columns)
            self.page.add("Raised in", TextBlock(place), source)

    def _received_keys(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the keys that the request carries, as far as it was read: nothing is parsed now."""
        own = {} if self.context._request is None else vars(self.context._request)
        for name in ("args", "form", "files", "_cached_json"):
            if hasattr(own.get(name), "keys"):
                keys = [str(key)[:100] for key in own[name]]
                yield f"request.{name}".replace("_cached_", ""), keys[:100]

    def _explain_not_found(self) -> None:
        if self.context.routing_exception is not self.error:
            self._explain_missing_file()
            return
        found, page = self._explain_walk(), self.page
        page.description = f"No route leads to {found.path!r:.300}."
        for rule, why in found.near:
            arguments = "".join(f", {name}=..." for name in rule.names)
            call = f"url_for({rule.endpoint!r}{arguments})"
            text = f"`{rule.rule}` comes near: {why}. Link to it with `{call}`."
            if rule.rule.rstrip("/") == found.path.rstrip("/") and rule.rule != found.path:
                slash = "with a slash" if rule.rule.endswith("/") else "without the slash"
                text = f"`{rule.rule}` exists {slash} at its end: link to it with `{call}`."
            page.add_fix(text)
        view = self._draft_view(found.path, found.method)
        if found.near:
            page.add("A view for this URL", CodeBlock(view))
        else:
            page.add_fix("If this URL is to exist, give it a view:", view)
        page.add("The walk through the routes", CodeBlock(str(found)))
        rules = list(self.app.url_map.iter_rules())
        rows = []
        for rule in rules[:_MOST_ROUTES_SHOWN]:
            methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            rows.append((f"{methods} {rule.rule}", f"{rule.endpoint}: {self._view_of(rule)}"))
        routes = FoldBlock(f"{len(rules)} routes", [TableBlock(rows)], len(rows) <= 12)
        page.add("All routes", routes)

    def _draft_view(self, path: str, method: str) -> str:
        """Return a view for *path*, to be pasted: numbers in it become variables."""
        words, pieces = [], []
        names: list[str] = []
        for segment in path.split("/"):
            if segment.isascii() and segment.isdigit():
                names.append(f"id{len(names) + 1}" if names else "id")
                segment = f"<int:{names[-1]}>"
            else:
                words += re.findall("[a-z0-9]+", segment.lower())
            pieces.append(segment)
        name = "_".join(words)[:40] or "index"
        if name[0].isdigit() or name in self.app.view_functions:
            name = f"view_{name}"
        methods = "" if method in ("GET", "HEAD", "OPTIONS") else f", methods=[{method!r}]"
        head = f"@app.route({'/'.join(pieces)!r}{methods})\ndef {name}({', '.join(names)}):"
        return f"{head}\n    return 'Hello!'"

    def _explain_missing_file(self) -> None:
        """Say which folder was looked in, where a view has sent a file that is not there."""
        for frame, _, _ in trace_frames(self.error):
            if frame.f_code.co_name != "send_from_directory" or kind_of_frame(frame) != "framework":
                continue
            folder, path = str(frame.f_locals["root"]), str(frame.f_locals["path"])
            self.page.description = f"There is no file {path!r} in the folder {folder!r}."
            if not os.path.isdir(folder):
                self.page.add_fix(f"The folder does not exist: create `{folder}`.")
                continue
            names: list[str] = []
            for place, _, files in os.walk(folder):
                inside = os.path.relpath(place, folder).replace(os.sep, "/")
                names += [file if inside == "." else f"{inside}/{file}" for file in sorted(files)]
                if len(names) > 1000:
                    break
            for name in near_names(path, names, 0.7):
                self.page.add_fix(f"Did you mean `{name}`?")
            self.page.add("The folder holds", CodeBlock("\n".join(names[:20]) or "nothing"))

    def _explain_wrong_method(self) -> None:
        if self.context.routing_exception is not self.error:
            return
        found, page = self._explain_walk(), self.page
        allowed = list(getattr(self.error, "valid_methods", None) or ())
        shown = [method for method in allowed if method not in ("HEAD", "OPTIONS")]
        takes = f"does not take {found.method}; it takes {', '.join(allowed)}."
        page.description = f"{found.path!r:.300} {takes}"
        rules = [rule for rule, _ in found.near if found.method not in (rule.methods or ())]
        rows = [(", ".join(sorted(rule.methods or ())), self._view_of(rule)) for rule in rules]
        page.add("The views of this URL", TableBlock(rows))
        for rule in rules[:1]:
            view: Any = self.app.view_functions.get(rule.endpoint)
            if hasattr(view, "view_class"):
                code = f"    def {found.method.lower()}(self):\n        return 'Hello!'"
                page.add_fix(f"Give the class `{view.view_class.__name__}` a method for it:", code)
            else:
                methods = ", ".join(f'"{method}"' for method in [*shown, found.method])
                text = f"If {self._view_of(rule)} is to answer it too, let its route say so:"
                page.add_fix(text, f'@app.route("{rule.rule}", methods=[{methods}])')
        if found.method == "GET" and shown:
            page.add_fix(
                f"A link, or an address typed by hand, is always GET: for {shown[0]} the page "
                f'needs a form with `method="{shown[0].lower()}"`.'
            )

    def _explain_bad_request(self) -> None:
        error, page = self.error, self.page
        cause = error.__cause__
        if isinstance(error, BadRequestKeyError) and error.args:
            key = error.args[0]
            page.description = f"The view reads the key {key!r:.100}, and the request lacks it."
            came = [name for _, names in self._received_keys() for name in names]
            for name in near_names(key, came, 0.7)[:1]:
                page.add_fix(f"`{name}` came: give the field and the view one name.")
            code = f"request.form.get({key!r}, '')  # request.args likewise"
            page.add_fix("If it may be missing, read it with a default:", code)
        elif isinstance(error, BadHost):
            host = re.sub(":[0-9]*$", "", self.environ.get("HTTP_HOST", ""))
            hosts = [*(self.app.config["TRUSTED_HOSTS"] or ()), host]
            text = "If the app is to answer for this host, let the configuration say so:"
            page.add_fix(text, f"app.config['TRUSTED_HOSTS'] = {hosts!r}")
        elif hasattr(cause, "doc") and hasattr(cause, "pos"):
            line, start = cause.doc.split("\n")[cause.lineno - 1], cause.colno - 1
            begin = max(0, start - 60)
            shown = mask_secret_pairs(line[begin : start + 60])
            # Where something was masked the column fits no longer.
            fits = shown == line[begin : start + 60]
            columns = (start - begin, start - begin + 1) if fits else None
            block = SourceBlock([shown], cause.lineno, cause.lineno, columns)
            page.add("The body that came", block)
            page.add_fix(
                "JSON wants double quotes around keys and texts, and no comma after the last item."
            )

    def _explain_too_large(self) -> None:
        said = self.error.detail or ""
        self.page.description = said or self.page.description
        found = re.search("MAX_[A-Z_]+", said)
        if found is not None:
            key, sent = found[0], self.environ.get("CONTENT_LENGTH") or "not announced"
            limit = self.app.config.get(key)
            rows = [(f"app.config[{key!r}]", repr(limit)), ("Content-Length", sent)]
            self.page.add("The limit", TableBlock(rows))
            size = int(sent) if sent.isascii() and sent.isdigit() and key != "MAX_FORM_PARTS" else 0
            code = f"app.config[{key!r}] = {2 * max(size, limit or 0)}"
            self.page.add_fix("If so much is to be taken, raise the limit:", code)

    def _explain_wrong_type(self) -> None:
        from shlex import quote

        environ = self.environ
        text = "Send JSON, and say that it is JSON:"
        if "form" in environ.get("CONTENT_TYPE", "").lower():
            text = "What came is a form: read `request.form` instead of `request.json`, or send:"
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "/")
        url = quote(f"http://{environ.get('HTTP_HOST', 'localhost')}{path}")
        header = "-H 'Content-Type: application/json'"
        method = environ.get("REQUEST_METHOD")
        self.page.add_fix(text, f'curl -X {method} {url} {header} \\\n  -d \'{{"name": "value"}}\'')

    def _explain_template_error(self) -> None:
        error, page = self.error, self.page
        line = getattr(error, "lineno", None)
        if isinstance(line, int):
            place = error.filename or error.name or "the template"
            page.description = f"In {place!r}, line {line}: {error.message}"
            lines, first = lines_around(error.filename or "", line)
            if error.source is not None:
                lines = error.source.split("\n")[first - 1 : line + 4]
            page.add("The template", SourceBlock(lines, first, line))
        elif hasattr(error, "tried"):
            page.description = error.args[0]
            places = "\n".join(error.tried[:20]) or "no place at all"
            page.add("Looked for at", CodeBlock(places))
            near = near_names(error.name, error.list_names(), 0.7)
            for name in near:
                page.add_fix(f"Did you mean `{name}`?")
            if error.tried and not near:
                page.add_fix(f"Create the file `{error.tried[0]}`.")

    def _suggest_import(self) -> None:
        """Say what to import, where a name of the package is used that was not imported."""
        found = re.search("'([^']{1,100})'", str(self.error))
        package = sys.modules[__name__.rpartition(".dev.")[0] or __name__]
        name = found[1] if found is not None else "_"
        if not name.startswith("_") and name in getattr(package, "__all__", vars(package)):
            text = f"`from {package.__name__} import {name}` at the top of the file."
            self.page.add_fix(text)

    TEACHERS: ClassVar[dict[int | None, Any]] = {
        400: _explain_bad_request,
        404: _explain_not_found,
        405: _explain_wrong_method,
        413: _explain_too_large,
        415: _explain_wrong_type,
    }
