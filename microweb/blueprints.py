"""Blueprints: routes, hooks and folders that are written apart and registered together.

A blueprint is a list of things to do to an app. Each registration call on it appends to that list;
`Microweb.register_blueprint` runs through it, with the prefixes of that registration.
"""

from __future__ import annotations

from .scaffold import (
    Scaffold,
    describe_function,
    describe_registration,
    registering_decorator,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any, Callable

    from .app import Microweb
    from .scaffold import AnyFunction

# The default of cli_group: commands stand in a group named like the blueprint.
_SAME_AS_NAME: Any = object()


class BlueprintSetupState:
    """One registration of a blueprint on an app: what deferred functions are called with.

    ``app``, ``blueprint``, ``options`` and ``first_registration`` say what is registered where;
    ``url_prefix``, ``subdomain``, ``url_defaults``, ``name`` and ``name_prefix`` how.
    """

    def __init__(
        self, blueprint: Blueprint, app: Microweb, options: dict[str, Any], first_registration: bool
    ) -> None:
        self.app = app
        self.blueprint = blueprint
        self.options = options
        self.first_registration = first_registration
        prefix = options.get("url_prefix")
        self.url_prefix: str | None = blueprint.url_prefix if prefix is None else prefix
        self.subdomain: str | None = options.get("subdomain") or blueprint.subdomain
        self.name: str = options.get("name") or blueprint.name
        self.name_prefix: str = options.get("name_prefix") or ""
        self.url_defaults = {**blueprint.url_values_defaults, **(options.get("url_defaults") or {})}

    @property
    def full_name(self) -> str:
        """The name under which the blueprint is registered, its parents' names in front."""
        return f"{self.name_prefix}.{self.name}".lstrip(".")

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        **options: Any,
    ) -> None:
        """Add a rule to the app: the prefix in front of its URL, the name before its endpoint."""
        if self.url_prefix is not None:
            prefix = self.url_prefix.rstrip("/")
            rule = f"{prefix}/{rule.lstrip('/')}" if rule else self.url_prefix
        if endpoint is None and view_func is not None:
            endpoint = view_func.__name__
        if self.subdomain is not None:
            options.setdefault("subdomain", self.subdomain)
        defaults = self.url_defaults
        if "defaults" in options:
            defaults = {**defaults, **options.pop("defaults")}
        self.app.add_url_rule(
            rule, f"{self.full_name}.{endpoint}", view_func, defaults=defaults or None, **options
        )


def _for_whole_app(method_name: str) -> Callable[[Blueprint, AnyFunction], AnyFunction]:
    """Return a method that records a call of the app's own method, once."""

    def register_for_app(self: Blueprint, f: AnyFunction) -> AnyFunction:
        self.record_once(lambda state: getattr(state.app, method_name)(f))
        return f

    register_for_app.__doc__ = f"As `Microweb.{method_name}`, for the whole app."
    return register_for_app


def _for_templates_of_app(kind: str) -> Any:
    """Return a method that records a call of the app's ``add_template_…``, once."""

    def add(self: Blueprint, f: Callable[..., Any], name: str | None = None) -> None:
        self.record_once(lambda state: getattr(state.app, f"add_template_{kind}")(f, name=name))

    add.__doc__ = f"As `Microweb.add_template_{kind}`."
    return add


