"""The app before any request: its configuration, and what is registered on it.

`AppBase` keeps the router's map, the configuration, the session interface and the blueprints
together. `UrlBuilder` (``urlbuilding.py``) adds URLs, `TemplateRenderer` (``rendering.py``)
templates, `Entrances` (``entrances.py``) the ways in, and `Microweb` (``app.py``) the road that a
request takes.
"""

from __future__ import annotations

import os
import sys

from .config import (
    DEFAULT_CONFIG,
    Config,
    ConfigAttribute,
    find_debug_variable,
    is_true_word,
    make_timedelta,
)
from .context import AppContextGlobals
from .http import Aborter, HTTPException, MethodNotAllowed, NotFound, Request, Response
from .http.structures import cached_property
from .json.provider import DefaultJSONProvider
from .logs import create_logger
from .routing import Map, Rule
from .scaffold import (
    Scaffold,
    check_registered_function,
    describe_function,
    describe_registration,
    names_to_ask,
)
from .signals import is_coroutine_function
from .text.archive import find_archive
from .viewcheck import check_view_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Iterator
    from logging import Logger
    from typing import IO, Any, Callable

    from .blueprints import Blueprint
    from .scaffold import AnyFunction


class AppMap(Map):
    """The URL map of an app: its adapters raise HTTP errors, as views do."""

    not_found_class = NotFound
    method_not_allowed_class = MethodNotAllowed
    http_exception_class = HTTPException

    def warn_of_hidden_rule(self, rule: Rule, hidden_by: Rule) -> None:
        """Say that a rule is never reached, unless it has no view: one that is there to give a URL
        a second name, as in ``app.add_url_rule("/", endpoint="index")``, hides nothing."""
        if rule.origin is not None:
            super().warn_of_hidden_rule(rule, hidden_by)


class AppBase(Scaffold):
    """Everything of an app but URLs, templates and the answering of requests. See `Microweb`."""

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

    @cached_property
    def session_interface(self) -> Any:
        """What opens and saves sessions: by default in signed cookies. Set it to another one."""
        # An app without sessions does not wait for what signs them.
        from .sessions import SecureCookieSessionInterface

        return SecureCookieSessionInterface()

    def has_own_session_interface(self) -> bool:
        """Return whether sessions are opened and saved otherwise than by default."""
        chosen = vars(self).get("session_interface", type(self).session_interface)
        if chosen is AppBase.session_interface:
            return False
        from .sessions import SecureCookieSessionInterface

        return type(chosen) is not SecureCookieSessionInterface

    @property
    def logger(self) -> Logger:
        """The app's logger, made when it is first read; see `create_logger`."""
        if self._logger is None:
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

    def auto_find_instance_path(self) -> str:
        """Return the instance folder of an app that was given none."""
        folder = self.root_path
        # Up to where the outermost package lies.
        levels = self.import_name.count(".")
        levels += hasattr(sys.modules.get(self.import_name), "__path__")
        for _ in range(levels):
            folder = os.path.dirname(folder)
        archive = find_archive(folder)
        if archive is not None:
            folder = os.path.dirname(os.path.abspath(archive.archive))
        prefix = os.path.abspath(sys.prefix)
        # A Python at the root of the file system has everything below it.
        if len(prefix) > 1 and f"{folder}{os.sep}".startswith(f"{prefix}{os.sep}"):
            return os.path.join(prefix, "var", f"{self.name}-instance")
        return os.path.join(folder, "instance")

    def open_instance_resource(
        self, resource: str, mode: str = "rb", encoding: str | None = "utf-8"
    ) -> IO[Any]:
        """Open a file of the instance folder, for reading or for writing."""
        path = os.path.join(self.instance_path, resource)
        return open(path, mode, encoding=None if "b" in mode else encoding)

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
        """Forget what was computed from the configuration; called after each change of it."""

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

    def _check_setup(self, method_name: str, registered: object = None) -> None:
        if self._got_first_request:
            raise AssertionError(
                f"{describe_registration(method_name, registered)} came after the app had answered "
                f"its first request, so it would hold for some requests and not for others; call "
                f"it while the app is set up, where its module is imported"
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
        url_rule.origin = view_func and (lambda: describe_function(view_func))
        has_preprocessor = any(self.iter_hooks(self.url_value_preprocessors, endpoint))
        if view_func is not None and not has_preprocessor:
            check_view_arguments(url_rule.rule, self._arguments_of(url_rule), view_func, names)
        self.url_map.add(url_rule)
        if view_func is not None:
            self.view_functions[endpoint] = view_func

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

    def shell_context_processor(self, f: AnyFunction) -> AnyFunction:
        """Register a function whose dict gives ``microweb shell`` further names."""
        self._check_setup("shell_context_processor", f)
        check_registered_function("shell_context_processor", f)
        self.shell_context_processors.append(f)
        return f

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

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that can be called without awaiting: *func* itself, unless it is
        ``async def``. Override it to run coroutines in a way of your own."""
        return self.async_to_sync(func) if is_coroutine_function(func) else func

    def async_to_sync(self, func: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
        """Return a function that runs the coroutine function *func* to its end; see
        `run_coroutine`."""
        from .asyncrun import run_coroutine

        def synchronous(*args: Any, **kwargs: Any) -> Any:
            return run_coroutine(func(*args, **kwargs))

        return synchronous

    def iter_hooks(
        self, registry: dict[str | None, list[Any]], endpoint: str | None
    ) -> Iterator[Any]:
        """Yield the functions that are registered for an endpoint, the app's first."""
        for name in names_to_ask(endpoint):
            yield from registry.get(name, ())
