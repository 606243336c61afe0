"""What an app computes once, after the last registration and before the first request.

A request asks for its endpoint's plan and does what the plan says; nothing is merged, searched or
decided again that cannot have changed. The whole `Setup` is replaced when the configuration
changes.
"""

from __future__ import annotations

from .json.provider import DefaultJSONProvider
from .sessions import SecureCookieSessionInterface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Callable, NoReturn

    from .app import Microweb


class EndpointPlan:
    """What happens around one endpoint's view.

    ``preprocessors``, ``before``, ``after`` and ``teardown`` are the hooks in the order in which
    they run, the app's and the blueprints' merged. ``straight`` says that there are none around
    the view and that nobody has overridden the dispatch: a plain answer can leave at once.
    """

    __slots__ = ("after", "before", "preprocessors", "straight", "teardown", "view")

    def __init__(
        self, app: Microweb, endpoint: str | None, view: Callable[..., Any], straight: bool
    ) -> None:
        self.view = view
        self.preprocessors = list(app.iter_hooks(app.url_value_preprocessors, endpoint))
        self.before = self._merged(app, app.before_request_funcs, endpoint)
        # What wraps a request up runs in the reverse order of what began it.
        self.after = self._merged(app, app.after_request_funcs, endpoint)[::-1]
        self.teardown = self._merged(app, app.teardown_request_funcs, endpoint)[::-1]
        self.straight = straight and not (self.preprocessors or self.before or self.after)

    def _merged(
        self, app: Microweb, registry: dict[Any, list[Any]], endpoint: str | None
    ) -> list[Callable[..., Any]]:
        return [app.ensure_sync(function) for function in app.iter_hooks(registry, endpoint)]


class Setup:
    """The plans of all endpoints, and what else the requests of an app share.

    ``find`` is the router's, ``unmatched`` the plan of a request that no rule matched,
    ``encode_body`` writes JSON without the detour of a response object (None where the app has a
    provider of its own), ``opens_every_session`` is what another session interface than the
    default may rely on, ``has_teardown`` whether any function waits for the end of a request,
    ``checked_hosts`` the values of the Host header that have been found good.
    """

    def __init__(self, app: Microweb) -> None:
        check_configuration(app.config)
        self.find = app.url_map.find
        self.opens_every_session = type(app.session_interface) is not SecureCookieSessionInterface
        straight = app.has_default_dispatch() and not self.opens_every_session
        self.unmatched = EndpointPlan(app, None, _view_of_no_endpoint, straight=False)
        self.plans = {
            endpoint: EndpointPlan(app, endpoint, app.ensure_sync(view), straight)
            for endpoint, view in app.view_functions.items()
        }
        provider = app.json
        self.encode_body: Callable[[Any], bytes] | None = None
        if type(provider) is DefaultJSONProvider and provider.mimetype == "application/json":
            self.encode_body = provider.encode_body
        self.has_teardown = bool(app.teardown_request_funcs or app.teardown_appcontext_funcs)
        self.request_settings = app.request_settings()
        self.checked_hosts: set[str | None] = set()


# What a key may hold, besides None: for the check, and for the sentence that it ends in.
_NUMBER_OR_NONE = (int, "a whole number or None")
_CONFIGURATION_KINDS: dict[str, tuple[Any, str]] = {
    "SECRET_KEY": ((str, bytes), "text or bytes"),
    "SECRET_KEY_FALLBACKS": ((list, tuple), "a list of keys"),
    "MAX_CONTENT_LENGTH": _NUMBER_OR_NONE,
    "MAX_FORM_MEMORY_SIZE": _NUMBER_OR_NONE,
    "MAX_FORM_PARTS": _NUMBER_OR_NONE,
    "MAX_COOKIE_SIZE": _NUMBER_OR_NONE,
    "TRUSTED_HOSTS": ((list, tuple, set, frozenset), "a list of hosts"),
    "SERVER_NAME": (str, "a host, as in 'example.com'"),
    "SESSION_COOKIE_NAME": (str, "text"),
    "SESSION_DIGEST": (str, "the name of a digest, as in 'sha256'"),
}


def check_configuration(config: Mapping[str, Any]) -> None:
    """Raise a TypeError for a configuration value of a kind that could not work.

    >>> check_configuration({"MAX_CONTENT_LENGTH": "16MB"})
    Traceback (most recent call last):
        ...
    TypeError: app.config['MAX_CONTENT_LENGTH'] is '16MB'; it must be a whole number or None
    """
    for key, (kinds, wanted) in _CONFIGURATION_KINDS.items():
        value = config.get(key)
        if value is not None and not isinstance(value, kinds):
            raise TypeError(f"app.config[{key!r}] is {value!r:.60}; it must be {wanted}")
    lifetime = config.get("PERMANENT_SESSION_LIFETIME", 0)
    if not isinstance(lifetime, (int, float)) and not hasattr(lifetime, "total_seconds"):
        raise TypeError(
            f"app.config['PERMANENT_SESSION_LIFETIME'] is {lifetime!r:.60}; it must be a "
            f"timedelta or a number of seconds"
        )
    root = config.get("APPLICATION_ROOT", "/")
    if not isinstance(root, str) or not root.startswith("/"):
        raise TypeError(
            f"app.config['APPLICATION_ROOT'] is {root!r:.60}; it must be a path that begins "
            f"with a slash"
        )


def _view_of_no_endpoint(**arguments: Any) -> NoReturn:
    raise RuntimeError("this request matched no endpoint, so it has no view")
