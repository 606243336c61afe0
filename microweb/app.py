"""The app: the only place where routing, HTTP, templates and the server meet.

Read `Microweb.wsgi_app` first: it is one request from its environ to its response. What cannot
change between requests is in the endpoint's plan (``plans.py``); a plan with nothing around the
view is answered in one straight line, every other by `Microweb.full_dispatch_request`.
"""

from __future__ import annotations

from functools import partial

from .appbase import AppBase
from .context import CURRENT_CONTEXT, Context, HeldBody, request
from .http import (
    BadRequest,
    BadRequestKeyError,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    redirect_response,
)
from .http.streams import call_all, close_iterable
from .json.provider import DefaultJSONProvider
from .plans import Setup
from .responding import ResponseMaker
from .routing import RequestRedirect, RoutingError, WrongMethod
from .scaffold import describe_function, names_to_ask
from .signals import (
    HEARD_SIGNALS,
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    got_request_exception,
    request_finished,
    request_started,
    request_tearing_down,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable, NoReturn

    from .context import WSGIEnvironment
    from .http import Request, Response
    from .plans import EndpointPlan
    from .signals import NamedSignal

    StartResponse = Callable[..., Any]

_HTML_HEADER = ("Content-Type", "text/html; charset=utf-8")
_JSON_HEADER = ("Content-Type", "application/json")
# HEAD and OPTIONS take the general road: one drops the body, the other may be automatic.
_STRAIGHT_METHODS = frozenset(["GET", "POST", "PUT", "PATCH", "DELETE"])
# Another copy of the package, under another name, has keys of its own.
_COPY_NAME = __name__[: -len(".app")] if __name__.endswith(".app") else __name__
# Whoever puts a list under this key of the environ is given the context, and runs its teardown.
KEEP_CONTEXT_KEY = f"{_COPY_NAME}.keep_context"
MAX_REMEMBERED_HOSTS = 100
_DISPATCH_METHODS = (
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
    "finalize_request",
    "process_response",
    "make_response",
)


class Microweb(ResponseMaker):
    """A WSGI application with Flask's public API.

    *import_name* is usually ``__name__``: the folder of that module is where the static folder
    and the template folder are looked for. *static_url_path* is the URL prefix of static files
    (by default ``/static``), *root_path* takes the place of the module's folder.

    >>> app = Microweb("example")
    >>> @app.get("/")
    ... def index():
    ...     return {"hello": "world"}
    >>> app.test_client().get("/").json
    {'hello': 'world'}
    """

    _setup: Setup | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request: PEP 3333's application. Middleware goes around `wsgi_app`."""
        return self.wsgi_app(environ, start_response)

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, from its environ to the iterable of its body.

        To put middleware around the app, replace this attribute: ``app.wsgi_app =
        Middleware(app.wsgi_app)`` keeps ``app`` itself what it is.
        """
        setup = self._setup or self._complete_setup()
        context = Context(self, environ)
        token = CURRENT_CONTEXT.set(context)
        error: BaseException | None = None
        body: Any = None
        try:
            try:
                if HEARD_SIGNALS:
                    self.send_signal(appcontext_pushed)
                plan = self.match_request(context)
                method = environ["REQUEST_METHOD"]
                if plan.straight and method in _STRAIGHT_METHODS and not HEARD_SIGNALS:
                    # Text or JSON of a view that nothing surrounds and that touched neither
                    # session nor cookies leaves without a response object: 1.4 µs, not 3.6.
                    try:
                        result = plan.view(**context.view_args)  # type: ignore[arg-type]
                    except Exception as problem:
                        result = self.handle_user_exception(problem)
                    if not context.finishing and "HTTP_COOKIE" not in environ:
                        kind = type(result)
                        if kind is str:
                            data = result.encode("utf-8")
                            length = ("Content-Length", str(len(data)))
                            start_response("200 OK", [_HTML_HEADER, length])
                            return [data]
                        if (kind is dict or kind is list) and setup.encode_body is not None:
                            data = setup.encode_body(result)
                            length = ("Content-Length", str(len(data)))
                            start_response("200 OK", [_JSON_HEADER, length])
                            return [data]
                    response = self.finalize_request(result)
                else:
                    response = self.full_dispatch_request()
            except Exception as problem:
                error = problem
                response = self.handle_exception(problem)
            body = response(environ, start_response)
            return HeldBody(context, body) if context.held else body
        except BaseException as problem:
            error = problem
            raise
        finally:
            try:
                kept = KEEP_CONTEXT_KEY in environ
                if setup.has_teardown or context.held or kept or HEARD_SIGNALS:
                    self._leave(context, error)
                elif context.used:
                    context.close()
            except BaseException:
                # The server will never see the body, so it cannot close it.
                close_iterable(body)
                raise
            finally:
                CURRENT_CONTEXT.reset(token)
                if HEARD_SIGNALS and not context.held:
                    self.send_signal(appcontext_popped)

    def send_signal(self, signal: NamedSignal, **values: Any) -> None:
        """Send a signal of this app, if anybody listens to it."""
        if signal.receivers:
            signal.send(self, _async_wrapper=self.ensure_sync, **values)

    def _complete_setup(self) -> Setup:
        """Merge what was registered. Two threads may do so at once, with the same result."""
        self._got_first_request = True
        setup = self._setup = Setup(self)
        return setup

    def configuration_changed(self) -> None:
        """Have the setup merged anew by the next request."""
        self._setup = None
        # An app that is being made may set keys before it has a provider.
        provider = self.__dict__.get("json")
        if isinstance(provider, DefaultJSONProvider):
            provider.options_changed()

    def has_default_dispatch(self) -> bool:
        """Return whether nobody has overridden a step that the straight line leaves out."""
        changed = self.response_class is not AppBase.response_class
        for name in _DISPATCH_METHODS:
            if getattr(type(self), name) is not getattr(Microweb, name) or name in self.__dict__:
                changed = True
        return not changed

    def has_teardown(self) -> bool:
        """Return whether leaving a context takes more than closing the request's files."""
        if self.teardown_request_funcs or self.teardown_appcontext_funcs:
            return True
        steps = ("do_teardown", "do_teardown_request", "do_teardown_appcontext")
        return any(getattr(type(self), name) is not getattr(Microweb, name) for name in steps)

    def match_request(self, context: Context) -> EndpointPlan:
        """Find the rule of a request, keep it in its context and return the endpoint's plan.

        Where no rule matches, the context keeps the HTTP error that `dispatch_request` raises:
        ``before_request`` functions see such a request too.
        """
        environ = context.environ
        if environ is None:
            raise RuntimeError("an application context has no request to match")
        setup = self._setup or Setup(self)
        if environ.get("HTTP_HOST") not in setup.checked_hosts:
            context.routing_exception = self._check_host(environ, setup)
            if context.routing_exception is not None:
                return setup.unmatched
        path = environ.get("PATH_INFO") or "/"
        if not path.isascii():
            path = path.encode("latin-1").decode("utf-8", "replace")
        try:
            if setup.has_hosts:
                domain = self._domain_of(environ)
                rule, arguments = setup.find(environ["REQUEST_METHOD"], path, domain)
            else:
                rule, arguments = setup.find(environ["REQUEST_METHOD"], path)
        except RoutingError as error:
            context.routing_exception = self._routing_http_error(error, environ)
            return setup.unmatched
        except HTTPException as error:
            # A converter that looks something up may answer that it is not there.
            context.routing_exception = error
            return setup.unmatched
        context.url_rule = rule
        context.view_args = arguments
        return setup.plans.get(rule.endpoint) or setup.unmatched

    def _domain_of(self, environ: WSGIEnvironment) -> str | None:
        """Return the host or subdomain of a request, for a map whose rules name some.

        Subdomains count only with ``subdomain_matching=True``, as in Flask.
        """
        url_map = self.url_map
        if not url_map.host_matching and not self.subdomain_matching:
            return url_map.default_subdomain
        return url_map.domain_of(self.make_request(environ).host, self.config["SERVER_NAME"])

    def _check_host(self, environ: WSGIEnvironment, setup: Setup) -> HTTPException | None:
        """Return the 400 of a request whose Host is malformed or not one of TRUSTED_HOSTS.

        Hosts that pass are remembered, up to a number, so that this costs one look-up.
        """
        try:
            _ = self.make_request(environ).host
        except HTTPException as error:
            return error
        if len(setup.checked_hosts) < MAX_REMEMBERED_HOSTS:
            setup.checked_hosts.add(environ.get("HTTP_HOST"))
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
                location = self.script_prefix(environ) + location
                query = environ.get("QUERY_STRING")
                if query:
                    location = f"{location}?{query}"
            return HTTPException(response=redirect_response(location, 308, self.response_class))
        if isinstance(error, WrongMethod):
            return MethodNotAllowed(valid_methods=error.valid_methods)
        return NotFound()

    def full_dispatch_request(self) -> Response:
        """Run the hooks and the view of the current request; return the finished response."""
        try:
            if HEARD_SIGNALS:
                self.send_signal(request_started)
            result = self.preprocess_request()
            if result is None:
                result = self.dispatch_request()
        except Exception as error:
            result = self.handle_user_exception(error)
        return self.finalize_request(result)

    def _current_plan(self, context: Context) -> EndpointPlan:
        setup = self._setup or Setup(self)
        if context.url_rule is None:
            return setup.unmatched
        return setup.plans.get(context.url_rule.endpoint) or setup.unmatched

    def preprocess_request(self) -> Any:
        """Run the URL preprocessors and the ``before_request`` functions.

        The first of the latter that returns something other than None ends it: that is the answer.
        """
        context = CURRENT_CONTEXT.get()
        plan = self._current_plan(context)
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
        over: an error page shall not fail.
        """
        response = self.make_response(rv)
        try:
            response = self.process_response(response)
            if HEARD_SIGNALS:
                self.send_signal(request_finished, response=response)
        except Exception as error:
            if not from_error_handler:
                raise
            self.log_exception(error)
        return response

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
        """Return whether a session that nobody used must be opened all the same: it may be
        permanent, and then its cookie is refreshed."""
        setup = self._setup or Setup(self)
        if setup.opens_every_session:
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
        if handler is None:
            raise e
        return self.ensure_sync(handler)(e)

    def trap_http_exception(self, e: Exception) -> bool:
        """Return whether an HTTP exception shall be treated as a crash, for the debugger to show.

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
        # Without a code it carries a finished response, such as the router's redirects.
        if e.code is None or not self.error_handler_spec:
            return e
        handler = self._find_error_handler(e)
        return e if handler is None else self.ensure_sync(handler)(e)

    def handle_exception(self, e: Exception) -> Response:
        """Return the response to an exception that nobody handled: a 500 page.

        The exception is logged. A handler of 500 or of `InternalServerError` is given an
        `InternalServerError` whose ``original_exception`` it is. With ``PROPAGATE_EXCEPTIONS``,
        which testing and debugging turn on, it is raised instead.
        """
        self.send_signal(got_request_exception, exception=e)
        propagate = self.config["PROPAGATE_EXCEPTIONS"]
        if propagate is None:
            propagate = self.testing or self.debug
        if propagate:
            context = CURRENT_CONTEXT.get(None)
            if context is not None and f"{_COPY_NAME}.debug_page" in (context.environ or ()):
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

    def log_exception(self, exc_info: BaseException) -> None:
        """Log an exception that nobody handled, with the method and the path of its request."""
        context = CURRENT_CONTEXT.get(None)
        environ = {} if context is None or context.environ is None else context.environ
        method, path = environ.get("REQUEST_METHOD"), environ.get("PATH_INFO")
        self.logger.error("%s", f"Exception on {path!r} [{method}]", exc_info=exc_info)

    def make_request(self, environ: WSGIEnvironment) -> Request:
        """Return the request object of an environ, with the limits that are configured."""
        request = self.request_class(environ)
        settings = (self._setup or Setup(self)).request_settings
        if settings:
            request.__dict__.update(settings)
        return request

    def _leave(self, context: Context, error: BaseException | None) -> None:
        """Run the teardown of a context, or leave it to whoever keeps the context longer."""
        keeper = (context.environ or {}).get(KEEP_CONTEXT_KEY)
        if keeper is not None:
            context.held = False
            context.later_error = error
            keeper.append(context)
        elif not context.held or error is not None:
            self.do_teardown(context, error)

    def do_teardown(self, context: Context, error: BaseException | None) -> None:
        """Run the teardown functions of a context, each once, whatever the others do.

        The first exception that one of them raises is raised again when all have run.
        """
        context.held = False
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
        self.send_signal(request_tearing_down, exc=exc)

    def do_teardown_appcontext(self, exc: BaseException | None = None) -> None:
        """Run the ``teardown_appcontext`` functions, the one registered last first."""
        functions = [self.ensure_sync(f) for f in reversed(self.teardown_appcontext_funcs)]
        self._run_all(functions, exc)
        self.send_signal(appcontext_tearing_down, exc=exc)

    def _run_all(
        self, functions: Iterable[Callable[..., Any]], error: BaseException | None
    ) -> None:
        """Call each function with *error*; raise the first exception when all have run."""
        call_all(partial(function, error) for function in functions)

    def should_ignore_error(self, error: BaseException) -> bool:
        """Return whether teardown functions shall not be told of an error; override it."""
        return False


# The name that tutorials use: `from microweb import Flask` runs what was written for Flask.
Flask = Microweb
