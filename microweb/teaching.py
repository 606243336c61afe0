"""What a page says while debugging, beyond the error itself: routes, keys, limits, templates.

Law of this module: it reads the app and the request and says what was received, what would have
been right, and what to type. It is loaded by the first error that a client on this machine gets in
debug mode, and by nothing else; how a page looks is the business of ``serving.pages``.
"""

from __future__ import annotations

import os
import re

from .http import (
    BadHost,
    BadRequestKeyError,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from .scaffold import describe_function
from .serving.debug import (
    describe_request,
    describe_value,
    is_local_request,
    kind_of_frame,
    lines_around,
    near_names,
    trace_frames,
)
from .serving.pages import (
    CodeBlock,
    FoldBlock,
    SourceBlock,
    TableBlock,
    TeachingPage,
    TextBlock,
    is_secret_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .app import Microweb
    from .context import Context
    from .http import Response
    from .routing import Rule

_MOST_ROUTES_SHOWN = 60


def teaching_response(app: Microweb, context: Context, error: HTTPException) -> Response | None:
    """Return the page that explains an HTTP error to a client on this machine, or None where the
    usual page is to be sent: for other clients, other codes, and errors with a page of their own.
    """
    environ, kind = context.environ, type(error)
    own_page = error.response is not None or any(
        getattr(kind, name) is not getattr(HTTPException, name)
        for name in ("get_body", "get_response", "get_headers", "get_description", "__call__")
    )
    describe = next((d for base, d in _DESCRIBERS.items() if isinstance(error, base)), None)
    if describe is None and error.code == 400:
        describe = _describe_bad_request
    if environ is None or own_page or describe is None or not is_local_request(environ):
        return None
    page = TeachingPage(error.code or 500, error.name, error.description or "")
    _add_app_secrets(app, page)
    describe(app, context, error, page)
    _add_place_of_error(error, page)
    _add_route(app, context, page)
    describe_request(environ, page)
    _add_received_keys(context, page)
    headers, data = page.answer(environ.get("HTTP_ACCEPT", ""))
    own_headers = [field for field in error.get_headers(environ) if field[0] != "Content-Type"]
    return app.response_class(data, page.code, [*headers, *own_headers])


def add_app_to_page(app: Microweb, context: Context, error: Exception, page: TeachingPage) -> None:
    """Put on the page for an exception what only the app knows: its secrets, the matched rule, the
    keys that came, and what is known about errors of templates and of the request."""
    _add_app_secrets(app, page)
    if isinstance(error, BadRequestKeyError):
        page.code, page.name = 400, error.name
        _describe_bad_request(app, context, error, page)
    elif isinstance(error, NameError):
        _suggest_import(error, page)
    elif type(error).__module__.endswith("templating.exceptions"):
        _describe_template_error(error, page)
    _add_route(app, context, page)
    _add_received_keys(context, page)


def _add_app_secrets(app: Microweb, page: TeachingPage) -> None:
    """Have the values of the configuration's secret keys masked wherever they would stand."""
    for name, value in app.config.items():
        if isinstance(name, str) and is_secret_name(name):
            for secret in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(secret, bytes):
                    secret = secret.decode("latin-1")
                if isinstance(secret, str) and secret:
                    page.secrets.update(
                        [secret, *filter(lambda line: len(line) > 5, secret.split("\n"))]
                    )


def _url_for_call(rule: Rule) -> str:
    arguments = "".join(f", {name}=..." for name in rule.names)
    return f"url_for({rule.endpoint!r}{arguments})"


def _view_of(app: Microweb, rule: Rule) -> str:
    view = app.view_functions.get(rule.endpoint)
    return "no view" if view is None else describe_function(view)


def _describe_not_found(
    app: Microweb, context: Context, error: HTTPException, page: TeachingPage
) -> None:
    if context.routing_exception is not error or context.environ is None:
        _describe_missing_file(error, page)
        return
    found = _explain_walk(app, context)
    path = found.path
    page.description = f"No route leads to {path!r:.300}."
    for rule, why in found.near:
        call = _url_for_call(rule)
        text = f"`{rule.rule}` comes near: {why}. Link to it with `{call}`."
        if rule.rule.rstrip("/") == path.rstrip("/") and rule.rule != path:
            slash = "with a" if rule.rule.endswith("/") else "without the"
            text = f"`{rule.rule}` exists {slash} slash at its end: link to it with `{call}`."
        page.fixes.append(TextBlock(text))
    if not found.near:
        page.fixes.append(TextBlock("If this URL is to exist, give it a view:"))
        page.fixes.append(CodeBlock(_new_view(app, path, found.method)))
    else:
        page.add("A view for this URL", CodeBlock(_new_view(app, path, found.method)))
    page.add("The walk through the routes", CodeBlock(str(found)))
    rows = [
        (
            f"{', '.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}))} {rule.rule}",
            f"{rule.endpoint}: {_view_of(app, rule)}",
        )
        for rule in list(app.url_map.iter_rules())[:_MOST_ROUTES_SHOWN]
    ]
    page.add("All routes", FoldBlock(f"{len(rows)} shown", [TableBlock(rows)], len(rows) <= 12))


def _explain_walk(app: Microweb, context: Context) -> Any:
    environ = context.environ or {}
    path = (environ.get("PATH_INFO") or "/").encode("latin-1", "replace").decode("utf-8", "replace")
    domain = app._domain_of(environ) if app.url_map.has_hosts else None
    return app.url_map.explain(environ.get("REQUEST_METHOD", "GET"), path, domain)


def _new_view(app: Microweb, path: str, method: str) -> str:
    """Return a view for *path*, to be pasted: numbers in it become variables."""
    words, pieces, names = [], [], []
    for segment in path.split("/"):
        if segment.isascii() and segment.isdigit():
            names.append("id" if not names else f"id{len(names) + 1}")
            pieces.append(f"<int:{names[-1]}>")
        else:
            pieces.append(segment)
            words += re.findall("[a-z0-9]+", segment.lower())
    name = "_".join(words)[:40] or "index"
    name = f"view_{name}" if name[0].isdigit() or name in app.view_functions else name
    methods = "" if method in ("GET", "HEAD", "OPTIONS") else f", methods=[{method!r}]"
    rule = "/".join(pieces)
    return f"@app.route({rule!r}{methods})\ndef {name}({', '.join(names)}):\n    return 'Hello!'"


def _describe_missing_file(error: HTTPException, page: TeachingPage) -> None:
    """Say which folder was looked in, where a view has sent a file that is not there."""
    for frame, _, _ in trace_frames(error):
        if frame.f_code.co_name == "send_from_directory" and kind_of_frame(frame) == "framework":
            folder, path = str(frame.f_locals["root"]), str(frame.f_locals["path"])
            page.description = f"There is no file {path!r} in the folder {folder!r}."
            if not os.path.isdir(folder):
                page.fixes.append(TextBlock(f"The folder does not exist: create `{folder}`."))
                continue
            names: list[str] = []
            for place, _, files in os.walk(folder):
                inside = os.path.relpath(place, folder).replace(os.sep, "/")
                names += [file if inside == "." else f"{inside}/{file}" for file in sorted(files)]
                if len(names) > 1000:
                    break
            near = [f"Did you mean `{name}`?" for name in near_names(path, names)]
            page.fixes += [TextBlock(text) for text in near]
            page.add("The folder holds", CodeBlock("\n".join(names[:20]) or "nothing"))


def _describe_wrong_method(
    app: Microweb, context: Context, error: HTTPException, page: TeachingPage
) -> None:
    if context.routing_exception is not error:
        return
    found = _explain_walk(app, context)
    allowed = [method for method in getattr(error, "valid_methods", None) or ()]
    shown = [method for method in allowed if method not in ("HEAD", "OPTIONS")]
    page.description = (
        f"{found.path!r:.300} does not take {found.method}; it takes {', '.join(allowed)}."
    )
    rows = []
    for rule, _ in found.near:
        if found.method not in (rule.methods or ()):
            rows.append(
                (", ".join(sorted(rule.methods or ())), f"{rule.rule}: {_view_of(app, rule)}")
            )
            view = app.view_functions.get(rule.endpoint)
            if hasattr(view, "view_class"):
                name = view.view_class.__name__
                page.fixes.append(TextBlock(f"Give the class `{name}` a method for it:"))
                code = f"class {name}(MethodView):\n    def {found.method.lower()}(self, ...):"
            else:
                where = describe_function(view)
                page.fixes.append(
                    TextBlock(f"If {where} is to answer it too, let its route say so:")
                )
                methods = ", ".join(f'"{method}"' for method in [*shown, found.method])
                code = f'@app.route("{rule.rule}", methods=[{methods}])'
            page.fixes.append(CodeBlock(code))
            break
    if found.method == "GET" and shown:
        page.fixes.append(
            TextBlock(
                f"A link, or an address typed by hand, is always GET. For {shown[0]} the page needs a form "
                f'with `method="{shown[0].lower()}"`.'
            )
        )
    page.add("The views of this URL", *([TableBlock(rows)] if rows else []))


def _describe_bad_request(
    app: Microweb, context: Context, error: HTTPException, page: TeachingPage
) -> None:
    cause: Any = error.__cause__
    if isinstance(error, BadRequestKeyError) and error.args:
        key = error.args[0]
        page.description = f"The view reads the key {key!r:.100}, which the request does not carry."
        names = _received_keys(context)
        near = near_names(key, [name for _, keys in names for name in keys])
        if near:
            page.fixes.append(TextBlock(f"`{near[0]}` came: give the field and the view one name."))
        code = f"request.form.get({key!r}, '')    # also request.args, request.headers, ..."
        page.fixes += [TextBlock("If it may be missing, read it with a default:"), CodeBlock(code)]
    elif isinstance(error, BadHost):
        host = (context.environ or {}).get("HTTP_HOST", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        hosts = [*(app.config["TRUSTED_HOSTS"] or ()), name]
        page.fixes += [
            TextBlock("If the app is to answer for this host, let the configuration say so:"),
            CodeBlock(f"app.config['TRUSTED_HOSTS'] = {hosts!r}"),
        ]
    elif isinstance(getattr(cause, "pos", None), int):
        lines = cause.doc.split("\n")
        first = max(1, cause.lineno - 4)
        start = cause.colno - 1
        block = SourceBlock(
            lines[first - 1 : cause.lineno + 3], first, cause.lineno, (start, start + 1)
        )
        page.add("The body that came", block)
        page.fixes.append(
            TextBlock(
                "JSON wants double quotes around keys and texts, and no comma after the last item."
            )
        )


def _describe_too_large(
    app: Microweb, context: Context, error: HTTPException, page: TeachingPage
) -> None:
    said = error.detail or ""
    page.description = said or page.description
    found = re.search("MAX_[A-Z_]+", said)
    if found is not None:
        key, sent = found[0], (context.environ or {}).get("CONTENT_LENGTH") or "unknown"
        rows = [("limit", key), (f"app.config[{key!r}]", repr(app.config.get(key)))]
        page.add("What was sent", TableBlock([*rows, ("Content-Length", f"{sent} bytes")]))
        wanted = 2 * max(int(sent) if sent.isdigit() else 0, int(app.config.get(key) or 0))
        page.fixes += [
            TextBlock("If so much is to be taken, raise the limit:"),
            CodeBlock(f"app.config[{key!r}] = {wanted}"),
        ]


def _describe_wrong_type(
    app: Microweb, context: Context, error: HTTPException, page: TeachingPage
) -> None:
    from shlex import quote

    environ = context.environ or {}
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip(" ").lower()
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        text = "What came is a form: read `request.form` instead of `request.json`, or send JSON:"
    else:
        text = "Send JSON, and say that it is JSON:"
    url = f"http://{environ.get('HTTP_HOST', 'localhost')}{environ.get('PATH_INFO', '/')}"
    curl = (
        f"curl -X {environ.get('REQUEST_METHOD')} {quote(url)} \\\n"
        "  -H 'Content-Type: application/json' -d '{\"name\": \"value\"}'"
    )
    page.fixes += [TextBlock(text), CodeBlock(curl)]


def _describe_template_error(error: Any, page: TeachingPage) -> None:
    line = getattr(error, "lineno", None)
    if isinstance(line, int):
        place = error.filename or error.name or "the template"
        page.description = f"In the template {place!r}, line {line}: {error.message}"
        lines, first = lines_around(error.filename or "", line)
        if error.source is not None:
            lines = error.source.split("\n")[first - 1 : line + 4]
        page.add("The template", SourceBlock(lines, first, line))
    elif hasattr(error, "tried"):
        page.description = error.args[0]
        names = near_names(error.name, error.list_names())
        page.add(
            "Looked for at",
            CodeBlock("\n".join(error.tried)) if error.tried else TextBlock("no place"),
        )
        for name in names:
            page.fixes.append(TextBlock(f"Did you mean `{name}`?"))
        if error.tried and not names:
            page.fixes.append(TextBlock(f"Create the file `{error.tried[0]}`."))


def _suggest_import(error: NameError, page: TeachingPage) -> None:
    """Say what to import, where a name of the package is used that was not imported."""
    from sys import modules

    found = re.search("'([^']{1,100})'", str(error))
    package = modules[__name__.partition(".teaching")[0]]
    if found is not None and not found[1].startswith("_") and hasattr(package, found[1]):
        text = f"`from {package.__name__} import {found[1]}` at the top of the file."
        page.fixes.append(TextBlock(text))


def _add_place_of_error(error: HTTPException, page: TeachingPage) -> None:
    """Show the line of the app that an HTTP error came from."""
    own = [traced for traced in trace_frames(error) if kind_of_frame(traced[0]) == "app"]
    if own:
        frame, line, columns = own[-1]
        lines, first = lines_around(frame.f_code.co_filename, line, frame.f_globals)
        place = f"`{frame.f_code.co_name}` ({frame.f_code.co_filename}:{line})"
        blocks = [SourceBlock(lines, first, line, columns)] if lines else []
        page.add("Raised in", TextBlock(place), *blocks)


def _add_route(app: Microweb, context: Context, page: TeachingPage) -> None:
    rule = context.url_rule
    if rule is not None:
        values = describe_value(context.view_args or {}, page.clean)
        rows = [("rule", rule.rule), ("endpoint", str(rule.endpoint)), ("arguments", values)]
        walk = CodeBlock(str(_explain_walk(app, context)))
        page.add(
            "The route",
            TableBlock([*rows, ("view", _view_of(app, rule))]),
            FoldBlock("The walk to it", [walk]),
        )


def _received_keys(context: Context) -> list[tuple[str, list[str]]]:
    """Return the keys that the request carries, as far as it was read: nothing is parsed now."""
    own = {} if context._request is None else context._request.__dict__
    found = [(name, own.get(name)) for name in ("args", "form", "files", "_cached_json")]
    return [
        (f"request.{name}".replace("_cached_", ""), [str(key) for key in value])
        for name, value in found
        if hasattr(value, "keys")
    ]


def _add_received_keys(context: Context, page: TeachingPage) -> None:
    rows = [
        (name, ", ".join(map(repr, keys[:100])) or "(empty)")
        for name, keys in _received_keys(context)
    ]
    page.add("The keys that came", *([TableBlock(rows)] if rows else []))


_DESCRIBERS: dict[type[HTTPException], Any] = {
    NotFound: _describe_not_found,
    MethodNotAllowed: _describe_wrong_method,
    RequestEntityTooLarge: _describe_too_large,
    UnsupportedMediaType: _describe_wrong_type,
}
