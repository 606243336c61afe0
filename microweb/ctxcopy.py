"""Taking the context of a request along to another thread."""

from __future__ import annotations

from .ctx import Context
from .globals import request_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


class CopiedContext(Context):
    """The method of `Context` that `copy_current_request_context` needs."""

    def copy(self) -> Context:
        """Return a context of the same request for another thread, with a ``g`` of its own.

        The request and the session are read now: when the copy is used, the request may be over.
        """
        context = Context(self.app, self.environ)
        shared = {"_request": self.request, "_session": self.session, "owns_request": False}
        matched = ("url_rule", "view_args", "routing_exception")
        vars(context).update(shared, **{name: getattr(self, name) for name in matched})
        return context


def copy_current_request_context(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that runs *f* in the current request's context, in whatever thread.

    ``request``, ``session``, ``current_app`` and ``url_for`` work there. ``g`` begins empty, the
    teardown functions run at the end, as for a request of its own, and what the function changes
    in the session is not saved.

    >>> from threading import Thread
    >>> from microweb import Microweb, request
    >>> with Microweb("example").test_request_context("/?name=Ada"):
    ...     work = copy_current_request_context(lambda: print(request.args["name"]))
    >>> thread = Thread(target=work); thread.start(); thread.join()
    Ada
    """
    original = request_context("copy_current_request_context")
    prepared = original.copy()

    def in_copied_context(*args: Any, **kwargs: Any) -> Any:
        with prepared.copy() as context:
            return context.app.ensure_sync(f)(*args, **kwargs)

    in_copied_context.__name__ = getattr(f, "__name__", "in_copied_context")
    return in_copied_context
