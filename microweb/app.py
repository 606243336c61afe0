"""The app: one class, and one request from its environ to its response.

Read `Microweb.wsgi_app` first, then downwards: a request passes the methods below it in their
order. What cannot change between requests is in the endpoint's plan (``dispatching.py``); the
answer of a view that nothing surrounds leaves by `Microweb._answer_plainly`, all others pass
`Microweb.full_dispatch_request`. Before the request's methods stand those that set an app up. What
is a subject of its own is a function in a file of its own: ``urlbuilding.py``, ``rendering.py``,
``responding.py``, ``running.py``.
"""

from __future__ import annotations

import os
import sys
from functools import partial

from .config import (
    DEFAULT_CONFIG,
    Config,
    ConfigAttribute,
    find_debug_variable,
    is_true_word,
    make_timedelta,
)
from .ctx import DEBUG_PAGE_KEY, KEEP_CONTEXT_KEY, AppContextGlobals, Context, HeldBody
from .dispatching import DispatchTable
from .globals import CURRENT_CONTEXT, HEARD_RARE_SIGNALS, HEARD_SIGNALS, request
from .http import (
    Aborter,
    BadRequest,
    BadRequestKeyError,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    redirect_response,
)
from .http.streams import call_all, close_iterable
from .http.structures import kept_property
from .json.provider import DefaultJSONProvider
from .responding import response_of
from .routing import BuildError, Map, RequestRedirect, RoutingError, Rule, WrongMethod
from .routing.exceptions import WebsocketMismatch
from .scaffold import (
    Scaffold,
    check_registered_function,
    describe_function,
    describe_registration,
    is_coroutine_function,
    names_to_ask,
    registering_decorator,
)
from .text.lazy import LaterMember
from .text.quoting import percent_decode, percent_encode
from .urlbuilding import build_app_url, script_prefix
from .wrappers import Request, Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from logging import Logger
    from typing import Any, Callable, NoReturn

    from .blueprints import Blueprint
    from .clirunner import CliRunner
    from .ctx import WSGIEnvironment
    from .dispatching import EndpointPlan
    from .running import StartedServer
    from .scaffold import AnyFunction
    from .templating import BaseLoader, Environment, Template
    from .testing import Client

    StartResponse = Callable[..., Any]

_HTML_HEADER = ("Content-Type", "text/html; charset=utf-8")
_JSON_HEADER = ("Content-Type", "application/json")
# HEAD and OPTIONS take the general road: one drops the body, the other may be automatic.
_STRAIGHT_METHODS = frozenset(["GET", "POST", "PUT", "PATCH", "DELETE"])
MAX_REMEMBERED_HOSTS = 100
_QUERY_SIGNS = "%!$&'()*+,/:;=?@[]"
# In the environ of a request whose path has been percent-decoded here.
_DECODED_KEY = "microweb.path_is_decoded"
_DISPATCH_METHODS = (
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
    "finalize_request",
    "process_response",
    "make_response",
)

_ERROR_METHODS = (
    "raise_routing_exception",
    "handle_user_exception",
    "handle_http_exception",
    "trap_http_exception",
)


def _path_as_text(path: str) -> str:
    """Return PATH_INFO as text (PEP 3333: bytes in the guise of Latin-1; here UTF-8). Some servers
    hand text on already.

    >>> _path_as_text("/Ã©"), _path_as_text("/€")
    ('/é', '/€')
    """
    try:
        return path.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return path


def _path_as_latin1(path: str) -> str:
    """Return the text of a path in the guise that PATH_INFO has (PEP 3333).

    >>> _path_as_latin1("/é") == "/Ã©"
    True
    """
    return path.encode("utf-8", "replace").decode("latin-1")


def _name_request() -> str:
    """Return the path and the method of the current request, for a line of the log."""
    environ = getattr(CURRENT_CONTEXT.get(None), "environ", None) or {}
    return f"{environ.get('PATH_INFO')!r} [{environ.get('REQUEST_METHOD')}]"


def _load_app_extras() -> type:
    from .appextras import AppExtras

    return AppExtras


def _load_app_map() -> type:
    from .appextras import RareAppMap

    return RareAppMap


class AppMap(Map):
    """The URL map of an app: its adapters raise HTTP errors, as views do."""

    not_found_class = NotFound
    method_not_allowed_class = MethodNotAllowed
    websocket_mismatch_class = BadRequest
    redirect_class = LaterMember(_load_app_map)
    http_exception_class = HTTPException

    def warn_of_hidden_rule(self, rule: Rule, hidden_by: Rule) -> None:
        """Say that a rule is never reached, unless it has no view: one that is there to give a URL
        a second name, as in ``app.add_url_rule("/", endpoint="index")``, hides nothing."""
        if rule.registered_by is not None:
            super().warn_of_hidden_rule(rule, hidden_by)


