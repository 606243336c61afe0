"""JSON for requests, responses and sessions.

`DefaultJSONProvider` is what ``app.json`` is made of: it decides how objects that JSON does not
know are written and how a JSON response looks. `TaggedJSONSerializer` keeps the types that JSON
loses (tuples, bytes, dates, …), which is how a session survives its trip through a cookie.

The standard library's `json` does the work and is imported when it is first needed.
"""

from __future__ import annotations

import sys

from .context import CURRENT_CONTEXT
from .http import Response, http_date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Callable

    from .app import Microweb


def _serialize_unknown(obj: Any) -> Any:
    """Return something that JSON can write for the types that web apps meet most.

    A class is looked up in `sys.modules` rather than imported: an object of it can exist only if
    somebody has imported its module already.
    """
    modules = sys.modules
    datetime = modules.get("datetime")
    if datetime is not None and isinstance(obj, datetime.date):
        return http_date(obj)
    decimal = modules.get("decimal")
    if decimal is not None and isinstance(obj, decimal.Decimal):
        return str(obj)
    uuid = modules.get("uuid")
    if uuid is not None and isinstance(obj, uuid.UUID):
        return str(obj)
    dataclasses = modules.get("dataclasses")
    if dataclasses is not None and dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        return dataclasses.asdict(obj)
    if hasattr(obj, "__html__"):
        return str(obj.__html__())
    raise TypeError(
        f"an object of type {type(obj).__name__!r} cannot be written as JSON: {obj!r:.80}; return "
        f"dicts, lists, text, numbers, dates, or give app.json.default a function that converts it"
    )


class JSONProvider:
    """What an app asks to write and read JSON. Subclass it to use another JSON library.

    >>> class Loud(JSONProvider):
    ...     def dumps(self, obj, **kwargs):
    ...         return str(obj).upper()
    >>> Loud(None).dumps("hello")
    'HELLO'
    """

    def __init__(self, app: Microweb | None) -> None:
        self._app = app

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return *obj* as JSON text."""
        raise NotImplementedError

    def dump(self, obj: Any, fp: IO[str], **kwargs: Any) -> None:
        """Write *obj* as JSON text to a text file."""
        fp.write(self.dumps(obj, **kwargs))

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return what a JSON text says."""
        raise NotImplementedError

    def load(self, fp: IO[Any], **kwargs: Any) -> Any:
        """Return what the JSON text in a file says."""
        return self.loads(fp.read(), **kwargs)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a JSON response; the arguments are those of `jsonify`."""
        body = self.dumps(_one_json_value(args, kwargs))
        return self._response_class()(body, mimetype="application/json")

    def _response_class(self) -> type[Response]:
        return Response if self._app is None else self._app.response_class


class DefaultJSONProvider(JSONProvider):
    """JSON by the standard library, as Flask's ``app.json`` behaves.

    Attributes that may be set on ``app.json``: ``default`` (a function for other types),
    ``ensure_ascii`` (True), ``sort_keys`` (True), ``compact`` (None: compact unless debugging)
    and ``mimetype``. Dates are written as HTTP dates, decimals and UUIDs as text, dataclasses as
    objects.

    >>> DefaultJSONProvider(None).dumps({"b": 1, "a": (2, 3)})
    '{"a": [2, 3], "b": 1}'
    """

    default: Callable[[Any], Any] = staticmethod(_serialize_unknown)
    ensure_ascii = True
    sort_keys = True
    compact: bool | None = None
    mimetype = "application/json"

    _encode: Callable[[Any], str] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        self.options_changed()
        app = self.__dict__.get("_app")
        # An app that is being made has no provider yet, and has computed nothing from one.
        if app is not None and app.__dict__.get("json") is self:
            app.configuration_changed()

    def options_changed(self) -> None:
        """Forget the encoder: one of the options it was made of has another value now."""
        self.__dict__["_encode"] = None

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return *obj* as JSON text; keyword arguments are those of `json.dumps`."""
        from json import dumps

        kwargs.setdefault("default", self.default)
        kwargs.setdefault("ensure_ascii", self.ensure_ascii)
        kwargs.setdefault("sort_keys", self.sort_keys)
        return dumps(obj, **kwargs)

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return what a JSON text says; keyword arguments are those of `json.loads`."""
        from json import loads

        return loads(s, **kwargs)

    def encode_body(self, value: Any) -> bytes:
        """Return the body of a JSON response: compact, or indented while debugging."""
        encode = self._encode or self._make_encoder()
        return encode(value).encode("utf-8") + b"\n"

    def _make_encoder(self) -> Callable[[Any], str]:
        """Return what writes bodies, and keep it: to make one costs as much as a small body."""
        from json import JSONEncoder

        compact = self.compact
        if compact is None:
            compact = self._app is None or not self._app.debug
        encode = JSONEncoder(
            ensure_ascii=self.ensure_ascii,
            sort_keys=self.sort_keys,
            default=self.default,
            separators=(",", ":") if compact else None,
            indent=None if compact else 2,
        ).encode
        self.__dict__["_encode"] = encode
        return encode

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a JSON response; the arguments are those of `jsonify`."""
        body = self.encode_body(_one_json_value(args, kwargs))
        return self._response_class()(body, mimetype=self.mimetype)


