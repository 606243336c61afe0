"""The provider: how objects that JSON does not know are written, and how a JSON response looks.

The standard library's `json` does the work and is imported when it is first needed.
"""

from __future__ import annotations

import sys

from ..http import Response, http_date
from ..text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Callable

    from ..app import Microweb


def serialize_unknown(obj: Any) -> Any:
    """Return something that JSON can write for the types that web apps meet most.

    Dates become HTTP dates, decimals and UUIDs text, dataclasses dicts, markup its HTML; a
    TypeError that names the object for the rest.

    >>> from decimal import Decimal
    >>> serialize_unknown(Decimal("1.50"))
    '1.50'
    """
    # A class is looked up rather than imported: an object of it can exist only if a program has
    # imported its module already.
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


# Raised for NaN and the infinities, of which RFC 8259 knows none, and for what contains itself.
_UNWRITABLE = (
    "a value cannot be written as JSON ({error}); JSON has no NaN or Infinity, and nothing in it "
    "contains itself: put None or text in the place of such a value"
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
        body = self.dumps(one_json_value(args, kwargs))
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

    default: Callable[[Any], Any] = staticmethod(serialize_unknown)
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
        dumps = import_stdlib("json", "writing JSON").dumps
        kwargs.setdefault("default", self.default)
        kwargs.setdefault("ensure_ascii", self.ensure_ascii)
        kwargs.setdefault("sort_keys", self.sort_keys)
        kwargs.setdefault("allow_nan", False)
        try:
            text: str = dumps(obj, **kwargs)
        except ValueError as error:
            raise ValueError(_UNWRITABLE.format(error=error)) from None
        return text

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return what a JSON text says; keyword arguments are those of `json.loads`."""
        return import_stdlib("json", "reading JSON").loads(s, **kwargs)

    def encode_body(self, value: Any) -> bytes:
        """Return the body of a JSON response: compact, or indented while debugging."""
        encode = self._encode or self._make_encoder()
        try:
            return encode(value).encode("utf-8") + b"\n"
        except ValueError as error:
            raise ValueError(_UNWRITABLE.format(error=error)) from None

    def _make_encoder(self) -> Callable[[Any], str]:
        """Return what writes bodies, and keep it: to make one costs as much as a small body."""
        make_encoder = import_stdlib("json", "writing JSON").JSONEncoder
        compact = self.compact
        if compact is None:
            compact = self._app is None or not self._app.debug
        encode: Callable[[Any], str] = make_encoder(
            ensure_ascii=self.ensure_ascii,
            sort_keys=self.sort_keys,
            allow_nan=False,
            default=self.default,
            separators=(",", ":") if compact else None,
            indent=None if compact else 2,
        ).encode
        self.__dict__["_encode"] = encode
        return encode

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a JSON response; the arguments are those of `jsonify`."""
        body = self.encode_body(one_json_value(args, kwargs))
        return self._response_class()(body, mimetype=self.mimetype)


def one_json_value(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the value that the arguments of `jsonify` stand for; TypeError where they mix.

    >>> one_json_value((1, 2), {}), one_json_value((), {"a": 1})
    ((1, 2), {'a': 1})
    """
    if args and kwargs:
        raise TypeError(
            "jsonify takes positional or keyword arguments, not both: pass one dict instead"
        )
    if not args:
        return kwargs or None
    return args[0] if len(args) == 1 else args
