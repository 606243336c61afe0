"""Views that are classes: one instance a request, and one method for each HTTP method."""

from __future__ import annotations

from .globals import current_app, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any, Callable, ClassVar

_HTTP_METHOD_FUNCTIONS = frozenset("get post head options delete put trace patch".split())


class View:
    """A view as a class: override `dispatch_request` and register what `as_view` returns.

    ``methods`` are the HTTP methods of its routes, ``decorators`` are put around the view, the
    last one outermost. With ``init_every_request = False`` one instance answers all requests, and
    must not keep anything of one on ``self``.

    >>> from microweb import Microweb
    >>> class Greeting(View):
    ...     def __init__(self, word):
    ...         self.word = word
    ...     def dispatch_request(self, name):
    ...         return f"{self.word}, {name}!"
    >>> app = Microweb("example")
    >>> app.add_url_rule("/<name>", view_func=Greeting.as_view("greeting", "Hello"))
    >>> app.test_client().get("/Ada").text
    'Hello, Ada!'
    """

    methods: ClassVar[Collection[str] | None] = None
    provide_automatic_options: ClassVar[bool | None] = None
    decorators: ClassVar[list[Callable[[Any], Any]]] = []
    init_every_request: ClassVar[bool] = True

    def dispatch_request(self, **kwargs: Any) -> Any:
        """Answer the request; the arguments are the URL's."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a method dispatch_request(self, ...) that returns the "
            f"response"
        )

    @classmethod
    def as_view(cls, name: str, *class_args: Any, **class_kwargs: Any) -> Callable[..., Any]:
        """Return a view function called *name*; the other arguments go to the class."""
        if cls.init_every_request:

            def view(**kwargs: Any) -> Any:
                # Read each time: a test may have put another class in its place.
                instance = view.view_class(*class_args, **class_kwargs)  # type: ignore[attr-defined]
                return current_app.ensure_sync(instance.dispatch_request)(**kwargs)

        else:
            shared = cls(*class_args, **class_kwargs)

            def view(**kwargs: Any) -> Any:
                return current_app.ensure_sync(shared.dispatch_request)(**kwargs)

        view.__name__ = name
        view.__module__ = cls.__module__
        view.__doc__ = cls.__doc__
        for decorator in cls.decorators:
            view = decorator(view)
            view.__name__ = name
            view.__module__ = cls.__module__
        # What add_url_rule and people who look at the app read.
        view.view_class = cls  # type: ignore[attr-defined]
        view.methods = cls.methods  # type: ignore[attr-defined]
        view.provide_automatic_options = cls.provide_automatic_options  # type: ignore[attr-defined]
        return view


class MethodView(View):
    """A view class that answers each HTTP method with the method of that name in lower case.

    ``methods`` is the list of those that the class defines; HEAD is answered by ``get`` where
    there is no ``head``. Other names are never called, whatever method a client sends.

    >>> from microweb import Microweb
    >>> class Counter(MethodView):
    ...     def get(self):
    ...         return "0"
    >>> app = Microweb("example")
    >>> app.add_url_rule("/", view_func=Counter.as_view("counter"))
    >>> client = app.test_client()
    >>> client.get("/").text, client.put("/").status_code
    ('0', 405)
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "methods" not in cls.__dict__:
            names = {name.upper() for name in _HTTP_METHOD_FUNCTIONS if hasattr(cls, name)}
            for base in cls.__bases__:
                names.update(getattr(base, "methods", None) or ())
            if names:
                cls.methods = names

    def dispatch_request(self, **kwargs: Any) -> Any:
        """Call the method that is named like the request's."""
        name = request.method.lower()
        is_view = name in _HTTP_METHOD_FUNCTIONS or request.method in (self.methods or ())
        function = getattr(self, name, None) if is_view else None
        if function is None and name == "head":
            function = getattr(self, "get", None)
        if function is None:
            raise NotImplementedError(
                f"{type(self).__name__} is registered for {request.method}, but it has no method "
                f"{name}(self, ...)"
            )
        return current_app.ensure_sync(function)(**kwargs)
