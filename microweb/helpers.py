"""The functions that views call: thin, over the current context.

Each asks the current app or the current request to do the work, so that overriding a method of the
app changes what the function does.
"""

from __future__ import annotations

import os
from functools import cache

from .globals import CURRENT_CONTEXT, current_context, find_request_context, request_context
from .http import Aborter, NotFound, Response, redirect_response
from .text.paths import safe_join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import IO, Any, Callable, NoReturn

_ABORT_WITHOUT_APP = Aborter()


def url_for(
    endpoint: str,
    *,
    _anchor: str | None = None,
    _method: str | None = None,
    _scheme: str | None = None,
    _external: bool | None = None,
    **values: Any,
) -> str:
    """Return the URL of an endpoint.

    *values* fill the variables of its rule; what is left over goes into the query string. An
    endpoint that begins with a dot is one of the current blueprint. *_external* asks for an
    absolute URL (the default outside of a request), *_scheme* for another scheme than the
    request's, *_anchor* adds a fragment. BuildError where nothing fits.

    >>> from microweb import Microweb
    >>> app = Microweb("example")
    >>> app.add_url_rule("/user/<name>", "user")
    >>> with app.test_request_context():
    ...     url_for("user", name="Ada L.", page=2)
    '/user/Ada%20L.?page=2'
    """
    return current_context("url_for").app.url_for(
        endpoint, _anchor=_anchor, _method=_method, _scheme=_scheme, _external=_external, **values
    )


def redirect(location: str, code: int = 302, Response: type[Response] | None = None) -> Response:
    """Return a response that sends the client to another URL.

    *code* is 301, 302, 303, 307 or 308 (RFC 9110 §15.4; ValueError otherwise). *location* comes
    from the app: one that comes from a client must be checked first.

    >>> redirect("/login").location
    '/login'
    """
    context = CURRENT_CONTEXT.get(None)
    if context is not None and Response is None:
        return context.app.redirect(location, code)
    return redirect_response(location, code, Response)


def abort(code: int | Any, *args: Any, **kwargs: Any) -> NoReturn:
    """End the request with an HTTP error: a status code, or a response to send.

    The further arguments are those of the exception class, most often a description.

    >>> abort(404, "no such note")
    Traceback (most recent call last):
        ...
    microweb.http.exceptions.NotFound: 404 Not Found: no such note
    """
    context = CURRENT_CONTEXT.get(None)
    aborter = _ABORT_WITHOUT_APP if context is None else context.app.aborter
    aborter(code, *args, **kwargs)


def make_response(*args: Any) -> Response:
    """Return what a view would return as a response object, so that headers may be set on it.

    >>> from microweb import Microweb
    >>> with Microweb("example").test_request_context():
    ...     make_response("not here", 404).status
    '404 NOT FOUND'
    """
    app = current_context("make_response").app
    if not args:
        return app.response_class()
    return app.make_response(args[0] if len(args) == 1 else args)


def flash(message: str, category: str = "message") -> None:
    """Keep a message for the next page that shows messages, in the session.

    *category* sorts messages: ``"message"``, ``"error"``, ``"info"``, or names of your own.
    """
    context = request_context("flash")
    session = context.session
    # A new list is stored, because the session cannot notice a change inside the old one.
    session["_flashes"] = [*session.get("_flashes", []), (category, message)]
    context.app.send_signal("message-flashed", message=message, category=category)


def get_flashed_messages(
    with_categories: bool = False, category_filter: Iterable[str] = ()
) -> list[str] | list[tuple[str, str]]:
    """Take the flashed messages out of the session and return them.

    A second call in the same request returns the same ones. *with_categories* asks for pairs
    ``(category, message)``; *category_filter* leaves out all categories but the named ones.
    """
    context = request_context("get_flashed_messages")
    if context.flashes is None:
        session = context.session
        flashes = session.pop("_flashes") if "_flashes" in session else []
        context.flashes = [(category, message) for category, message in flashes]
    wanted = frozenset([category_filter] if isinstance(category_filter, str) else category_filter)
    chosen = [pair for pair in context.flashes if not wanted or pair[0] in wanted]
    return chosen if with_categories else [message for _, message in chosen]


def render_template(template_name_or_list: Any, **context: Any) -> str:
    """Return a template from the template folder, rendered with the given names.

    Of a list of names the first that exists is taken. ``request``, ``session``, ``g``,
    ``config``, ``url_for`` and ``get_flashed_messages`` are there in every template.
    """
    app = current_context("render_template").app
    template = app.jinja_env.get_or_select_template(template_name_or_list)
    return app.render(template, context)


def render_template_string(source: str, **context: Any) -> str:
    """Return a template given as text, rendered with the given names; output is escaped.

    >>> from microweb import Microweb
    >>> with Microweb("example").test_request_context():
    ...     render_template_string("Hello, {{ name }}!", name="<Ada>")
    'Hello, &lt;Ada&gt;!'
    """
    app = current_context("render_template_string").app
    return app.render(app.jinja_env.from_string(source), context)


def stream_template(template_name_or_list: Any, **context: Any) -> Iterator[str]:
    """Return the pieces of a template from the template folder, made while they are sent.

    Return it from a view: a page of any length is never whole in memory. Inside a request the
    request's context stays for as long as the stream lasts.
    """
    app = current_context("stream_template").app
    return _stream(app.jinja_env.get_or_select_template(template_name_or_list), context)


