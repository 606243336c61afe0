"""JSON for requests and responses: the current app's provider does the work.

``provider.py`` decides how objects are written and how a response looks; ``tag.py`` keeps the
types that JSON loses, which is how a session survives its trip through a cookie.
"""

from __future__ import annotations

from ..globals import CURRENT_CONTEXT
from .provider import DefaultJSONProvider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

    from ..http import Response


def _current_json() -> Any:
    """Return the current app's provider; without an app, one with the defaults."""
    context = CURRENT_CONTEXT.get(None)
    return DefaultJSONProvider(None) if context is None else context.app.json


def dumps(obj: Any, **kwargs: Any) -> str:
    """Return *obj* as JSON text, written by the current app's provider.

    >>> dumps({"b": 1, "a": None})
    '{"a": null, "b": 1}'
    """
    text: str = _current_json().dumps(obj, **kwargs)
    return text


def dump(obj: Any, fp: IO[str], **kwargs: Any) -> None:
    """Write *obj* as JSON text to a text file.

    >>> import sys
    >>> dump([1, 2], sys.stdout)
    [1, 2]
    """
    _current_json().dump(obj, fp, **kwargs)


def loads(s: str | bytes, **kwargs: Any) -> Any:
    """Return what a JSON text says; ValueError if it is none.

    >>> loads('{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    return _current_json().loads(s, **kwargs)


def load(fp: IO[Any], **kwargs: Any) -> Any:
    """Return what the JSON text in a file says; ValueError if it is none.

    >>> from io import StringIO
    >>> load(StringIO("[1, 2]"))
    [1, 2]
    """
    return _current_json().load(fp, **kwargs)


def jsonify(*args: Any, **kwargs: Any) -> Response:
    """Return a JSON response of one value, of several as an array, or of keywords as an object.

    A view may as well return a dict or a list.

    >>> jsonify(name="Ada").get_json()
    {'name': 'Ada'}
    """
    response: Response = _current_json().response(*args, **kwargs)
    return response
