"""What an app computes once, after the last registration and before the first request.

A request asks for its endpoint's plan and does what the plan says: nothing is merged, searched or
decided again that cannot have changed. The `DispatchTable` is made when the first context is
matched, of a request, a test or a command, and again after a registration or a change of the
configuration.
"""

from __future__ import annotations

from .http import NotFound
from .json.provider import DefaultJSONProvider
from .wrappers import plant_request_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, NoReturn

    from .app import Microweb


class EndpointPlan:
    """What happens around one endpoint's view.

    ``preprocessors``, ``before``, ``after`` and ``teardown`` are the hooks in the order in which
    they run, the app's and the blueprints' merged. ``is_plain`` says that there are none around
    the view and that the app overrides no step of the dispatch: a plain answer can leave at once.
    """

    __slots__ = ("after", "before", "encode_body", "is_plain", "preprocessors", "teardown", "view")

    def __init__(
        self,
        app: Microweb,
        endpoint: str | None,
        view: Callable[..., Any],
        straight: bool = False,
        encode_body: Callable[[Any], bytes] | None = None,
    ) -> None:
        self.view = view
        self.encode_body = encode_body
        self.preprocessors = list(app.iter_hooks(app.url_value_preprocessors, endpoint))
        self.before = self._merged(app, app.before_request_funcs, endpoint)
        # What wraps a request up runs in the reverse order of what began it.
        self.after = self._merged(app, app.after_request_funcs, endpoint)[::-1]
        self.teardown = self._merged(app, app.teardown_request_funcs, endpoint)[::-1]
        self.is_plain = straight and not (self.preprocessors or self.before or self.after)

    def _merged(
        self, app: Microweb, registry: dict[Any, list[Any]], endpoint: str | None
    ) -> list[Callable[..., Any]]:
        return [app.ensure_sync(function) for function in app.iter_hooks(registry, endpoint)]


class DispatchTable:
    """The plans of all endpoints, and what else the requests of an app share.

    ``find`` is the router's, ``has_hosts`` whether it wants to know the host, ``refused_origins``
    what REFUSE_CROSS_ORIGIN says, ``unmatched`` the plan of a request that no rule
    matched, ``not_found_page`` its page where nothing of the app changes that,
    ``opens_every_session`` is what another session interface than the default may rely on,
    ``has_teardown`` whether any function waits for the end of a request, ``registered`` what the
    app had when the table was made, ``checked_hosts`` the values of the Host header that have
    been found good.
    """

    def __init__(self, app: Microweb, registered: tuple[Any, ...]) -> None:
        _warn_of_unread_keys(app)
        self.registered = registered
        self.find = app.url_map.find
        self.has_hosts = app.url_map.has_hosts
        self.refused_origins = app.config["REFUSE_CROSS_ORIGIN"]
        # Finding the rule takes more than the method and the path.
        self.asks_environ = self.has_hosts or self.refused_origins not in (None, False)
        self.opens_every_session = app.has_own_session_interface()
        straight = app.has_default_dispatch() and not self.opens_every_session
        encode_body = None
        if type(app.json) is DefaultJSONProvider and app.json.mimetype == "application/json":
            encode_body = app.json.encode_body
        self.unmatched = EndpointPlan(app, None, _view_of_no_endpoint, straight)
        self.not_found_page: bytes | None = None
        if self.unmatched.is_plain and app.has_default_errors():
            self.not_found_page = NotFound().get_response().get_data()
        self.unmatched.is_plain = False
        self.plans = {
            endpoint: EndpointPlan(app, endpoint, app.ensure_sync(view), straight, encode_body)
            for endpoint, view in app.view_functions.items()
        }
        self.has_teardown = app.has_teardown()
        self.request_settings = app.request_settings()
        plant_request_settings(self.request_settings)
        self.checked_hosts: set[str | None] = set()


def _warn_of_unread_keys(app: Microweb) -> None:
    """Warn of misspelt keys in the configuration, where the checker is there."""
    try:
        from .configcheck import check_configuration
    except ImportError:
        return
    check_configuration(app.config)


def _view_of_no_endpoint(**arguments: Any) -> NoReturn:
    raise RuntimeError("this request matched no endpoint, so it has no view")
