"""The app before any request: its configuration, what is registered on it, and its parts.

`AppBase` puts the router, the template environment, the JSON provider and the session interface
together and builds URLs; `Microweb` in ``app.py`` adds the road that a request takes.
"""

from __future__ import annotations

import os
import sys

from .config import DEFAULT_CONFIG, Config, ConfigAttribute
from .context import (
    CURRENT_CONTEXT,
    AppContextGlobals,
    find_request_context,
    g,
    request,
    session,
)
from .helpers import get_flashed_messages
from .http import Aborter, Request, Response, redirect_response
from .json import DefaultJSONProvider
from .logs import create_logger
from .routing import BuildError, Map, Rule
from .scaffold import Scaffold, check_registered_function, describe_function, names_to_ask
from .sessions import SecureCookieSessionInterface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta
    from logging import Logger
    from typing import Any, Callable

    from .blueprints import Blueprint
    from .scaffold import AnyFunction
    from .templating import BaseLoader, Environment, Template

_TRUE_WORDS = frozenset(["1", "true", "t", "yes", "y", "on"])
BLUEPRINT_OPTIONS = ("url_prefix", "name", "url_defaults", "cli_group")
# RFC 3986 §3.5: what may stand in a fragment as it is.
_FRAGMENT_SAFE = "!$&'()*+,/:;=?@"
# RFC 3986 §3.1.
_URL_SCHEME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")


