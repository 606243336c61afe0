"""What is wrong with an app before it is used, each with the way to put it right.

A check looks at one subject and yields findings: ``"wrong"``, for what fails or is a danger, or
``"note"``, for what may be meant so; and a sentence. No request is made and no view is called.
"""

from __future__ import annotations

import os
import sys

from ..configcheck import check_configuration
from ..globals import session
from ..helpers import flash, render_template, stream_template
from ..http.cookies import dump_cookie
from ..routing.extra.reachability import find_hidden_rules
from ..scaffold import Scaffold
from ..sessions import SecureCookieSessionInterface
from ..templating import TemplateError, TemplateNotFound
from ..text.hosts import host_is_trusted, split_host_port
from ..text.nearest import nearest_name
from ..viewcheck import check_view_arguments
from .inspecting import check_templates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

    from ..app import Microweb

    Finding = tuple[str, str]

# With no-break spaces, so that the report leaves it whole.
_MAKE_A_KEY = "have one made: python\xa0-c\xa0'import\xa0os;\xa0print(os.urandom(32).hex())'"
_SHORTEST_KEY = 16
_FEWEST_KEY_LETTERS = 7
_PLACEHOLDERS = ("secret", "change", "password", "example", "your-", "your_", "development")
# The keys that Flask's documentation shows.
_PUBLISHED_KEYS = (
    b'_5#y2L"F4Q8z\n\xec]/',
    b"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
)


def check_app(app: Microweb) -> Iterator[Finding]:
    """Yield what all checks find.

    >>> from microweb import Microweb
    >>> app = Microweb("example", static_folder="pictures")
    >>> for kind, sentence in check_app(app):
    ...     print(kind, sentence)  # doctest: +ELLIPSIS
    wrong the static folder of the app, '...pictures', does not exist: make it, or correct its name
    """
    for subject, check in APP_CHECKS.items():
        try:
            yield from check(app)
        except Exception as error:
            # Code of the app's own has a part in it: loaders, configuration, subclasses.
            reason = f"{type(error).__name__}: {error}"
            yield "note", f"the {subject} could not all be checked: {reason}"


def _check_routes(app: Microweb) -> Iterator[Finding]:
    urls = app.url_map
    hidden_rules = set()
    for hidden in find_hidden_rules(urls):
        hidden_rules.add(hidden.rule)
        # One without a view only gives a URL a second name.
        if hidden.rule.endpoint in app.view_functions:
            yield (
                "wrong" if hidden.certain else "note",
                f"the rule {hidden.rule.told()} {'is' if hidden.certain else 'seems to be'} never "
                f"reached by {', '.join(hidden.methods)}: {hidden.hidden_by.told()} comes first, "
                f"as for {hidden.path!r}; change the URL or the methods of one of them",
            )
    for rule in urls.iter_rules():
        if rule.build_only or rule.alias or rule.redirect_to is not None or rule in hidden_rules:
            continue
        if rule.endpoint not in app.view_functions:
            yield (
                "wrong",
                f"the rule {rule.rule!r} leads to the endpoint {rule.endpoint!r}, which has no "
                f"view; register one with @app.endpoint({rule.endpoint!r})",
            )
    if urls.host_matching or (app.subdomain_matching and app.config["SERVER_NAME"]):
        return
    for rule in urls.iter_rules():
        if rule.subdomain:
            yield (
                "wrong",
                f"the rule {rule.told()} is never reached: subdomains such as {rule.subdomain!r} "
                f"count only with Microweb(..., subdomain_matching=True) and SERVER_NAME in the "
                f"configuration",
            )
            return


def _check_views(app: Microweb) -> Iterator[Finding]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        # A preprocessor may take arguments away.
        if view and not any(app.iter_hooks(app.url_value_preprocessors, rule.endpoint)):
            try:
                check_view_arguments(rule.rule, rule.arguments, view, rule.methods or ())
            except TypeError as error:
                yield "wrong", str(error)


def _check_all_templates(app: Microweb) -> Iterator[Finding]:
    for failure in check_templates(app)[1]:
        yield "wrong", f"the template {failure}"


def _check_rendered_names(app: Microweb) -> Iterator[Finding]:
    environment: Any = app.jinja_env
    for module in _view_modules(app):
        for line, name in _find_rendered_names(module):
            try:
                environment.loader.get_source(environment, name)
            except TemplateNotFound:
                try:
                    near = nearest_name(name, environment.list_templates())
                except (TypeError, ImportError):  # Not every loader can list.
                    near = None
                yield (
                    "wrong",
                    f"there is no template {name!r} to render in {_source_of(module)}:{line}; "
                    f"{f'did you mean {near!r}?' if near else 'make it, or correct its name'}",
                )
            except TemplateError:
                pass  # Told already.