class Blueprint(Scaffold):
    """Routes, hooks, error handlers and folders, to be registered on an app as one.

    *name* stands before each endpoint (``name.view``) and may not hold a dot; *url_prefix* before
    each URL. The other parameters are those of an app. What is registered on a blueprint holds for
    its own requests; the methods with ``app`` in their names register for the whole app.

    >>> from microweb import Microweb
    >>> pages = Blueprint("pages", "example", url_prefix="/pages")
    >>> @pages.get("/<name>")
    ... def show(name):
    ...     return name
    >>> app = Microweb("example")
    >>> app.register_blueprint(pages)
    >>> app.test_client().get("/pages/first").text
    'first'
    """

    def __init__(
        self,
        name: str,
        import_name: str,
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        template_folder: str | os.PathLike[str] | None = None,
        url_prefix: str | None = None,
        subdomain: str | None = None,
        url_defaults: dict[str, Any] | None = None,
        root_path: str | None = None,
        cli_group: str | None = _SAME_AS_NAME,
    ) -> None:
        super().__init__(import_name, static_folder, static_url_path, template_folder, root_path)
        if not name or "." in name:
            raise ValueError(f"a blueprint's name is not empty and has no dot: not {name!r}")
        self.name = name
        self.subdomain = subdomain
        self.cli_group = cli_group
        self.url_prefix = url_prefix
        self.url_values_defaults = url_defaults or {}
        self.deferred_functions: list[Callable[[BlueprintSetupState], Any]] = []
        self._blueprints: list[tuple[Blueprint, dict[str, Any]]] = []
        self._registered = False

    def _check_setup(self, method_name: str, registered: object = None) -> None:
        if self._registered:
            raise AssertionError(
                f"{describe_registration(method_name, registered)} came after the blueprint "
                f"{self.name!r} had been registered, so the app would never hear of it; call it "
                f"before app.register_blueprint(...)"
            )

    def record(self, func: Callable[[BlueprintSetupState], Any]) -> None:
        """Have *func* called with the state of each registration of this blueprint."""
        self._check_setup("record")
        self.deferred_functions.append(func)

    def record_once(self, func: Callable[[BlueprintSetupState], Any]) -> None:
        """Have *func* called at the first registration only."""
        self.record(lambda state: func(state) if state.first_registration else None)

    def make_setup_state(
        self, app: Microweb, options: dict[str, Any], first_registration: bool = False
    ) -> BlueprintSetupState:
        """Return the state that `record`'s functions are called with."""
        return BlueprintSetupState(self, app, options, first_registration)

    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Register another blueprint below this one: its name and prefix come after this one's."""
        self._check_setup("register_blueprint")
        if blueprint is self:
            raise ValueError(f"the blueprint {self.name!r} cannot be registered on itself")
        self._blueprints.append((blueprint, options))

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Register a URL rule; see `Microweb.add_url_rule`. The endpoint may not hold a dot."""
        if endpoint is not None and "." in endpoint:
            raise ValueError(f"an endpoint of a blueprint has no dot: not {endpoint!r}")
        if view_func is not None and "." in getattr(view_func, "__name__", ""):
            raise ValueError(f"{describe_function(view_func)} has a dot in its name")
        self._check_setup("add_url_rule", view_func)
        self.record(
            lambda state: state.add_url_rule(
                rule,
                endpoint,
                view_func,
                provide_automatic_options=provide_automatic_options,
                **dict(options),
            )
        )

    def register(self, app: Microweb, options: dict[str, Any]) -> None:
        """Do to *app* everything that was recorded; called by ``app.register_blueprint``."""
        is_first = all(blueprint is not self for blueprint in app.blueprints.values())
        state = self.make_setup_state(app, options, first_registration=is_first)
        name = state.full_name
        if name in app.blueprints:
            known = app.blueprints[name]
            raise ValueError(
                f"a blueprint is registered as {name!r} already"
                f"{'' if known is self else f', and it is another one ({known.import_name})'}; "
                f"register it with name=... to have it under two names"
            )
        self._registered = True
        app.add_blueprint(name, self)
        if self.has_static_folder:
            state.add_url_rule(
                f"{self.static_url_path}/<path:filename>",
                endpoint="static",
                view_func=self.send_static_file,
            )
        for deferred in self.deferred_functions:
            deferred(state)
        if "cli" in vars(self) and self.cli.commands:
            self._add_commands(app, options.get("cli_group", self.cli_group), name)
        for blueprint, nested in self._blueprints:
            prefix = nested.get("url_prefix")
            prefix = blueprint.url_prefix if prefix is None else prefix
            if state.url_prefix is not None and prefix is not None:
                prefix = f"{state.url_prefix.rstrip('/')}/{prefix.lstrip('/')}"
            elif prefix is None:
                prefix = state.url_prefix
            domains = [nested.get("subdomain") or blueprint.subdomain, state.subdomain]
            outer = {
                "name_prefix": name,
                "url_prefix": prefix,
                "subdomain": ".".join(domain for domain in domains if domain) or None,
            }
            blueprint.register(app, {**nested, **outer})

    def _add_commands(self, app: Microweb, group: Any, name: str) -> None:
        """Give the app this blueprint's commands: in a group, or beside its own for None."""
        if group is None:
            app.cli.commands.update(self.cli.commands)
        else:
            app.cli.add_command(self.cli, name if group is _SAME_AS_NAME else group)

    before_app_request = _for_whole_app("before_request")
    after_app_request = _for_whole_app("after_request")
    teardown_app_request = _for_whole_app("teardown_request")
    app_context_processor = _for_whole_app("context_processor")
    app_url_defaults = _for_whole_app("url_defaults")
    app_url_value_preprocessor = _for_whole_app("url_value_preprocessor")
    add_app_template_filter = _for_templates_of_app("filter")
    add_app_template_test = _for_templates_of_app("test")
    add_app_template_global = _for_templates_of_app("global")

    def app_errorhandler(self, code: type[Exception] | int) -> Callable[[AnyFunction], AnyFunction]:
        """As `Microweb.errorhandler`, for every request of the app."""

        def decorator(f: AnyFunction) -> AnyFunction:
            self.record_once(lambda state: state.app.register_error_handler(code, f))
            return f

        return decorator

    def app_template_filter(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """As `Microweb.template_filter`."""
        return registering_decorator(self.add_app_template_filter, name)

    def app_template_test(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """As `Microweb.template_test`."""
        return registering_decorator(self.add_app_template_test, name)

    def app_template_global(self, name: Any = None) -> Callable[[AnyFunction], AnyFunction]:
        """As `Microweb.template_global`."""
        return registering_decorator(self.add_app_template_global, name)