class AppBase(Scaffold):
    """Everything of an app but the answering of requests. See `Microweb`."""

    request_class: type[Request] = Request
    response_class: type[Response] = Response
    config_class: type[Config] = Config
    app_ctx_globals_class: type[Any] = AppContextGlobals
    aborter_class: type[Aborter] = Aborter
    json_provider_class: type[Any] = DefaultJSONProvider
    url_map_class: type[Map] = Map
    url_rule_class: type[Rule] = Rule
    session_interface: Any = None

    testing = ConfigAttribute("TESTING", bool)
    secret_key = ConfigAttribute("SECRET_KEY")

    default_config: dict[str, Any] = DEFAULT_CONFIG

    def __init__(
        self,
        import_name: str,
        static_url_path: str | None = None,
        static_folder: str | os.PathLike[str] | None = "static",
        template_folder: str | os.PathLike[str] | None = "templates",
        root_path: str | None = None,
    ) -> None:
        super().__init__(
            import_name=import_name,
            static_folder=static_folder,
            static_url_path=static_url_path,
            template_folder=template_folder,
            root_path=root_path,
        )
        self._got_first_request = False
        self._jinja_env: Environment | None = None
        self._logger: Logger | None = None
        self.config = self.make_config()
        self.json = self.json_provider_class(self)
        self.aborter = self.aborter_class()
        self.session_interface = self.session_interface or SecureCookieSessionInterface()
        self.url_map = self.url_map_class()
        self.teardown_appcontext_funcs: list[Callable[[Any], Any]] = []
        self.extensions: dict[str, Any] = {}
        self.blueprints: dict[str, Blueprint] = {}
        if self.has_static_folder:
            self.add_url_rule(
                f"{self.static_url_path}/<path:filename>",
                endpoint="static",
                view_func=self.send_static_file,
            )

    @property
    def name(self) -> str:
        """The import name, or the name of the script where that is ``__main__``."""
        if self.import_name == "__main__":
            filename: str | None = getattr(sys.modules["__main__"], "__file__", None)
            if filename is not None:
                return os.path.splitext(os.path.basename(filename))[0]
        return self.import_name

    @property
    def debug(self) -> bool:
        """Whether errors explain themselves to the client: ``DEBUG`` in the configuration."""
        return bool(self.config["DEBUG"])

    @debug.setter
    def debug(self, value: bool) -> None:
        self.config["DEBUG"] = value

    @property
    def permanent_session_lifetime(self) -> timedelta:
        """How long a permanent session lives; configured as a timedelta or in seconds."""
        from datetime import timedelta

        lifetime = self.config["PERMANENT_SESSION_LIFETIME"]
        return lifetime if isinstance(lifetime, timedelta) else timedelta(seconds=lifetime)

    @property
    def logger(self) -> Logger:
        """The app's logger, made when it is first read. ImportError where `logging` is missing."""
        if self._logger is None:
            self._logger = create_logger(self)
        return self._logger

    @property
    def jinja_env(self) -> Environment:
        """The template environment, made when it is first read."""
        if self._jinja_env is None:
            self._jinja_env = self.create_jinja_environment()
        return self._jinja_env

    @property
    def got_first_request(self) -> bool:
        """Whether a request has been answered, after which nothing may be registered."""
        return self._got_first_request

    def make_config(self) -> Config:
        """Return the configuration an app begins with."""
        values = dict(self.default_config)
        if values["DEBUG"] is None:
            text = os.environ.get("MICROWEB_DEBUG") or os.environ.get("FLASK_DEBUG") or ""
            values["DEBUG"] = text.strip().lower() in _TRUE_WORDS
        return self.config_class(self.root_path, values, self.configuration_changed)

    def configuration_changed(self) -> None:
        """Forget what was computed from the configuration; called after each change of it."""

    def request_settings(self) -> dict[str, Any]:
        """Return the request's attributes that the configuration changes from their defaults."""
        settings: dict[str, Any] = {}
        for key, attribute in (
            ("MAX_CONTENT_LENGTH", "max_content_length"),
            ("MAX_FORM_MEMORY_SIZE", "max_form_memory_size"),
            ("MAX_FORM_PARTS", "max_form_parts"),
            ("TRUSTED_HOSTS", "trusted_hosts"),
        ):
            value = self.config[key]
            if value != getattr(self.request_class, attribute):
                settings[attribute] = value
        if self.debug:
            settings["debug"] = True
        if type(self.json) is not DefaultJSONProvider:
            settings["json_module"] = self.json
        return settings

    def _check_setup(self, method_name: str) -> None:
        if self._got_first_request:
            raise AssertionError(
                f"{method_name}() was called after the app had answered its first request, so it "
                f"would hold for some requests and not for others; call it while the app is set "
                f"up, where its module is imported"
            )

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Register a URL rule and the view that answers it.

        *endpoint* is the name for `url_for`, by default the name of the view. *methods* (GET by
        default, or the view's own ``methods``) and further options are those of `Rule`.
        *provide_automatic_options* says whether OPTIONS is answered for the view; by default it is
        unless *methods* names it.

        AssertionError where the endpoint has another view already; ValueError for a rule that
        cannot be read.
        """
        self._check_setup("add_url_rule")
        if view_func is not None:
            check_registered_function("add_url_rule", view_func)
        if endpoint is None:
            if view_func is None:
                raise TypeError(f"add_url_rule({rule!r}) needs an endpoint or a view_func")
            endpoint = view_func.__name__
        known = self.view_functions.get(endpoint)
        if view_func is not None and known is not None and known != view_func:
            raise AssertionError(
                f"two views have the endpoint {endpoint!r}: {describe_function(known)} and "
                f"{describe_function(view_func)}; rename one, give it another name with "
                f"endpoint=..., or put functools.wraps into the decorator that both went through"
            )
        methods = options.pop("methods", None)
        if methods is None:
            methods = getattr(view_func, "methods", None) or ("GET",)
        if isinstance(methods, str):
            raise TypeError(f"methods is a list of names, as in [{methods!r}], not {methods!r}")
        names = {method.upper() for method in methods}
        names.update(getattr(view_func, "required_methods", ()))
        if provide_automatic_options is None:
            provide_automatic_options = getattr(view_func, "provide_automatic_options", None)
        if provide_automatic_options is None:
            provide_automatic_options = (
                "OPTIONS" not in names and self.config["PROVIDE_AUTOMATIC_OPTIONS"]
            )
        if provide_automatic_options:
            names.add("OPTIONS")
        url_rule = self.url_rule_class(rule, methods=names, endpoint=endpoint, **options)
        url_rule.provide_automatic_options = bool(provide_automatic_options)
        if view_func is not None:
            url_rule.origin = describe_function(view_func)
        self.url_map.add(url_rule)
        if view_func is not None:
            self.view_functions[endpoint] = view_func

    def teardown_appcontext(self, f: AnyFunction) -> AnyFunction:
        """Register a function that runs when a context of the app ends, with a request or without.

        It is given the exception that ended the context, or None: the place to close a database.
        """
        self._check_setup("teardown_appcontext")
        check_registered_function("teardown_appcontext", f)
        self.teardown_appcontext_funcs.append(f)
        return f

    def _add_to_templates(
        self, kind: str, registry: dict[str, Any], f: Callable[..., Any], name: str | None
    ) -> None:
        self._check_setup(f"add_template_{kind}")
        check_registered_function(f"add_template_{kind}", f)
        registry[name or f.__name__] = f

    def add_template_filter(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a filter of templates, under *name* or its own."""
        self._add_to_templates("filter", self.jinja_env.filters, f, name)

    def add_template_test(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a test of templates, under *name* or its own."""
        self._add_to_templates("test", self.jinja_env.tests, f, name)

    def add_template_global(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a global of templates, under *name* or its own."""
        self._add_to_templates("global", self.jinja_env.globals, f, name)

    def template_filter(self, name: str | None = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a filter of templates, under *name* or its own.

        >>> from microweb import Microweb, render_template_string
        >>> app = Microweb("example")
        >>> @app.template_filter()
        ... def shout(text):
        ...     return text.upper() + "!"
        >>> with app.app_context():
        ...     render_template_string("{{ 'hello'|shout }}")
        'HELLO!'
        """
        return _registering_decorator("template_filter", self.add_template_filter, name)

    def template_test(self, name: str | None = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a test of templates, under *name* or its own."""
        return _registering_decorator("template_test", self.add_template_test, name)

    def template_global(self, name: str | None = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a global of templates, under *name* or its own."""
        return _registering_decorator("template_global", self.add_template_global, name)

    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Register a blueprint.

        *url_prefix*, *url_defaults* and *name* take the place of the blueprint's own. ValueError
        where the name is taken.
        """
        self._check_setup("register_blueprint")
        if not hasattr(blueprint, "register"):
            raise TypeError(f"register_blueprint() takes a Blueprint, not {blueprint!r:.60}")
        for name in options:
            if name not in BLUEPRINT_OPTIONS:
                raise TypeError(
                    f"register_blueprint() knows no option {name!r}; there are "
                    f"{', '.join(BLUEPRINT_OPTIONS)}"
                )
        blueprint.register(self, options)

    def iter_blueprints(self) -> Iterable[Blueprint]:
        """Return the registered blueprints in the order of their registration."""
        return self.blueprints.values()

    def add_blueprint(self, name: str, blueprint: Blueprint) -> None:
        """Take over the hooks and error handlers of a blueprint; its rules come by themselves."""
        self.blueprints[name] = blueprint
        for registry in (
            "before_request_funcs",
            "after_request_funcs",
            "teardown_request_funcs",
            "template_context_processors",
            "url_value_preprocessors",
            "url_default_functions",
        ):
            functions = getattr(blueprint, registry).get(None)
            if functions:
                getattr(self, registry).setdefault(name, []).extend(functions)
        for code, handlers in blueprint.error_handler_spec.get(None, {}).items():
            known = self.error_handler_spec.setdefault(name, {})
            known.setdefault(code, {}).update(handlers)
        for endpoint, view in blueprint.view_functions.items():
            self.view_functions[f"{name}.{endpoint}"] = view
        if self._jinja_env is not None:
            self._jinja_env.loader = self.create_global_jinja_loader()

    def create_global_jinja_loader(self) -> BaseLoader:
        """Return what finds templates: the app's folder first, then those of the blueprints."""
        from .templating import ChoiceLoader, FileSystemLoader

        owners: list[Scaffold] = [self, *self.blueprints.values()]
        return ChoiceLoader(
            [
                FileSystemLoader(os.path.join(owner.root_path, owner.template_folder))
                for owner in owners
                if owner.template_folder is not None
            ]
        )

    def create_jinja_environment(self) -> Environment:
        """Return the template environment, with the names that every template may use."""
        from .templating import Environment

        auto_reload = self.config["TEMPLATES_AUTO_RELOAD"]
        environment = Environment(
            loader=self.create_global_jinja_loader(),
            autoescape=self.select_jinja_autoescape,
            auto_reload=self.debug if auto_reload is None else auto_reload,
        )
        # The proxies cost nothing until a template uses them: a page that never mentions the
        # session does not open it.
        environment.globals.update(
            url_for=self.url_for,
            get_flashed_messages=get_flashed_messages,
            config=self.config,
            request=request,
            session=session,
            g=g,
        )
        environment.filters["tojson"] = self._to_json_in_html
        return environment

    def _to_json_in_html(self, value: Any, **kwargs: Any) -> Any:
        """Return JSON that may stand in HTML, in a script and in an attribute between ``'``."""
        from .templating import Markup

        text = self.json.dumps(value, **kwargs)
        for character in "<>&'":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return Markup(text)

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        """Return whether output is escaped in a template: in text given as a string, and in files
        whose name ends in .html, .htm, .xml, .xhtml or .svg, whatever template suffix follows."""
        if filename is None:
            return True
        name = filename.lower()
        for suffix in (".j2", ".jinja", ".jinja2", ".tmpl"):
            if name.endswith(suffix):
                name = name[: -len(suffix)]
                break
        return name.endswith((".html", ".htm", ".xml", ".xhtml", ".svg"))

    def update_template_context(self, context: dict[str, Any]) -> None:
        """Add what the context processors return to *context*; what the view passed wins."""
        if not self.template_context_processors:
            return
        url_rule = CURRENT_CONTEXT.get().url_rule
        endpoint = None if url_rule is None else url_rule.endpoint
        given = dict(context)
        for function in self.iter_hooks(self.template_context_processors, endpoint):
            values = self.ensure_sync(function)()
            if not isinstance(values, dict):
                raise TypeError(
                    f"the context processor {describe_function(function)} has to return a dict, "
                    f"not {values!r:.60}"
                )
            context.update(values)
        context.update(given)

    def render(self, template: Template, context: dict[str, Any]) -> str:
        """Return a template rendered with *context* and everything the app adds to it."""
        self.update_template_context(context)
        text: str = template.render(context)
        return text

    def ensure_sync(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that can be called without awaiting; views and hooks pass through."""
        return function

    def iter_hooks(
        self, registry: dict[str | None, list[Any]], endpoint: str | None
    ) -> Iterator[Any]:
        """Yield the functions that are registered for an endpoint, the app's first."""
        for name in names_to_ask(endpoint):
            yield from registry.get(name, ())

    def url_for(
        self,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Return the URL of an endpoint; see the function of the same name."""
        context = find_request_context()
        environ = None if context is None else context.environ
        if not isinstance(endpoint, str):
            raise TypeError(
                f"url_for takes the name of an endpoint, not {endpoint!r:.60}; for a view that is "
                f"usually the function's name, as in url_for('index')"
            )
        if _scheme is not None and _external is False:
            raise ValueError(
                f"_scheme={_scheme!r} makes an absolute URL, so it goes with _external=True"
            )
        if endpoint[:1] == "." and context is not None and context.url_rule is not None:
            blueprint = context.url_rule.endpoint.rpartition(".")[0]
            endpoint = f"{blueprint}{endpoint}" if blueprint else endpoint[1:]
        if self.url_default_functions:
            for function in self.iter_hooks(self.url_default_functions, endpoint):
                function(endpoint, values)
        try:
            path = self.url_map.build(endpoint, values, _method)
        except BuildError as error:
            return self.handle_url_build_error(error, endpoint, values)
        path = self.script_prefix(environ) + path
        if _anchor:
            from urllib.parse import quote

            path = f"{path}#{quote(_anchor, safe=_FRAGMENT_SAFE)}"
        if _external is None:
            _external = environ is None or _scheme is not None
        return self._absolute_url(path, _scheme) if _external else path

    def script_prefix(self, environ: dict[str, Any] | None) -> str:
        """Return the URL path that the app is mounted at, percent-encoded, without a final slash:
        the request's ``SCRIPT_NAME``, without a request ``APPLICATION_ROOT``."""
        prefix = (
            self.config["APPLICATION_ROOT"] if environ is None else environ.get("SCRIPT_NAME", "")
        )
        if prefix in ("", "/"):
            return ""
        from urllib.parse import quote

        # An environ carries bytes as latin-1 text (PEP 3333).
        raw = prefix.encode("utf-8" if environ is None else "latin-1")
        return quote(raw.rstrip(b"/"), safe="!$&'()*+,/:;=@")

    def _absolute_url(self, path: str, scheme: str | None) -> str:
        """Return *path* with a scheme and a host: the request's, else those configured."""
        if scheme is not None and not (scheme and _URL_SCHEME_LETTERS.issuperset(scheme.lower())):
            raise ValueError(f"_scheme is a scheme such as 'https', not {scheme!r}")
        context = find_request_context()
        if context is not None:
            return f"{scheme or context.request.scheme}://{context.request.host}{path}"
        server_name = self.config["SERVER_NAME"]
        if not server_name:
            raise RuntimeError(
                "outside of a request there is no host to make an absolute URL of; set "
                "app.config['SERVER_NAME'] = 'example.com', or ask for the path alone with "
                "url_for(..., _external=False)"
            )
        return f"{scheme or self.config['PREFERRED_URL_SCHEME']}://{server_name}{path}"

    def handle_url_build_error(
        self, error: BuildError, endpoint: str, values: dict[str, Any]
    ) -> str:
        """Raise the error that no rule could be built; override it to answer with a URL."""
        raise error

    def redirect(self, location: str, code: int = 302) -> Response:
        """Return a redirect; see the function of the same name."""
        return redirect_response(location, code, self.response_class)


def _registering_decorator(
    method: str, add: Callable[[Any, str | None], None], name: str | None
) -> Callable[[AnyFunction], AnyFunction]:
    """Return a decorator that hands a function to *add* and leaves it as it is."""
    if name is not None and not isinstance(name, str):
        raise TypeError(
            f"@{method} stands without parentheses above {describe_function(name)}; write "
            f"@{method}()"
        )

    def decorator(f: AnyFunction) -> AnyFunction:
        add(f, name)
        return f

    return decorator