def _view_modules(app: Microweb) -> list[ModuleType]:
    """Return the modules in which the views of *app* stand, the framework's own left out."""
    views = [
        getattr(view, "view_class", view)
        for view in app.view_functions.values()
        if not isinstance(getattr(view, "__self__", None), Scaffold)
    ]
    names = dict.fromkeys([str(getattr(view, "__module__", None)) for view in views])
    return [sys.modules[name] for name in names if name in sys.modules]


def _source_of(module: ModuleType) -> str:
    """Return the path of a module's source, also where it was compiled before; "" for none."""
    path = getattr(module, "__file__", None) or ""
    return path[:-1] if path.endswith(".pyc") else path


def _find_rendered_names(module: ModuleType) -> Iterator[tuple[int, str]]:
    """Yield line and name where *module* renders a template that it names by a constant.

    Only calls of what the module itself imports at its top are seen.
    """
    from ast import Attribute, Call, Constant, Name, parse, walk
    from linecache import getlines

    for node in walk(parse("".join(getlines(_source_of(module), vars(module))))):
        if not (isinstance(node, Call) and node.args and isinstance(node.args[0], Constant)):
            continue
        called: Any = None
        if isinstance(node.func, Name):
            called = getattr(module, node.func.id, None)
        elif isinstance(node.func, Attribute) and isinstance(node.func.value, Name):
            owner = getattr(module, node.func.value.id, None)
            called = vars(owner).get(node.func.attr) if isinstance(owner, type(sys)) else None
        name = node.args[0].value
        if isinstance(name, str) and (called is render_template or called is stream_template):
            yield node.lineno, name


def _check_settings(app: Microweb) -> Iterator[Finding]:
    found, warned = _catch_complaints(lambda: check_configuration(app.config))
    yield from [("wrong", sentence) for sentence in (*found, *warned)]
    for key, what in (("MAX_FORM_MEMORY_SIZE", "bytes"), ("MAX_FORM_PARTS", "parts")):
        if app.config[key] is None:
            yield (
                "note",
                f"app.config[{key!r}] is None, so a form may have any number of {what} and fill "
                f"the memory; give a number, or leave the default of "
                f"{app.default_config[key]}",
            )


def _catch_complaints(function: Callable[[], object]) -> tuple[list[str], list[str]]:
    """Call *function*; return the text of the error it raised, if any, and of its warnings."""
    from warnings import catch_warnings, simplefilter

    raised = []
    with catch_warnings(record=True) as caught:
        simplefilter("always")
        try:
            function()
        except (TypeError, ValueError) as error:
            raised.append(str(error))
    return raised, [str(warning.message) for warning in caught]


def _check_secret_keys(app: Microweb) -> Iterator[Finding]:
    if not isinstance(app.session_interface, SecureCookieSessionInterface):
        return
    keys = {"SECRET_KEY": app.config["SECRET_KEY"]}
    for index, key in enumerate(app.config["SECRET_KEY_FALLBACKS"] or ()):
        keys[f"SECRET_KEY_FALLBACKS[{index}]"] = key
    for name, key in keys.items():
        reason = _find_weakness(key) if key and isinstance(key, (str, bytes)) else ""
        if reason:
            yield "wrong", f"{name} can be guessed: {reason}; {_MAKE_A_KEY}"
    if keys["SECRET_KEY"]:
        return
    for module in _view_modules(app):
        if any(value is session or value is flash for value in vars(module).values()):
            yield (
                "wrong",
                f"there is no secret key, but {module.__name__!r} imports session or flash, which "
                f"fail without one: set app.secret_key; {_MAKE_A_KEY}",
            )
            return


def _find_weakness(key: str | bytes) -> str:
    """Return why a secret key might be guessed, "" for a good one; the key is not in it."""
    octets = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
    if octets in _PUBLISHED_KEYS:
        return "it is printed in Flask's documentation"
    if len(octets) < _SHORTEST_KEY:
        return f"it has {len(octets)} bytes, and 32 are good"
    if len(set(octets)) < _FEWEST_KEY_LETTERS:
        return "it repeats a few letters"
    text = octets.decode("latin-1").lower()
    return next((f"there is {word!r} in it" for word in _PLACEHOLDERS if word in text), "")


