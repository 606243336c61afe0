"""Tagged JSON: compact JSON that keeps tuples, bytes, markup, UUIDs and dates apart.

A tagged value is an object of one key that begins with a space: ``{" t": [1, 2]}`` is the tuple
``(1, 2)``. The tags are Flask's, so that both read each other's sessions. A `JSONTag` is one type's
way there and back.
"""

from __future__ import annotations

import sys

from ..http import http_date
from ..text.missing import import_stdlib
from .provider import serialize_unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_UNTAGGED_TYPES: frozenset[Any] = frozenset([str, int, float, bool, type(None)])


class JSONTag:
    """How values of one type travel: subclass it, and register it on the serializer.

    ``key`` begins with a space by convention; empty for what is only walked through.

    >>> class TagSet(JSONTag):
    ...     key = " s"
    ...     def check(self, value):
    ...         return isinstance(value, set)
    ...     def to_json(self, value):
    ...         return [self.serializer.tag(item) for item in sorted(value)]
    ...     def to_python(self, value):
    ...         return set(value)
    >>> serializer = TaggedJSONSerializer()
    >>> serializer.register(TagSet)
    >>> serializer.loads(serializer.dumps({"seen": {2, 1}}))
    {'seen': {1, 2}}
    """

    key = ""

    def __init__(self, serializer: TaggedJSONSerializer) -> None:
        self.serializer = serializer

    def check(self, value: Any) -> bool:
        """Return whether this tag is for *value*."""
        raise NotImplementedError

    def to_json(self, value: Any) -> Any:
        """Return *value* as something that JSON knows."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        """Return what `to_json` was given."""
        raise NotImplementedError

    def tag(self, value: Any) -> Any:
        """Return *value* as it goes into the JSON text, with its tag."""
        return {self.key: self.to_json(value)} if self.key else self.to_json(value)


class TagDict(JSONTag):
    """A plain dict that looks like a tag: wrapped itself, with its key marked."""

    key = " di"

    def check(self, value: Any) -> bool:
        return (
            isinstance(value, dict)
            and len(value) == 1
            and next(iter(value)) in self.serializer.tags
        )

    def to_json(self, value: Any) -> Any:
        key = next(iter(value))
        return {f"{key}__": self.serializer.tag(value[key])}

    def to_python(self, value: Any) -> Any:
        key, item = next(iter(value.items()))
        return {key[:-2]: item}


class PassDict(JSONTag):
    """Any other dict: its values are tagged, it is not."""

    def check(self, value: Any) -> bool:
        return isinstance(value, dict)

    def to_json(self, value: Any) -> Any:
        tag = self.serializer.tag
        return {key: tag(item) for key, item in value.items()}


class PassList(JSONTag):
    """A list: its items are tagged, it is not."""

    def check(self, value: Any) -> bool:
        return isinstance(value, list)

    def to_json(self, value: Any) -> Any:
        return [self.serializer.tag(item) for item in value]


class TagTuple(PassList):
    """A tuple, as a list."""

    key = " t"

    def check(self, value: Any) -> bool:
        return isinstance(value, tuple)

    def to_python(self, value: Any) -> Any:
        return tuple(value)


class TagBytes(JSONTag):
    """Bytes, as base64."""

    key = " b"

    def check(self, value: Any) -> bool:
        return isinstance(value, bytes)

    def to_json(self, value: Any) -> Any:
        from binascii import b2a_base64

        return b2a_base64(value, newline=False).decode("ascii")

    def to_python(self, value: Any) -> Any:
        from binascii import a2b_base64

        return a2b_base64(value)


class TagMarkup(JSONTag):
    """Anything with an ``__html__`` method, as its HTML; it comes back as `Markup`."""

    key = " m"

    def check(self, value: Any) -> bool:
        return hasattr(value, "__html__")

    def to_json(self, value: Any) -> Any:
        return str(value.__html__())

    def to_python(self, value: Any) -> Any:
        from ..templating import Markup

        return Markup(value)


class TagUUID(JSONTag):
    """A UUID, as its 32 hexadecimal digits."""

    key = " u"

    def check(self, value: Any) -> bool:
        # Looked up rather than imported: see `serialize_unknown`.
        uuid = sys.modules.get("uuid")
        return uuid is not None and isinstance(value, uuid.UUID)

    def to_json(self, value: Any) -> Any:
        return value.hex

    def to_python(self, value: Any) -> Any:
        return import_stdlib("uuid", "a UUID in a session").UUID(value)


class TagDateTime(JSONTag):
    """A datetime, as an HTTP date: to the second, in UTC."""

    key = " d"

    def check(self, value: Any) -> bool:
        datetime = sys.modules.get("datetime")
        return datetime is not None and isinstance(value, datetime.datetime)

    def to_json(self, value: Any) -> Any:
        return http_date(value)

    def to_python(self, value: Any) -> Any:
        from ..http import parse_date

        return parse_date(value)


class TaggedJSONSerializer:
    """Writes and reads tagged JSON. ``tags`` holds the tags by key, ``order`` all of them in the
    order in which they are asked.

    >>> serializer = TaggedJSONSerializer()
    >>> serializer.loads(serializer.dumps({"pair": (1, b"two")}))
    {'pair': (1, b'two')}
    """

    default_tags: tuple[type[JSONTag], ...] = (
        TagDict,
        PassDict,
        TagTuple,
        PassList,
        TagBytes,
        TagMarkup,
        TagUUID,
        TagDateTime,
    )
    _encode: Callable[[Any], str] | None = None
    _decode: Callable[[str], Any] | None = None

    def __init__(self) -> None:
        self.tags: dict[str, JSONTag] = {}
        self.order: list[JSONTag] = []
        for tag_class in self.default_tags:
            self.register(tag_class)
        # Text and numbers have no tag, unless a program registers one.
        self._untagged: frozenset[Any] = _UNTAGGED_TYPES

    def register(
        self, tag_class: type[JSONTag], force: bool = False, index: int | None = None
    ) -> None:
        """Add a tag: after all others, or before the one at *index* where its type is a special
        case of another's. KeyError where the key is taken, unless *force*."""
        tag = tag_class(self)
        if tag.key:
            if tag.key in self.tags and not force:
                raise KeyError(
                    f"the tag {tag.key!r} is taken by {type(self.tags[tag.key]).__name__}; choose "
                    f"another key, or pass force=True to replace it"
                )
            self.tags[tag.key] = tag
        self.order.insert(len(self.order) if index is None else index, tag)
        self._untagged = frozenset()

    def tag(self, value: Any) -> Any:
        """Return *value* with everything that JSON would lose wrapped in tags."""
        if type(value) in self._untagged:
            return value
        for tag in self.order:
            if tag.check(value):
                return tag.tag(value)
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
            tag = self.tags.get(key)
            if tag is not None:
                return tag.to_python(self.untag(item))
        return {key: self.untag(item) for key, item in value.items()}

    def dumps(self, value: Any) -> str:
        """Return *value* as tagged JSON; TypeError for a type that neither JSON nor a tag knows."""
        if self._encode is None:
            self._encode = (
                import_stdlib("json", "a session")
                .JSONEncoder(separators=(",", ":"), sort_keys=True, default=serialize_unknown)
                .encode
            )
        return self._encode(self.tag(value))

    def loads(self, value: str | bytes) -> Any:
        """Return what a tagged JSON text says; ValueError if it is malformed."""
        if self._decode is None:
            self._decode = import_stdlib("json", "a session").JSONDecoder().decode
        try:
            return self.untag(self._decode(value if isinstance(value, str) else value.decode()))
        except (TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"malformed tagged JSON: {error}") from error