def _one_json_value(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the value that the arguments of `jsonify` stand for."""
    if args and kwargs:
        raise TypeError(
            "jsonify takes positional or keyword arguments, not both: pass one dict instead"
        )
    if not args:
        return kwargs or None
    return args[0] if len(args) == 1 else args


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


class TaggedJSONSerializer:
    """Compact JSON that keeps tuples, bytes, markup, UUIDs and dates apart.

    A tagged value is an object of one key that begins with a space: ``{" t": [1, 2]}`` is the
    tuple ``(1, 2)``. The tags are Flask's, so that both read each other's sessions.

    >>> serializer = TaggedJSONSerializer()
    >>> serializer.loads(serializer.dumps({"pair": (1, b"two")}))
    {'pair': (1, b'two')}
    """

    _encode: Callable[[Any], str] | None = None

    def tag(self, value: Any) -> Any:
        """Return *value* with everything that JSON would lose wrapped in tags."""
        kind = type(value)
        if kind is str or kind is int or kind is float or kind is bool or value is None:
            return value
        if isinstance(value, dict):
            if len(value) == 1:
                key = next(iter(value))
                # A plain dict that looks like a tag is wrapped itself, with the key marked.
                if isinstance(key, str) and key in _TAG_READERS:
                    return {" di": {f"{key}__": self.tag(value[key])}}
            return {key: self.tag(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tag(item) for item in value]
        if isinstance(value, tuple):
            return {" t": [self.tag(item) for item in value]}
        return self._tag_rare(value)

    def _tag_rare(self, value: Any) -> Any:
        if isinstance(value, bytes):
            from binascii import b2a_base64

            return {" b": b2a_base64(value, newline=False).decode("ascii")}
        if hasattr(value, "__html__"):
            return {" m": str(value.__html__())}
        uuid = sys.modules.get("uuid")
        if uuid is not None and isinstance(value, uuid.UUID):
            return {" u": value.hex}
        datetime = sys.modules.get("datetime")
        if datetime is not None and isinstance(value, datetime.datetime):
            return {" d": http_date(value)}
        return value

    def untag(self, value: Any) -> Any:
        """Return *value* with every tag replaced by what it stands for. ValueError if malformed."""
        kind = type(value)
        if kind is list:
            return [self.untag(item) for item in value]
        if kind is not dict:
            return value
        if len(value) == 1:
            key, item = next(iter(value.items()))
            reader = _TAG_READERS.get(key)
            if reader is not None:
                return reader(self.untag(item))
        return {key: self.untag(item) for key, item in value.items()}

    def dumps(self, value: Any) -> str:
        """Return *value* as tagged JSON; TypeError for a type that neither JSON nor a tag knows."""
        if self._encode is None:
            from json import JSONEncoder

            self._encode = JSONEncoder(
                separators=(",", ":"), sort_keys=True, default=_serialize_unknown
            ).encode
        return self._encode(self.tag(value))

    def loads(self, value: str | bytes) -> Any:
        """Return what a tagged JSON text says; ValueError if it is malformed."""
        from json import loads as loads_plain

        try:
            return self.untag(loads_plain(value))
        except (TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"malformed tagged JSON: {error}") from error


def _untag_bytes(value: str) -> bytes:
    from binascii import a2b_base64

    return a2b_base64(value)


def _untag_markup(value: str) -> Any:
    from .templating import Markup

    return Markup(value)


def _untag_uuid(value: str) -> Any:
    from uuid import UUID

    return UUID(value)


def _untag_datetime(value: str) -> Any:
    from .http import parse_date

    return parse_date(value)


def _untag_dict(value: dict[str, Any]) -> dict[str, Any]:
    key, item = next(iter(value.items()))
    return {key[:-2]: item}


_TAG_READERS: dict[str, Callable[[Any], Any]] = {
    " di": _untag_dict,
    " t": tuple,
    " b": _untag_bytes,
    " m": _untag_markup,
    " u": _untag_uuid,
    " d": _untag_datetime,
}