def _check_session_cookie(app: Microweb) -> Iterator[Finding]:
    interface = app.session_interface
    domain = interface.get_cookie_domain(app)

    def write_cookie() -> None:
        dump_cookie(
            interface.get_cookie_name(app),
            domain=domain,
            path=interface.get_cookie_path(app),
            secure=interface.get_cookie_secure(app),
            samesite=interface.get_cookie_samesite(app),
            partitioned=interface.get_cookie_partitioned(app),
        )

    found, warned = _catch_complaints(write_cookie)
    for sentence in (*found, *warned):
        yield "wrong", f"the session cookie cannot work as SESSION_COOKIE_... says: {sentence}"
    host = app.config["SERVER_NAME"]
    if (
        domain
        and split_host_port(host or "")
        and not host_is_trusted(host, [f".{domain.lstrip('.')}"])
    ):
        yield (
            "wrong",
            f"SESSION_COOKIE_DOMAIN is {domain!r}, and browsers refuse such a cookie from "
            f"{host!r}; leave it out, or name a part of SERVER_NAME",
        )
    if not interface.get_cookie_httponly(app):
        yield "note", "SESSION_COOKIE_HTTPONLY is off, so scripts in pages can read the session"


def _check_origins(app: Microweb) -> Iterator[Finding]:
    if app.config["REFUSE_CROSS_ORIGIN"] or not app.config["SECRET_KEY"]:
        return
    for rule in app.url_map.iter_rules():
        unsafe = sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
        if unsafe:
            yield (
                "note",
                f"{rule.rule!r} takes {unsafe[0]} from pages of other sites too, which browsers "
                f"send with the user's cookies; app.config['REFUSE_CROSS_ORIGIN'] = True refuses "
                f"that for all views",
            )
            return


def _check_hosts(app: Microweb) -> Iterator[Finding]:
    name, trusted = app.config["SERVER_NAME"], app.config["TRUSTED_HOSTS"]
    if name and split_host_port(name) is None:
        yield (
            "wrong",
            f"SERVER_NAME is {name!r}; it must be a host as in 'example.com' or 'localhost:8000', "
            f"without 'http://' and without a path",
        )
        name = None
    if trusted is None:
        return
    if not trusted:
        yield "wrong", "TRUSTED_HOSTS is empty, so every request is refused; None trusts any host"
    for host in trusted:
        if not isinstance(host, str) or split_host_port(host.lstrip(".")) is None:
            yield (
                "wrong",
                f"{host!r} in TRUSTED_HOSTS matches no host; write 'example.com', or "
                f"'.example.com' for its subdomains too",
            )
    if trusted and name and not host_is_trusted(name, trusted):
        yield "wrong", f"SERVER_NAME, {name!r}, is not in TRUSTED_HOSTS, so it is refused; add it"


def _check_folders(app: Microweb) -> Iterator[Finding]:
    owners: list[tuple[str, Scaffold]] = [("the app", app)]
    owners += [(f"the blueprint {name!r}", each) for name, each in app.blueprints.items()]
    for owner, each in owners:
        root = each.root_path
        # In a zip there are no folders to look for.
        if not os.path.isdir(root):
            continue
        for kind, folder, default in (
            ("static", each.static_folder, "static"),
            ("template", each.template_folder, "templates"),
        ):
            if folder is None:
                continue
            path = os.path.join(root, folder)
            is_default = each is app and path == os.path.join(root, default)
            if not (is_default or os.path.isdir(path)):
                yield (
                    "wrong",
                    f"the {kind} folder of {owner}, {path!r}, does not exist: make it, or correct "
                    "its name",
                )
            elif kind == "static" and _is_inside(root, path):
                yield (
                    "wrong",
                    f"the static folder of {owner}, {path!r}, holds its source, which everybody "
                    f"can download: give static files a folder of their own",
                )


def _is_inside(folder: str, outer: str) -> bool:
    """Return whether *folder* is *outer* or lies somewhere below it."""
    start = os.path.join(os.path.realpath(outer), "")
    return os.path.join(os.path.realpath(folder), "").startswith(start)


APP_CHECKS: dict[str, Callable[[Microweb], Iterator[Finding]]] = {
    "routes": _check_routes,
    "views": _check_views,
    "templates": _check_all_templates,
    "templates that views name": _check_rendered_names,
    "settings": _check_settings,
    "secret keys": _check_secret_keys,
    "session cookie's settings": _check_session_cookie,
    "origins": _check_origins,
    "hosts": _check_hosts,
    "folders": _check_folders,
}
