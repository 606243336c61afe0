"""What microweb does otherwise under `install`, so that a program that runs on Flask starts."""

from __future__ import annotations

from ..http import Request
from ..viewcheck import VIEW_CHECK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def adopt_behaviour() -> None:
    """Switch to Flask's ways: a view that cannot take its URL's arguments is a warning."""
    VIEW_CHECK["raises"] = False
    # By name, as it stands in no class yet: rare members come with their first use.
    setattr(Request, "application", classmethod(make_application))  # noqa: B010


def make_application(cls: type[Request], function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a WSGI application of a function or method that takes a request, as a decorator.

    It returns a response, or raises an HTTP error.

    >>> from microweb.http import Response
    >>> application = make_application(Request, lambda request: Response(request.path))
    >>> environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/x"}
    >>> application(environ, lambda status, headers: None)
    [b'/x']
    """
    from functools import wraps

    from ..http import HTTPException

    @wraps(function)
    def application(*args: Any) -> Any:
        *bound, environ, start_response = args
        request_of_call = cls(environ)
        try:
            response = function(*bound, request_of_call)
        except HTTPException as error:
            response = error.get_response(environ)
        try:
            return response(environ, start_response)
        finally:
            if not response.is_streamed:
                request_of_call.close()

    return application