class Microweb(Scaffold):
    """A WSGI application with Flask's public API.

    *import_name* is usually ``__name__``: the folder of that module is where the static folder
    and the template folder are looked for. *static_url_path* is the URL prefix of static files
    (by default ``/static``), *root_path* takes the place of the module's folder. ``jinja_options``
    are further arguments for the template environment, such as other delimiters;
    ``jinja_environment`` is its class, if it is not to be `Environment`.

    >>> app = Microweb("example")
    >>> @app.get("/")
    ... def index():
    ...     return {"hello": "world"}
    >>> app.test_client().get("/").json
    {'hello': 'world'}
    """

    request_class: type[Request] = Request
    response_class: type[Response] = Response
    config_class: type[Config] = Config
    app_ctx_globals_class: type[Any] = AppContextGlobals
    aborter_class: type[Aborter] = Aborter
    json_provider_class: type[Any] = DefaultJSONProvider
    url_map_class: type[Map] = AppMap
    url_rule_class: type[Rule] = Rule

    testing = ConfigAttribute("TESTING", bool)
    secret_key = ConfigAttribute("SECRET_KEY")
    # How long a permanent session lives; configured as a timedelta or in seconds.
    permanent_session_lifetime = ConfigAttribute("PERMANENT_SESSION_LIFETIME", make_timedelta)

    default_config: dict[str, Any] = DEFAULT_CONFIG
    jinja_options: dict[str, Any] = {}
    jinja_environment: Any = None
    test_client_class: type[Client] | None = None
    test_cli_runner_class: type[CliRunner] | None = None
    _jinja_env: Environment | None = None
    _reloads_templates = False
    _inline_templates: dict[str, str] | None = None
    # The second is what the first request has fixed: registering is over then.
    _dispatch_table: DispatchTable | None = None
    _serving_table: DispatchTable | None = None

    def __init__(
        self,
        import_name: str,
        static_url_path: str | None = None,
        static_folder: str | os.PathLike[str] | None = "static",
        static_host: str | None = None,
        host_matching: bool = False,
        subdomain_matching: bool = False,
        template_folder: str | os.PathLike[str] | None = "templates",
        instance_path: str | None = None,
        instance_relative_config: bool = False,
        root_path: str | None = None,
    ) -> None:
        super().__init__(
            import_name=import_name,
            static_folder=static_folder,
            static_url_path=static_url_path,
            template_folder=template_folder,
            root_path=root_path,
        )
        if instance_path is not None and not os.path.isabs(instance_path):
            raise ValueError(
                f"instance_path is {instance_path!r}; it must be absolute: "
                f"os.path.abspath({instance_path!r})"
            )
        needs_static_host = host_matching and self.has_static_folder
        if needs_static_host != (static_host is not None):
            raise ValueError(
                "host_matching=True and a static folder need static_host='example.com', and "
                "static_host needs both of them"
            )
        self._got_first_request = False
        self._name: str | None = None
        self._instance_path = instance_path
        self._logger: Logger | None = None
        self.config = self.make_config(instance_relative_config)
        self.json = self.json_provider_class(self)
        self.aborter = self.make_aborter()
        self.url_map = self.url_map_class(host_matching=host_matching)
        self.subdomain_matching = subdomain_matching
        self.teardown_appcontext_funcs: list[Callable[[Any], Any]] = []
        self.shell_context_processors: list[Callable[[], dict[str, Any]]] = []
        self.url_build_error_handlers: list[Callable[..., Any]] = []
        self.extensions: dict[str, Any] = {}
        self.blueprints: dict[str, Blueprint] = {}
        if self.has_static_folder:
            self.add_url_rule(
                f"{self.static_url_path}/<path:filename>",
                endpoint="static",
                host=static_host,
                view_func=self.send_static_file,
            )

    @property
    def name(self) -> str:
        """The import name, or the name of the script where that is ``__main__``; may be set."""
        if self._name is not None:
            return self._name
        if self.import_name == "__main__":
            filename: str | None = getattr(sys.modules["__main__"], "__file__", None)
            if filename is not None:
                return os.path.splitext(os.path.basename(filename))[0]
        return self.import_name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def debug(self) -> bool:
        """Whether errors explain themselves to the client: ``DEBUG`` in the configuration."""
        return bool(self.config["DEBUG"])

    @debug.setter
    def debug(self, value: bool) -> None:
        self.config["DEBUG"] = value

    @kept_property
    def session_interface(self) -> Any:
        """What opens and saves sessions: by default in signed cookies. Set it to another one."""
        # An app without sessions does not wait for what signs them.
        from .sessions import SecureCookieSessionInterface

        return SecureCookieSessionInterface()

    @property
    def logger(self) -> Logger:
        """The app's logger, made when it is first read; see `create_logger`."""
        if self._logger is None:
            from .logging import create_logger

            self._logger = create_logger(self)
        return self._logger

    @logger.setter
    def logger(self, value: Logger) -> None:
        self._logger = value

    @property
    def got_first_request(self) -> bool:
        """Whether a request has been answered, after which nothing may be registered."""
        return self._got_first_request

    @property
    def instance_path(self) -> str:
        """The folder for what an installation owns (databases, local configuration): ``instance``
        beside the app's module or package, or the zip they are in, or ``var/NAME-instance`` of an
        installed one."""
        if self._instance_path is None:
            self._instance_path = self.auto_find_instance_path()
        return self._instance_path

    @instance_path.setter
    def instance_path(self, value: str) -> None:
        self._instance_path = value

    auto_find_instance_path: Any = LaterMember(_load_app_extras)

    open_instance_resource: Any = LaterMember(_load_app_extras)

    def make_config(self, instance_relative: bool = False) -> Config:
        """Return the configuration an app begins with; with *instance_relative* its file names
        start from the instance folder."""
        values = dict(self.default_config)
        if values["DEBUG"] is None:
            values["DEBUG"] = is_true_word(find_debug_variable())
        root_path = self.instance_path if instance_relative else self.root_path
        return self.config_class(root_path, values, self.configuration_changed)

    def make_aborter(self) -> Aborter:
        """Return what `abort` calls: an object that raises the error of a status code."""
        return self.aborter_class()

    def configuration_changed(self) -> None:
        """Forget what was computed; the next request computes it."""
        self._dispatch_table = self._serving_table = None
        if self._jinja_env is not None and "auto_reload" not in self.jinja_options:
            from .rendering import reloads_templates

            reloads = reloads_templates(self)
            # A program may have set the environment's own switch; only a change here counts.
            if reloads != self._reloads_templates:
                self._reloads_templates = self._jinja_env.auto_reload = reloads
        # An app that is being made may set keys before it has a provider.
        provider = self.__dict__.get("json")
        if isinstance(provider, DefaultJSONProvider):
            provider.options_changed()

    def _check_setup(self, method_name: str, registered: object = None) -> None:
        if self._got_first_request:
            raise AssertionError(
                f"{describe_registration(method_name, registered)} came after the app had answered "
                f"its first request, so it would hold for some requests and not for others; call "
                f"it while the app is set up, where its module is imported"
            )
        self._dispatch_table = None

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

        AssertionError where the endpoint has another view already, ValueError for a rule that
        cannot be read, TypeError for a view that cannot take the rule's arguments.
        """
        self._check_setup("add_url_rule", view_func)
        if view_func is not None:
            check_registered_function("add_url_rule", view_func)
        if endpoint is None:
            if view_func is None:
                raise TypeError(f"add_url_rule({rule!r}) needs an endpoint or a view_func")
            endpoint = view_func.__name__
        if view_func is not None:
            self._check_view_is_new(endpoint, view_func)
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
        automatic = {"OPTIONS"} if provide_automatic_options else set()
        url_rule = self.url_rule_class(
            rule, methods=names | automatic, endpoint=endpoint, **options
        )
        url_rule.provide_automatic_options = bool(provide_automatic_options)
        url_rule.registered_by = view_func and (lambda: describe_function(view_func))
        has_preprocessor = any(self.iter_hooks(self.url_value_preprocessors, endpoint))
        if view_func is not None and not has_preprocessor:
            self._check_view(url_rule, view_func, names)
        self.url_map.add(url_rule)
        if view_func is not None:
            self.view_functions[endpoint] = view_func

    def _check_view(self, rule: Rule, view: Callable[..., Any], methods: set[str]) -> None:
        """Raise TypeError where a view cannot take its arguments, if the checker is there."""
        try:
            from .viewcheck import check_new_view
        except ImportError:
            return
        check_new_view(rule.rule, self._arguments_of(rule), view, methods)

    def _arguments_of(self, rule: Rule) -> set[str]:
        """Return the names of a rule's variables, those in its host or subdomain included."""
        names = set(rule.arguments)
        domain = rule.host if self.url_map.host_matching else rule.subdomain
        if domain and "<" in domain:
            names.update(self.url_rule_class(f"/{domain}", build_only=True).arguments)
        return names

    def teardown_appcontext(self, f: AnyFunction) -> AnyFunction:
        """Register a function that runs when a context of the app ends, with a request or without.

        It is given the exception that ended the context, or None: the place to close a database.
        """
        self._check_setup("teardown_appcontext", f)
        check_registered_function("teardown_appcontext", f)
        self.teardown_appcontext_funcs.append(f)
        return f

    shell_context_processor: Any = LaterMember(_load_app_extras)

    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Register a blueprint.

        *url_prefix*, *subdomain*, *url_defaults*, *name* and *cli_group* take the place of the
        blueprint's own; functions given to `Blueprint.record` find further options in
        ``state.options``. ValueError where the name is taken.
        """
        self._check_setup("register_blueprint", blueprint)
        if not hasattr(blueprint, "register"):
            raise TypeError(f"register_blueprint() takes a Blueprint, not {blueprint!r:.60}")
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
            # As in Flask, where it serves a rule of the app that names the endpoint.
            self.view_functions.setdefault(endpoint, view)
        self._forget_loader()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that can be called without awaiting: *func* itself, unless it is
        ``async def``. Override it to run coroutines in a way of your own."""
        return self.async_to_sync(func) if is_coroutine_function(func) else func

    async_to_sync: Any = LaterMember(_load_app_extras)

    def iter_hooks(
        self, registry: dict[str | None, list[Any]], endpoint: str | None
    ) -> Iterator[Any]:
        """Yield the functions that are registered for an endpoint, the app's first."""
        for name in names_to_ask(endpoint):
            yield from registry.get(name, ())

    @property
    def jinja_env(self) -> Environment:
        """The template environment, made when it is first read."""
        if self._jinja_env is None:
            from .rendering import reloads_templates

            self._reloads_templates = reloads_templates(self)
            self._jinja_env = self.create_jinja_environment()
        return self._jinja_env

    @jinja_env.setter
    def jinja_env(self, value: Environment) -> None:
        self._jinja_env = value

    def create_jinja_environment(self) -> Environment:
        """Return the template environment, with the names that every template may use."""
        from .rendering import make_environment

        return make_environment(self)

    def create_global_jinja_loader(self) -> BaseLoader:
        """Return what finds templates: those in the script, then the app's folder, then those of
        the blueprints."""
        from .rendering import find_template_loaders

        return find_template_loaders(self)

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        """Return whether output is escaped in a template: in text given as a string, and in files
        whose name ends in .html, .htm, .xml, .xhtml or .svg, whatever template suffix follows."""
        from .rendering import is_autoescaped

        return is_autoescaped(filename)

    add_inline_templates: Any = LaterMember(_load_app_extras)

    def _forget_loader(self) -> None:
        """Have the environment ask the loaders that there are now."""
        if self._jinja_env is not None:
            from .rendering import make_template_loader

            self._jinja_env.loader = make_template_loader(self)

    def _add_to_templates(
        self, kind: str, registry: dict[str, Any], f: Callable[..., Any], name: str | None
    ) -> None:
        self._check_setup(f"add_template_{kind}", f)
        if kind != "global" or name is None:
            check_registered_function(f"add_template_{kind}", f)
        registry[name or f.__name__] = f

    def add_template_filter(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a filter of templates, under *name* or its own."""
        self._add_to_templates("filter", self.jinja_env.filters, f, name)

    def add_template_test(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function as a test of templates, under *name* or its own."""
        self._add_to_templates("test", self.jinja_env.tests, f, name)

    def add_template_global(self, f: Callable[..., Any], name: str | None = None) -> None:
        """Register a function, or under a *name* any value, as a global of templates."""
        self._add_to_templates("global", self.jinja_env.globals, f, name)

    def template_filter(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
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
        return registering_decorator(self.add_template_filter, name)

    def template_test(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a test of templates, under *name* or its own."""
        return registering_decorator(self.add_template_test, name)

    def template_global(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function as a global of templates, under *name* or its own."""
        return registering_decorator(self.add_template_global, name)

    def update_template_context(self, context: dict[str, Any]) -> None:
        """Add what the context processors return to *context*; what the view passed wins."""
        if self.template_context_processors:
            from .rendering import add_processed_context

            add_processed_context(self, context)

    def render(self, template: Template, context: dict[str, Any]) -> str:
        """Return a template rendered with *context* and everything the app adds to it."""
        from .rendering import render_in_app

        return render_in_app(self, template, context)

    stream: Any = LaterMember(_load_app_extras)

    def url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Return the URL of an endpoint; see the function of the same name."""
        return build_app_url(self, endpoint, values, _anchor, _method, _scheme, _external)

    def inject_url_defaults(self, endpoint: str, values: dict[str, Any]) -> None:
        """Have the `url_defaults` functions of the app and the blueprints add to *values*."""
        if self.url_default_functions:
            for function in self.iter_hooks(self.url_default_functions, endpoint):
                function(endpoint, values)

    def handle_url_build_error(
        self, error: BuildError, endpoint: str, values: dict[str, Any]
    ) -> str:
        """Return what the first of ``url_build_error_handlers`` returns that is not None, or raise
        the error that no rule could be built."""
        for handler in self.url_build_error_handlers:
            try:
                url: str | None = handler(error, endpoint, values)
            except BuildError as other:
                error = other
            else:
                if url is not None:
                    return url
        raise error

    create_url_adapter: Any = LaterMember(_load_app_extras)

    def redirect(self, location: str, code: int = 302) -> Response:
        """Return a redirect; see the function of the same name."""
        return redirect_response(location, code, self.response_class)

    def app_context(self) -> Context:
        """Return a context without a request: ``with app.app_context(): ...``."""
        return Context(self, None)

    def request_context(self, environ: WSGIEnvironment) -> Context:
        """Return the context of a request made of an environ: ``with app.request_context(e):``."""
        return Context(self, environ)

    def test_request_context(self, *args: Any, **kwargs: Any) -> Context:
        """Return the context of a request made up for a test or a shell.

        The arguments are those of `EnvironBuilder`: a path first, then what the request carries.
        """
        from .environ import EnvironBuilder

        kwargs.setdefault("app", self)
        return self.request_context(EnvironBuilder(*args, **kwargs).get_environ())

    def test_client(self, use_cookies: bool = True, **kwargs: Any) -> Client:
        """Return a client that calls the app without a server, and keeps cookies.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> app.test_client().get("/nothing").status
        '404 NOT FOUND'
        """
        from .testing import Client

        client_class = self.test_client_class or Client
        return client_class(self, use_cookies=use_cookies, **kwargs)

    test_cli_runner: Any = LaterMember(_load_app_extras)

    make_shell_context: Any = LaterMember(_load_app_extras)

    def handle(
        self,
        method: str = "GET",
        path: str = "/",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes | str = b"",
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Answer one request given as values: no socket, no thread, no server.

        *path* may carry a query string or be a whole URL. Returns the status code, the headers and
        the body. For places that bring requests in ways of their own: a browser's service worker,
        a plug-in, a queue.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.get("/hello/<name>")
        ... def hello(name):
        ...     return f"Hello, {name}!"
        >>> status, headers, body = app.handle("GET", "/hello/Ada")
        >>> status, body
        (200, b'Hello, Ada!')
        """
        from .environ import EnvironBuilder
        from .testing import run_wsgi_app

        if isinstance(body, str):
            body = body.encode("utf-8")
        builder = EnvironBuilder(path, method=method, headers=headers, data=body or None)
        chunks, status, answered = run_wsgi_app(self, builder.get_environ())
        return int(status[:3]), answered.to_wsgi_list(), b"".join(chunks)

    def start(self, host: str = "127.0.0.1", port: int = 0, **options: Any) -> StartedServer:
        """Serve the app in threads of their own and return at once.

        Port 0 takes any free one. The answer has ``url``, ``port`` and ``stop()``, and is a
        context manager that stops at its end: for a GUI, a plug-in, a notebook, a test. The
        options are those of `make_server`; nothing is printed unless ``quiet=False``.

        >>> from urllib.request import urlopen
        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.get("/")
        ... def index():
        ...     return "up"
        >>> with app.start() as server:
        ...     with urlopen(server.url) as answer:
        ...         answer.read()
        b'up'
        """
        from .running import StartedServer
        from .serving import make_server

        options.setdefault("quiet", True)
        return StartedServer(make_server(host, port, self, **options))

    def run(
        self,
        host: str | None = None,
        port: int | None = None,
        debug: bool | None = None,
        load_dotenv: bool = True,
        **options: Any,
    ) -> None:
        """Serve the app until Ctrl-C, on loopback and port 5000 unless told otherwise.

        Does nothing when the app is being loaded by ``microweb run``, which serves it itself; in a
        CGI script, where GATEWAY_INTERFACE is set, it answers the one request and returns. Without
        *host* and *port* those of ``SERVER_NAME`` are taken. *load_dotenv* reads ``.env`` files
        first. While debugging the program is started again after a change of its files, unless
        ``use_reloader=False``. The options are those of `run_simple`; or, with
        ``server="waitress"`` or another name of ``dev/servers.py``, those of that server.
        """
        from .running import run_app

        run_app(self, host, port, debug, load_dotenv, options)

    def send_signal(self, name: str, **values: Any) -> None:
        """Send one of the signals of `microweb.signals` by its name, if it has a receiver."""
        if HEARD_SIGNALS or HEARD_RARE_SIGNALS:
            from .signals import send_app_signal

            send_app_signal(self, name, values)

    @property
    def dispatch_table(self) -> DispatchTable:
        """What all requests share, made once; a registration or a new configuration forgets it."""
        registered = self._count_registered()
        table = self._dispatch_table
        if table is None or table.registered != registered:
            table = self._dispatch_table = DispatchTable(self, registered)
        return table

    def _count_registered(self) -> tuple[Any, ...]:
        """Return what differs after a registration, also one past the methods that register."""
        registries = (
            self.url_value_preprocessors,
            self.before_request_funcs,
            self.after_request_funcs,
            self.teardown_request_funcs,
        )
        hooks = [len(functions) for registry in registries for functions in registry.values()]
        counts = len(self.view_functions), len(self.teardown_appcontext_funcs)
        return counts, hooks, self.json, self.has_own_session_interface()

    def _begin_serving(self) -> DispatchTable:
        """Close the setup. Two threads may do so at the same time, with the same result."""
        self._got_first_request = True
        table = self._serving_table = DispatchTable(self, self._count_registered())
        return table

    def has_default_dispatch(self) -> bool:
        """Return whether no step is overridden that the straight road leaves out."""
        is_default = self.response_class is Microweb.response_class
        return is_default and not self._overrides(_DISPATCH_METHODS)

    def has_default_errors(self) -> bool:
        """Return whether an HTTP error is always its own answer."""
        own = self.error_handler_spec or self.debug or self.config["TRAP_HTTP_EXCEPTIONS"]
        return not own and not self._overrides(_ERROR_METHODS)

    def _overrides(self, names: Iterable[str]) -> bool:
        """Return whether one of the class's methods is another here."""
        own = vars(self)
        return any(getattr(type(self), n) is not getattr(Microweb, n) or n in own for n in names)

    def has_teardown(self) -> bool:
        """Return whether leaving a context takes more than closing the request's files."""
        if self.teardown_request_funcs or self.teardown_appcontext_funcs:
            return True
        steps = ("do_teardown", "do_teardown_request", "do_teardown_appcontext")
        return any(getattr(type(self), name) is not getattr(Microweb, name) for name in steps)

    def has_own_session_interface(self) -> bool:
        """Return whether sessions are opened and saved otherwise than by default."""
        chosen = vars(self).get("session_interface", type(self).session_interface)
        if chosen is Microweb.session_interface:
            return False
        from .sessions import SecureCookieSessionInterface

        return type(chosen) is not SecureCookieSessionInterface

    def request_settings(self) -> dict[str, Any]:
        """Return the request's attributes that the configuration changes from their defaults; what
        a request class of one's own says holds where the configuration says nothing."""
        settings: dict[str, Any] = {}
        for key, attribute in (
            ("MAX_CONTENT_LENGTH", "max_content_length"),
            ("MAX_FORM_MEMORY_SIZE", "max_form_memory_size"),
            ("MAX_FORM_PARTS", "max_form_parts"),
            ("TRUSTED_HOSTS", "trusted_hosts"),
        ):
            value = self.config[key]
            if value != DEFAULT_CONFIG[key]:
                settings[attribute] = value
        if self.debug:
            settings["debug"] = True
        if type(self.json) is not DefaultJSONProvider:
            settings["json_module"] = self.json
        return settings

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request: PEP 3333's application. Middleware goes around `wsgi_app`."""
        return self.wsgi_app(environ, start_response)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, from its environ to the iterable of its body.

        To put middleware around the app, replace this attribute: ``app.wsgi_app =
        Middleware(app.wsgi_app)`` keeps ``app`` itself what it is.
        """
        table = self._serving_table or self._begin_serving()
        context = Context(self, environ)
        token = CURRENT_CONTEXT.set(context)
        error: BaseException | None = None
        body: Any = None
        try:
            try:
                if HEARD_SIGNALS:
                    self.send_signal("appcontext-pushed")
                plan = self.match_request(context, table)
                if plan.is_plain and environ["REQUEST_METHOD"] in _STRAIGHT_METHODS:
                    response = self._answer_plainly(plan, context, environ, start_response)
                    if response.__class__ is list:
                        return response
                else:
                    if plan is table.unmatched and table.not_found_page is not None:
                        page = self._answer_not_found(table.not_found_page, context, start_response)
                        if page is not None:
                            return page
                    response = self.full_dispatch_request()
            except Exception as problem:
                error = problem
                response = self.handle_exception(problem)
            body = response(environ, start_response)
            return HeldBody(context, body) if context.is_held else body
        except BaseException as problem:
            error = problem
            raise
        finally:
            try:
                if table.has_teardown or KEEP_CONTEXT_KEY in environ or HEARD_SIGNALS:
                    self._leave(context, error)
                elif context.must_close and (error is not None or not context.is_held):
                    context.is_held = False
                    context.close()
            except BaseException:
                # The server will never see the body, so it cannot close it.
                close_iterable(body)
                raise
            finally:
                CURRENT_CONTEXT.reset(token)
                if HEARD_SIGNALS and not context.is_held:
                    self.send_signal("appcontext-popped")

    def _answer_plainly(
        self, plan: EndpointPlan, context: Context, environ: WSGIEnvironment, start_response: Any
    ) -> Any:
        """Call a view that nothing surrounds; return its response, or a list: the body of an answer
        that has begun.

        Text or JSON of a view that touched neither session nor cookies leaves here without a
        response object: 1.4 µs, not 3.6.
        """
        if HEARD_SIGNALS:
            return self.full_dispatch_request()
        try:
            result = plan.view(**context.view_args)  # type: ignore[arg-type]
        except Exception as problem:
            result = self.handle_user_exception(problem)
        if not context.needs_response and "HTTP_COOKIE" not in environ:
            kind = type(result)
            if kind is str:
                data = result.encode("utf-8")
                length = ("Content-Length", str(len(data)))
                start_response("200 OK", [_HTML_HEADER, length])
                return [data]
            if kind is dict or kind is list:
                encode = plan.encode_body
                if encode is not None:
                    data = encode(result)
                    length = ("Content-Length", str(len(data)))
                    start_response("200 OK", [_JSON_HEADER, length])
                    return [data]
        return self.finalize_request(result)

    def _answer_not_found(
        self, page: bytes, context: Context, start_response: Any
    ) -> list[bytes] | None:
        """Begin the answer to a request that matched no rule, with the *page* that nothing of the
        app changes, and return its body: 4 µs, not 13. None where this client gets another."""
        environ: Any = context.environ
        if (
            type(context.routing_exception) is not NotFound
            # A converter's own has something to say.
            or context.routing_exception.description is not NotFound.description
            or environ["REQUEST_METHOD"] not in _STRAIGHT_METHODS
            or "HTTP_COOKIE" in environ
            or "json" in environ.get("HTTP_ACCEPT", "").lower()
            or HEARD_SIGNALS
        ):
            return None
        start_response("404 NOT FOUND", [_HTML_HEADER, ("Content-Length", str(len(page)))])
        return [page]

    def match_request(self, context: Context, table: DispatchTable | None = None) -> EndpointPlan:
        """Find the rule of a request, keep it in its context and return the endpoint's plan.

        Where no rule matches, the context keeps the HTTP error that `dispatch_request` raises:
        ``before_request`` functions see such a request too. *table* is the app's, by default.
        """
        environ: Any = context.environ
        table = table or self._serving_table or self.dispatch_table
        if environ.get("HTTP_HOST") not in table.checked_hosts:
            context.routing_exception = self._check_host(environ, table)
            if context.routing_exception is not None:
                return table.unmatched
        path = environ.get("PATH_INFO")
        if not path:
            return self._match_mount(context, environ, table)
        if not path.isascii():
            path = _path_as_text(path)
        try:
            if table.asks_environ:
                rule, arguments = self._find_with_environ(table, environ, path)
            else:
                rule, arguments = table.find(environ["REQUEST_METHOD"], path)
        except RoutingError as error:
            # Devices write "base/" + "/path", and some servers cut the first slash.
            if path[:2] == "//" or path[0] != "/":
                path = _path_as_text(environ["PATH_INFO"])
                environ["PATH_INFO"] = _path_as_latin1("/" + path.lstrip("/"))
                return self.match_request(context, table)
            context.routing_exception = self._routing_http_error(error, environ)
            return table.unmatched
        except HTTPException as error:
            # A converter that looks something up may answer that it is not there.
            context.routing_exception = error
            return table.unmatched
        context.url_rule = rule
        context.view_args = arguments
        try:
            return table.plans[rule.endpoint]
        except KeyError:
            return table.unmatched

    def _match_mount(
        self, context: Context, environ: WSGIEnvironment, table: DispatchTable
    ) -> EndpointPlan:
        """Match a request without a path: of a server's root, or of what the app is mounted as.

        From the first page under a mount's own name relative links would lead out of it, so that
        is redirected. A CGI script keeps its name.
        """
        environ["PATH_INFO"] = "/"
        plan = self.match_request(context, table)
        is_mount = environ.get("SCRIPT_NAME") and "GATEWAY_INTERFACE" not in environ
        if context.url_rule is None or not is_mount:
            return plan
        context.url_rule = context.view_args = None
        context.routing_exception = self._routing_http_error(RequestRedirect("/"), environ)
        return table.unmatched

    def _find_with_environ(
        self, table: DispatchTable, environ: WSGIEnvironment, path: str
    ) -> tuple[Rule, dict[str, Any]]:
        """Find the rule of a request where that takes its host, where its origin counts, or where
        the server leaves the path percent-encoded."""
        if "passenger.hijack" in environ and _DECODED_KEY not in environ:
            environ[_DECODED_KEY] = True
            environ["PATH_INFO"] = percent_decode(environ["PATH_INFO"], "latin-1")
            path = _path_as_text(environ["PATH_INFO"])
        refused = self._check_origin(environ, table)
        if refused is not None:
            raise refused
        if not table.has_hosts:
            return table.find(environ["REQUEST_METHOD"], path)
        return table.find(environ["REQUEST_METHOD"], path, self._domain_of(environ))

    def _check_origin(self, environ: WSGIEnvironment, table: DispatchTable) -> HTTPException | None:
        """Return the 403 of a request that REFUSE_CROSS_ORIGIN refuses."""
        if table.refused_origins in (None, False):
            return None
        from .crossorigin import check_origin

        return check_origin(environ, table.refused_origins)

    def _domain_of(self, environ: WSGIEnvironment) -> str | None:
        """Return the host or subdomain of a request, for a map whose rules name some.

        Subdomains count only with ``subdomain_matching=True``, as in Flask.
        """
        url_map = self.url_map
        if not url_map.host_matching and not self.subdomain_matching:
            return url_map.default_subdomain
        host = self.make_request(environ).host
        domain: str | None = url_map.domain_of(host, self.config["SERVER_NAME"])
        return domain

    def _check_host(self, environ: WSGIEnvironment, table: DispatchTable) -> HTTPException | None:
        """Return the 400 of a request whose Host is malformed or not one of TRUSTED_HOSTS.

        Hosts that pass are remembered, up to a number, so that this costs one look-up.
        """
        try:
            _ = self.make_request(environ).host
        except HTTPException as error:
            # A forged request gets no further than any other of them.
            return self._check_origin(environ, table) or error
        if "passenger.hijack" in environ:
            table.asks_environ = True
        if len(table.checked_hosts) < MAX_REMEMBERED_HOSTS:
            table.checked_hosts.add(environ.get("HTTP_HOST"))
        return None

    def _routing_http_error(self, error: RoutingError, environ: WSGIEnvironment) -> HTTPException:
        """Word a routing error as HTTP: 404, 405 with the allowed methods, or a redirect."""
        if isinstance(error, RequestRedirect):
            location = error.new_url
            if error.domain is not None:
                adapter = self.create_url_adapter(self.make_request(environ))
                if adapter is not None:
                    location = adapter.make_redirect_url(location, None, error.domain)
            elif location[:1] == "/":
                location = script_prefix(self, environ) + location
                query = environ.get("QUERY_STRING")
                if query:
                    query = percent_encode(query.encode("latin-1", "replace"), _QUERY_SIGNS)
                    location = f"{location}?{query}"
            return HTTPException(response=redirect_response(location, 308, self.response_class))
        if isinstance(error, WrongMethod):
            return MethodNotAllowed(valid_methods=error.valid_methods)
        if isinstance(error, WebsocketMismatch):
            return BadRequest().with_detail(str(error))
        return NotFound()

    def full_dispatch_request(self) -> Response:
        """Run the hooks and the view of the current request; return the finished response."""
        try:
            if HEARD_SIGNALS:
                self.send_signal("request-started")
            result = self.preprocess_request()
            if result is None:
                result = self.dispatch_request()
        except Exception as error:
            result = self.handle_user_exception(error)
        return self.finalize_request(result)

    def _current_plan(self, context: Context) -> EndpointPlan:
        table = self._serving_table or self.dispatch_table
        if context.url_rule is None:
            return table.unmatched
        return table.plans.get(context.url_rule.endpoint) or table.unmatched

    def preprocess_request(self) -> Any:
        """Run the URL preprocessors and the ``before_request`` functions.

        The first of the latter that returns something other than None ends it: that is the answer.
        """
        context = CURRENT_CONTEXT.get()
        plan = self._current_plan(context)
        if getattr(context.routing_exception, "is_refused_at_once", False):
            self.raise_routing_exception(request)
        endpoint = None if context.url_rule is None else context.url_rule.endpoint
        for preprocess in plan.preprocessors:
            preprocess(endpoint, context.view_args)
        for function in plan.before:
            result = function()
            if result is not None:
                return result
        return None

    def dispatch_request(self) -> Any:
        """Call the view of the current request and return what it returns.

        Raises the HTTP error of a request that matched no rule.
        """
        context = CURRENT_CONTEXT.get()
        if context.routing_exception is not None:
            # Through the proxy: most errors are worded without a request object.
            self.raise_routing_exception(request)
        rule = context.url_rule
        if rule is None or context.environ is None:
            raise RuntimeError("there is no request to dispatch")
        if rule.provide_automatic_options and context.environ["REQUEST_METHOD"] == "OPTIONS":
            return self.make_default_options_response()
        view = self.view_functions.get(rule.endpoint)
        if view is None:
            raise RuntimeError(
                f"the rule {rule.rule!r} leads to the endpoint {rule.endpoint!r}, which has no "
                f"view; register one with @app.endpoint({rule.endpoint!r})"
            )
        return self.ensure_sync(view)(**(context.view_args or {}))

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """Raise the HTTP error of a request that matched no rule."""
        raise CURRENT_CONTEXT.get().routing_exception or NotFound()

    def make_default_options_response(self) -> Response:
        """Return the answer to OPTIONS: an empty body, and the methods in ``Allow``."""
        context = CURRENT_CONTEXT.get()
        adapter = context.url_adapter
        response = self.response_class()
        if adapter is not None:
            response.allow.update(adapter.allowed_methods())
        return response

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Response:
        """Return what a view or an error handler returned as the response to send.

        With *from_error_handler* an ``after_request`` function that fails is logged and passed
        over: an error page must not fail.
        """
        response = self.make_response(rv)
        try:
            response = self.process_response(response)
            if HEARD_SIGNALS:
                self.send_signal("request-finished", response=response)
        except Exception as error:
            if not from_error_handler:
                raise
            self.log_exception(error)
        return response

    def make_response(self, rv: Any) -> Response:
        """Return what a view may return as a response object.

        Text, bytes, a dict or a list (JSON), an iterator (streamed), a response, a WSGI
        application, or a tuple of one of these with a status, headers, or both. TypeError for
        anything else.
        """
        return response_of(self, rv)

    def process_response(self, response: Response) -> Response:
        """Run the ``after_this_request`` and ``after_request`` functions and save the session."""
        context = CURRENT_CONTEXT.get()
        own = [self.ensure_sync(function) for function in context.after_this_request or ()]
        for function in (*own, *self._current_plan(context).after):
            answer = function(response)
            if answer is None:
                raise TypeError(
                    f"{describe_function(function)} is given each response and has to return it, "
                    f"or another; it returned None"
                )
            response = answer
        session = context.opened_session
        if session is None and self._must_open_session(context):
            session = context.session
        if session is not None and not self.session_interface.is_null_session(session):
            self.session_interface.save_session(self, session, response)
        return response

    def _must_open_session(self, context: Context) -> bool:
        """Return whether a session that was not used must be opened all the same: it may be
        permanent, and then its cookie is refreshed."""
        table = self._serving_table or self.dispatch_table
        if table.opens_every_session:
            return True
        environ = context.environ
        return (
            environ is not None
            and "HTTP_COOKIE" in environ
            and self.secret_key is not None
            and bool(self.config["SESSION_REFRESH_EACH_REQUEST"])
            and self.session_interface.get_cookie_name(self) in environ["HTTP_COOKIE"]
        )

    def handle_user_exception(self, e: Exception) -> Any:
        """Return what the handler of an exception returns; raise the exception if it has none."""
        if isinstance(e, HTTPException):
            if isinstance(e, BadRequestKeyError) and (
                self.debug or self.config["TRAP_BAD_REQUEST_ERRORS"]
            ):
                e.show_exception = True
            if not self.trap_http_exception(e):
                return self.handle_http_exception(e)
        handler = self._find_error_handler(e)
        if handler is not None:
            return self.ensure_sync(handler)(e)
        if isinstance(e, RequestRedirect):
            return redirect_response(e.new_url, e.code or 308, self.response_class)
        raise e

    def trap_http_exception(self, e: Exception) -> bool:
        """Return whether an HTTP exception is to be treated as a crash, for the debugger to show.

        So with ``TRAP_HTTP_EXCEPTIONS``, and for 400 errors with ``TRAP_BAD_REQUEST_ERRORS``,
        which is on for missing keys while debugging unless it is set.
        """
        if self.config["TRAP_HTTP_EXCEPTIONS"]:
            return True
        trap_bad_request = self.config["TRAP_BAD_REQUEST_ERRORS"]
        if trap_bad_request is None:
            return self.debug and isinstance(e, BadRequestKeyError)
        return bool(trap_bad_request) and isinstance(e, BadRequest)

    def handle_http_exception(self, e: HTTPException) -> Any:
        """Return what the handler of an HTTP exception returns, or the exception, which is an
        answer itself."""
        if e.detail is not None or isinstance(e, BadRequestKeyError):
            self._log_refusal(e)
        # Without a code it carries a finished response, as the router's redirects do.
        if e.code is None or isinstance(e, RoutingError) or not self.error_handler_spec:
            return e
        handler = self._find_error_handler(e)
        return e if handler is None else self.ensure_sync(handler)(e)

    def handle_exception(self, e: Exception) -> Response:
        """Return the response to an exception without a handler: a 500 page.

        The exception is logged. A handler of 500 or of `InternalServerError` is given an
        `InternalServerError` whose ``original_exception`` it is. With ``PROPAGATE_EXCEPTIONS``,
        which testing and debugging turn on, it is raised instead.
        """
        self.send_signal("got-request-exception", exception=e)
        propagate = self.config["PROPAGATE_EXCEPTIONS"]
        if propagate is None:
            propagate = self.testing or self.debug
        if propagate:
            context = CURRENT_CONTEXT.get(None)
            if context is not None and DEBUG_PAGE_KEY in (context.environ or ()):
                from .dev.teaching import add_app_to_page

                add_app_to_page(self, context, e)
            raise e
        self.log_exception(e)
        server_error = InternalServerError(original_exception=e)
        handler = self._find_error_handler(server_error)
        answer = server_error if handler is None else self.ensure_sync(handler)(server_error)
        return self.finalize_request(answer, from_error_handler=True)

    def _find_error_handler(self, e: Exception) -> Callable[[Any], Any] | None:
        """Return the handler of an exception: by code before by class, the innermost blueprint's
        before the app's, the nearest class before its parents."""
        if not self.error_handler_spec:
            return None
        context = CURRENT_CONTEXT.get(None)
        rule = None if context is None else context.url_rule
        names = names_to_ask(None if rule is None else rule.endpoint)
        code = e.code if isinstance(e, HTTPException) else None
        for wanted in (code, None) if code is not None else (None,):
            for name in reversed(names):
                handlers = self.error_handler_spec.get(name, {}).get(wanted)
                for exception_class in type(e).__mro__ if handlers else ():
                    handler = handlers.get(exception_class)  # type: ignore[union-attr]
                    if handler is not None:
                        return handler
        return None

    def _log_refusal(self, error: HTTPException) -> None:
        """Log why a request was refused, where the client is not told and a maker has to know."""
        reason = error.detail
        if isinstance(error, BadRequestKeyError) and error.args:
            reason = f"it has no {error.args[0]!r}, which the view reads"
        if reason is not None:
            self.logger.warning("%s", f"{error.code} on {_name_request()}: {reason}")

    def log_exception(self, exc_info: BaseException) -> None:
        """Log an exception without a handler, with the method and the path of its request."""
        self.logger.error("%s", f"Exception on {_name_request()}", exc_info=exc_info)

    def make_request(self, environ: WSGIEnvironment) -> Request:
        """Return the request object of an environ, with the limits that are configured."""
        request = self.request_class(environ)
        settings = (self._serving_table or self.dispatch_table).request_settings
        if settings:
            request.__dict__.update(settings)
        return request

    def _leave(self, context: Context, error: BaseException | None) -> None:
        """Run the teardown of a context, or leave it to the keeper of the context."""
        keeper = (context.environ or {}).get(KEEP_CONTEXT_KEY)
        if keeper is not None:
            context.is_held = False
            context.ending_error = error
            keeper.append(context)
        elif not context.is_held or error is not None:
            self.do_teardown(context, error)

    def do_teardown(self, context: Context, error: BaseException | None) -> None:
        """Run the teardown functions of a context, each once, whatever the others do.

        The first exception that one of them raises is raised again when all have run.
        """
        context.is_held = False
        if error is not None and self.should_ignore_error(error):
            error = None
        steps = [self.do_teardown_appcontext]
        if context.has_request:
            steps.insert(0, self.do_teardown_request)
        try:
            self._run_all(steps, error)
        finally:
            context.close()

    def do_teardown_request(self, exc: BaseException | None = None) -> None:
        """Run the ``teardown_request`` functions of the current request."""
        self._run_all(self._current_plan(CURRENT_CONTEXT.get()).teardown, exc)
        self.send_signal("request-tearing-down", exc=exc)

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """Run the ``teardown_appcontext`` functions, the one registered last first."""
        functions = [self.ensure_sync(f) for f in reversed(self.teardown_appcontext_funcs)]
        self._run_all(functions, exc)
        self.send_signal("appcontext-tearing-down", exc=exc)

    def _run_all(
        self, functions: Iterable[Callable[..., Any]], error: BaseException | None
    ) -> None:
        """Call each function with *error*; raise the first exception when all have run."""
        call_all(partial(function, error) for function in functions)

    def should_ignore_error(self, error: BaseException) -> bool:
        """Return whether teardown functions are not to be told of an error; override it."""
        return False


# The name that tutorials use: `from microweb import Flask` runs what was written for Flask.
Flask = Microweb
