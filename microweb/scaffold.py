"""What an app and a blueprint have in common: a place in the file system and things registered.

A `Scaffold` only keeps what was registered, in the dicts that Flask documents and extensions read:
keyed by blueprint name, with None for what holds for the whole app. It answers no request.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict

from .globals import current_context
from .helpers import send_from_directory
from .http import HTTPException, default_exceptions
from .http.request import blueprint_names_of
from .http.structures import kept_property
from .text.archive import open_stored_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Callable, TypeVar

    from .cli import AppGroup
    from .http import Response
    from .templating import BaseLoader

    View = Callable[..., Any]
    AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


def describe_function(function: Any) -> str:
    """Return a function's name and where it stands, for messages to its author.

    >>> describe_function(describe_function).startswith("describe_function (")
    True
    """
    name: str = getattr(function, "__qualname__", None) or repr(function)
    code: Any = getattr(function, "__code__", None)
    # PyPy's own functions have code of another kind.
    filename = getattr(code, "co_filename", None)
    return name if filename is None else f"{name} ({filename}:{code.co_firstlineno})"


def describe_registration(method_name: str, registered: object) -> str:
    """Return a registering call for a message, with the place of what it registers.

    >>> describe_registration("register_blueprint", None)
    'register_blueprint()'
    """
    if registered is None:
        return f"{method_name}()"
    if callable(registered):
        return f"{method_name}() of {describe_function(registered)}"
    return f"{method_name}() of {registered!r:.60}"


def check_registered_function(method_name: str, function: object) -> None:
    """Raise a TypeError where something is registered that cannot be called.

    >>> check_registered_function("before_request", "text")
    Traceback (most recent call last):
        ...
    TypeError: before_request() registers a function, not 'text'
    """
    if not callable(function):
        raise TypeError(f"{method_name}() registers a function, not {function!r:.60}")


def find_root_path(import_name: str) -> str:
    """Return the folder of the module or package that is called *import_name*.

    The current folder where nothing of that name has a file, as in a notebook or a shell.

    >>> import os
    >>> os.path.basename(find_root_path("json.decoder"))
    'json'
    """
    module = sys.modules.get(import_name)
    filename: str | None = getattr(module, "__file__", None)
    if filename is None and module is None and import_name != "__main__":
        from importlib.util import find_spec

        try:
            spec = find_spec(import_name)
        except (ImportError, ValueError):
            spec = None
        filename = None if spec is None or spec.origin in ("built-in", "frozen") else spec.origin
    if filename is None:
        return os.getcwd()
    return os.path.dirname(os.path.abspath(filename))


def is_coroutine_function(function: Any) -> bool:
    """Return whether calling *function* gives a coroutine: ``async def``, also as a method, in a
    `functools.partial` or marked as one for `inspect`.

    >>> async def fetch(): ...
    >>> is_coroutine_function(fetch), is_coroutine_function(len)
    (True, False)
    """
    while hasattr(function, "func") and not hasattr(function, "__code__"):
        function = function.func
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    # The flag that inspect.CO_COROUTINE names; that module costs more to import than this one.
    flags = getattr(code, "co_flags", 0)
    return bool(flags & 0x80) or hasattr(function, "_is_coroutine_mark")


# What Flask once had and people still type, and what to type instead.
_REMOVED_NAMES = {
    "before_first_request": "do it while the app is set up, as in: with app.app_context(): ...",
    "before_app_first_request": "do it in a function given to the blueprint's record_once()",
    "json_encoder": "subclass DefaultJSONProvider and set app.json, or set app.json.default",
    "json_decoder": "subclass DefaultJSONProvider, override loads, and set app.json",
    "env": "use app.debug, or a configuration key of your own",
}


class Scaffold:
    """The registering half of `Microweb`: routes, hooks, error handlers, folders.

    *import_name* is usually ``__name__``; the folder of that module is where ``static`` and
    ``templates`` are looked for, unless *root_path* says another.
    """

    def __init__(
        self,
        import_name: str,
        static_folder: str | os.PathLike[str] | None = None,
        static_url_path: str | None = None,
        template_folder: str | os.PathLike[str] | None = None,
        root_path: str | None = None,
    ) -> None:
        self.import_name = import_name
        self.root_path = find_root_path(import_name) if root_path is None else root_path
        self._static_folder = None if static_folder is None else os.fspath(static_folder)
        self._static_url_path = static_url_path
        self._template_folder = template_folder
        self._jinja_loader: BaseLoader | None = None
        self.view_functions: dict[str, View] = {}
        self.error_handler_spec: dict[
            str | None, dict[int | None, dict[type[Exception], Callable[..., Any]]]
        ] = {}
        self.before_request_funcs: dict[str | None, list[Callable[[], Any]]] = defaultdict(list)
        self.after_request_funcs: dict[str | None, list[Callable[[Any], Any]]] = defaultdict(list)
        self.teardown_request_funcs: dict[str | None, list[Callable[[Any], Any]]] = defaultdict(
            list
        )
        self.template_context_processors: dict[str | None, list[Callable[[], dict[str, Any]]]] = (
            defaultdict(list)
        )
        self.url_value_preprocessors: dict[str | None, list[Callable[..., None]]] = defaultdict(
            list
        )
        self.url_default_functions: dict[str | None, list[Callable[..., None]]] = defaultdict(list)

    @kept_property
    def cli(self) -> AppGroup:
        """The commands that are registered here, made when it is first read."""
        from .cli import AppGroup

        return AppGroup(self.import_name)

    def __getattr__(self, name: str) -> Any:
        advice = _REMOVED_NAMES.get(name)
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
            + (f"; Flask has removed it: {advice}" if advice else "")
        )

    def _check_setup(self, method_name: str, registered: object = None) -> None:
        """Refuse a registration that comes too late to have an effect everywhere."""

    @property
    def static_folder(self) -> str | None:
        """The folder of static files as an absolute path, or None."""
        if self._static_folder is None:
            return None
        return os.path.join(self.root_path, self._static_folder)

    @static_folder.setter
    def static_folder(self, value: str | os.PathLike[str] | None) -> None:
        self._static_folder = None if value is None else os.fspath(value).rstrip("/\\")

    @property
    def has_static_folder(self) -> bool:
        """Whether a static folder is configured (it need not exist)."""
        return self._static_folder is not None

    @property
    def static_url_path(self) -> str | None:
        """The URL prefix of static files: as given, else the name of the static folder."""
        if self._static_url_path is not None:
            return self._static_url_path.rstrip("/")
        if self._static_folder is None:
            return None
        return "/" + os.path.basename(self._static_folder.rstrip("/\\"))

    @static_url_path.setter
    def static_url_path(self, value: str | None) -> None:
        self._static_url_path = value

    @property
    def template_folder(self) -> str | os.PathLike[str] | None:
        """The folder of templates, relative to the root path, or None; may be set."""
        return self._template_folder

    @template_folder.setter
    def template_folder(self, value: str | os.PathLike[str] | None) -> None:
        self._template_folder = value
        self._jinja_loader = None
        self._forget_loader()

    @property
    def jinja_loader(self) -> BaseLoader | None:
        """What finds the templates of the template folder, or None without one; may be set."""
        if self._jinja_loader is None and self.template_folder is not None:
            from .templating import FileSystemLoader

            folder = os.path.join(self.root_path, self.template_folder)
            self._jinja_loader = FileSystemLoader(folder)
        return self._jinja_loader

    @jinja_loader.setter
    def jinja_loader(self, value: BaseLoader | None) -> None:
        self._jinja_loader = value
        self._forget_loader()

    def _forget_loader(self) -> None:
        """Have the templates looked for again, where they have been looked for already."""

    def open_resource(
        self, resource: str, mode: str = "rb", encoding: str | None = "utf-8"
    ) -> IO[Any]:
        """Open a file that lies beside the module, on the disk or in a zip, for reading.

        *resource* is relative to the root path; *mode* is ``"r"``, ``"rt"`` or ``"rb"``
        (ValueError otherwise), *encoding* that of text.
        """
        if mode not in ("r", "rt", "rb"):
            raise ValueError(f"resources are read only: mode 'r', 'rt' or 'rb', not {mode!r}")
        path = os.path.join(self.root_path, resource)
        return open_stored_file(path, mode, encoding)

    def route(self, rule: str, **options: Any) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated view for a URL rule.

        The options are those of `add_url_rule`.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.route("/hello/<name>")
        ... def hello(name):
        ...     return f"Hello, {name}!"
        >>> app.test_client().get("/hello/Ada").text
        'Hello, Ada!'
        """
        if callable(rule):
            raise TypeError(
                f"@route stands without parentheses above {describe_function(rule)}; write "
                f'@route("/path")'
            )

        def decorator(view_func: AnyFunction) -> AnyFunction:
            endpoint = options.pop("endpoint", None)
            self.add_url_rule(rule, endpoint, view_func, **options)
            return view_func

        return decorator

    def _method_route(
        self, method: str, rule: str, options: dict[str, Any]
    ) -> Callable[[AnyFunction], AnyFunction]:
        if "methods" in options:
            raise TypeError(
                f"@{method.lower()}({rule!r}) is for one method; use @route({rule!r}, "
                f"methods={options['methods']!r})"
            )
        return self.route(rule, methods=[method], **options)

    def get(self, rule: str, **options: Any) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated view for GET, as ``route(rule, methods=["GET"])``."""
        return self._method_route("GET", rule, options)

    def post(self, rule: str, **options: Any) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated view for POST, as ``route(rule, methods=["POST"])``."""
        return self._method_route("POST", rule, options)

    def put(self, rule: str, **options: Any) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated view for PUT, as ``route(rule, methods=["PUT"])``."""
        return self._method_route("PUT", rule, options)

    def delete(self, rule: str, **options: Any) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated view for DELETE, as ``route(rule, methods=["DELETE"])``."""
        return self._method_route("DELETE", rule, options)

    def patch(self, rule: str, **options: Any) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated view for PATCH, as ``route(rule, methods=["PATCH"])``."""
        return self._method_route("PATCH", rule, options)

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: View | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """Register a URL rule; implemented by the app and by the blueprint."""
        raise NotImplementedError

    def endpoint(self, endpoint: str) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated view for an endpoint whose rule was added without a view."""

        def decorator(view_func: AnyFunction) -> AnyFunction:
            self._check_setup("endpoint", view_func)
            self._check_view_is_new(endpoint, view_func)
            self.view_functions[endpoint] = view_func
            return view_func

        return decorator

    def _check_view_is_new(self, endpoint: str, view_func: View) -> None:
        """Raise an AssertionError where an endpoint has another view already."""
        known = self.view_functions.get(endpoint)
        if known is not None and known != view_func:
            raise AssertionError(
                f"two views have the endpoint {endpoint!r}: {describe_function(known)} and "
                f"{describe_function(view_func)}; rename one, give it another name with "
                f"endpoint=..., or put functools.wraps into the decorator that both went through"
            )

    def _register_hook(
        self, registry: dict[Any, list[Any]], name: str, function: AnyFunction
    ) -> AnyFunction:
        self._check_setup(name, function)
        check_registered_function(name, function)
        registry.setdefault(None, []).append(function)
        return function

    def before_request(self, f: AnyFunction) -> AnyFunction:
        """Register a function that runs before each view; what it returns, if not None, is the
        answer, and the view is not called."""
        return self._register_hook(self.before_request_funcs, "before_request", f)

    def after_request(self, f: AnyFunction) -> AnyFunction:
        """Register a function that is given each response and returns it, or another.

        The functions run in the reverse order of their registration.
        """
        return self._register_hook(self.after_request_funcs, "after_request", f)

    def teardown_request(self, f: AnyFunction) -> AnyFunction:
        """Register a function that runs when a request is over, whatever happened.

        It is given the exception that ended the request, or None, and what it returns is ignored.
        """
        return self._register_hook(self.teardown_request_funcs, "teardown_request", f)

    def context_processor(self, f: AnyFunction) -> AnyFunction:
        """Register a function whose dict is merged into the context of every template."""
        return self._register_hook(self.template_context_processors, "context_processor", f)

    def url_value_preprocessor(self, f: AnyFunction) -> AnyFunction:
        """Register a function that is given the endpoint and the URL's arguments before the view
        is called, and may change the latter."""
        return self._register_hook(self.url_value_preprocessors, "url_value_preprocessor", f)

    def url_defaults(self, f: AnyFunction) -> AnyFunction:
        """Register a function that is given the endpoint and the values of every `url_for`, and
        may add to the latter."""
        return self._register_hook(self.url_default_functions, "url_defaults", f)

    def errorhandler(
        self, code_or_exception: type[Exception] | int
    ) -> Callable[[AnyFunction], AnyFunction]:
        """Register the decorated function for a status code or for an exception class.

        It is given the exception and returns whatever a view may return.

        >>> from microweb import Microweb
        >>> app = Microweb("example")
        >>> @app.errorhandler(404)
        ... def page_not_found(error):
        ...     return "Nothing here.", 404
        >>> app.test_client().get("/x").text
        'Nothing here.'
        """
        # Refused here, not when the function comes: without parentheses it never would.
        self._exception_class_and_code(code_or_exception)

        def decorator(f: AnyFunction) -> AnyFunction:
            self.register_error_handler(code_or_exception, f)
            return f

        return decorator

    def register_error_handler(
        self, code_or_exception: type[Exception] | int, f: Callable[..., Any]
    ) -> None:
        """Register *f* for a status code or for an exception class, as `errorhandler` does."""
        self._check_setup("register_error_handler", f)
        check_registered_function("register_error_handler", f)
        exception_class, code = self._exception_class_and_code(code_or_exception)
        handlers = self.error_handler_spec.setdefault(None, {}).setdefault(code, {})
        handlers[exception_class] = f

    def get_send_file_max_age(self, filename: str | None) -> int | None:
        """Return for how many seconds a static file may be cached: ``SEND_FILE_MAX_AGE_DEFAULT``.

        None, the default, makes clients ask each time whether the file has changed.
        """
        value = current_context("get_send_file_max_age").app.config["SEND_FILE_MAX_AGE_DEFAULT"]
        return value if value is None or isinstance(value, int) else int(value.total_seconds())

    def send_static_file(self, filename: str) -> Response:
        """Return a file of the static folder: the view behind ``/static/…``."""
        folder = self.static_folder
        if folder is None:
            raise RuntimeError("there is no static folder; pass static_folder=... at the start")
        max_age = self.get_send_file_max_age(filename)
        return send_from_directory(folder, filename, max_age=max_age, precompressed=True)

    @staticmethod
    def _exception_class_and_code(
        code_or_exception: type[Exception] | int,
    ) -> tuple[type[Exception], int | None]:
        """Return the class to handle, and its status code if it is an HTTP exception's."""
        if isinstance(code_or_exception, int):
            exception_class = default_exceptions.get(code_or_exception)
            if exception_class is None:
                raise ValueError(
                    f"{code_or_exception} is not the status code of an HTTP error; give one of "
                    f"{', '.join(map(str, default_exceptions))}, or an exception class"
                )
            return exception_class, code_or_exception
        if not isinstance(code_or_exception, type) or not issubclass(code_or_exception, Exception):
            raise TypeError(
                f"an error handler is for a status code or a class of exceptions, not for "
                f"{code_or_exception!r}; write @errorhandler(404) above the function"
            )
        if issubclass(code_or_exception, HTTPException):
            return code_or_exception, code_or_exception.code
        return code_or_exception, None


def names_to_ask(endpoint: str | None) -> tuple[str | None, ...]:
    """Return the keys of the registries that hold for an endpoint: the app's, then from the
    outermost blueprint to the innermost.

    >>> names_to_ask("admin.users.edit")
    (None, 'admin', 'admin.users')
    """
    return (None, *reversed(blueprint_names_of(endpoint)))


def registering_decorator(
    add: Callable[[Any, str | None], None], name: Any
) -> Callable[[AnyFunction], AnyFunction]:
    """Return a decorator that hands a function to *add*, with *name*, and leaves it as it is.

    A function in the place of the name is handed over at once: a decorator without parentheses.

    >>> registering_decorator(lambda f, name: print(name), "shout")(len) is len
    shout
    True
    """

    def decorator(f: AnyFunction) -> AnyFunction:
        add(f, None if callable(name) else name)
        return f

    # Called without parentheses it is the decorated function that is returned.
    result: Callable[[AnyFunction], AnyFunction] = decorator(name) if callable(name) else decorator
    return result