def stream_template_string(source: str, **context: Any) -> Iterator[str]:
    """Return the pieces of a template given as text, as `stream_template` does.

    >>> from microweb import Microweb
    >>> with Microweb("example").test_request_context():
    ...     "".join(stream_template_string("{{ n }}, {{ n + 1 }}", n=1))
    '1, 2'
    """
    app = current_context("stream_template_string").app
    return _stream(app.jinja_env.from_string(source), context)


def _stream(template: Any, context: dict[str, Any]) -> Iterator[str]:
    pieces: Iterator[str] = current_context("stream_template").app.stream(template, context)
    return pieces if find_request_context() is None else stream_with_context(pieces)


def get_template_attribute(template_name: str, attribute: str) -> Any:
    """Return a macro, or another name that a template sets at its top level, for use in Python.

    AttributeError where the template has no such name.
    """
    template = current_context("get_template_attribute").app.jinja_env.get_template(template_name)
    return getattr(template.module, attribute)


@cache
def _load_file_response() -> Any:
    from .http.files import file_response

    return file_response


def send_file(
    path_or_file: str | os.PathLike[str] | IO[bytes],
    mimetype: str | None = None,
    as_attachment: bool = False,
    download_name: str | None = None,
    conditional: bool = True,
    etag: bool | str = True,
    last_modified: datetime | int | float | None = None,
    max_age: int | Callable[[str | None], int | None] | None = None,
    precompressed: bool = False,
) -> Response:
    """Return a response that sends a file, by its path or as an open binary file.

    A relative path starts at the app's root path. *as_attachment* asks the browser to save it
    under *download_name*. *conditional* answers 304 and 206 where the request asks for it
    (RFC 9110 §13 and §14). *max_age* is in seconds; by default ``SEND_FILE_MAX_AGE_DEFAULT``.
    With *precompressed* a ``.gz`` file beside the one asked for is sent to clients that take it.

    Never build *path_or_file* from what a client sent: that is what `send_from_directory` is for.
    """
    context = request_context("send_file")
    app = context.app
    environ = context.environ
    if environ is None:
        raise RuntimeError("send_file needs a request")
    response: Response = _load_file_response()(
        path_or_file,
        environ,
        mimetype=mimetype,
        as_attachment=as_attachment,
        download_name=download_name,
        conditional=conditional,
        etag=etag,
        last_modified=last_modified,
        max_age=app.get_send_file_max_age if max_age is None else max_age,
        use_x_sendfile=bool(app.config["USE_X_SENDFILE"]),
        precompressed=precompressed,
        response_class=app.response_class,
        root_path=app.root_path,
    )
    return response


def send_from_directory(
    directory: str | os.PathLike[str], path: str | os.PathLike[str], **kwargs: Any
) -> Response:
    """Return a response that sends a file out of a directory; *path* may come from a client.

    404 where the path leads out of the directory, or to nothing that is a file. The keyword
    arguments are those of `send_file`.
    """
    root = os.path.join(current_context("send_from_directory").app.root_path, directory)
    joined = safe_join(root, os.fspath(path))
    if joined is None:
        raise NotFound()
    return send_file(joined, **kwargs)


class _StreamInContext:
    """Runs a generator inside the request's context, item by item.

    The context is current only while an item is made, so that whatever else runs in the thread
    between two items never sees it. Closing the response runs the teardown.
    """

    def __init__(self, items: Iterator[Any]) -> None:
        context = request_context("stream_with_context")
        context.is_held = context.must_close = context.needs_response = True
        self._context = context
        self._items: Iterator[Any] | None = iter(items)

    def __iter__(self) -> _StreamInContext:
        return self

    def __next__(self) -> Any:
        if self._items is None:
            raise StopIteration
        token = CURRENT_CONTEXT.set(self._context)
        try:
            return next(self._items)
        except BaseException as error:
            if not isinstance(error, StopIteration):
                self._context.ending_error = error
            self.close()
            raise
        finally:
            CURRENT_CONTEXT.reset(token)

    def close(self) -> None:
        """Close the generator, in its context, unless that is done."""
        items, self._items = self._items, None
        close = getattr(items, "close", None)
        if close is None:
            return
        token = CURRENT_CONTEXT.set(self._context)
        try:
            close()
        finally:
            CURRENT_CONTEXT.reset(token)


def stream_with_context(generator_or_function: Any) -> Any:
    """Keep the request's context for a generator that makes the body while it is sent.

    Give it a generator, or decorate a function that returns one. Teardown functions run when the
    stream ends or the client has gone away.

    >>> from microweb import Microweb, request
    >>> app = Microweb("example")
    >>> @app.route("/")
    ... def index():
    ...     return stream_with_context(request.args[key] for key in ("a", "b"))
    >>> app.test_client().get("/?a=1&b=2").text
    '12'
    """
    if callable(generator_or_function) and not hasattr(generator_or_function, "__next__"):

        def decorated(*args: Any, **kwargs: Any) -> Any:
            return _StreamInContext(generator_or_function(*args, **kwargs))

        return decorated
    return _StreamInContext(generator_or_function)
