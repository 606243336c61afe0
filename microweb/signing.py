"""Serializers: any value as a signed text, for links, cookies and tokens.

What is signed can be read by its holder. Do not put secrets in. ``signers.py`` does the signing, in
itsdangerous' wire format.
"""

from __future__ import annotations

from .signers import BadData as BadData
from .signers import BadHeader as BadHeader
from .signers import BadPayload as BadPayload
from .signers import BadSignature as BadSignature
from .signers import BadTimeSignature as BadTimeSignature
from .signers import HMACAlgorithm as HMACAlgorithm
from .signers import NoneAlgorithm as NoneAlgorithm
from .signers import SignatureExpired as SignatureExpired
from .signers import Signer as Signer
from .signers import SigningAlgorithm as SigningAlgorithm
from .signers import TimestampSigner as TimestampSigner
from .signers import base64_decode as base64_decode
from .signers import base64_encode as base64_encode
from .signers import list_of_keys, want_bytes
from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO, Any

    from .signers import Secret

# A signed payload may decompress to this much and no more: the key's owner made it, but a stolen
# key must not also be a memory bomb.
MAX_PAYLOAD_SIZE = 1_000_000
# So many symbols fit into one block of deflate's smallest memory, and one is kept for its end.
_SMALL_PAYLOAD_SIZE = 120


class PlainJSON:
    """JSON as the standard library writes it: what is signed when nothing else is asked for.

    >>> PlainJSON.dumps({"id": 1})
    '{"id": 1}'
    """

    @staticmethod
    def dumps(obj: Any, **kwargs: Any) -> str:
        """Return *obj* as JSON text."""
        text: str = import_stdlib("json", "signing JSON").dumps(obj, **kwargs)
        return text

    @staticmethod
    def loads(payload: str | bytes) -> Any:
        """Return what the JSON text says."""
        return import_stdlib("json", "reading signed JSON").loads(payload)


class CompactJSON(PlainJSON):
    """JSON without spaces: what a token for a URL carries.

    >>> CompactJSON.dumps({"id": 1})
    '{"id":1}'
    """

    @staticmethod
    def dumps(obj: Any, **kwargs: Any) -> str:
        """Return *obj* as JSON text."""
        kwargs.setdefault("ensure_ascii", False)
        kwargs.setdefault("separators", (",", ":"))
        return PlainJSON.dumps(obj, **kwargs)


class Serializer:
    """Signs any value that its *serializer* (an object with ``dumps`` and ``loads``) can write.

    The parameters are those of `Signer`, which does the signing; *signer_kwargs* are handed to it,
    and *serializer_kwargs* to ``dumps``. *fallback_signers* verify what the signer does not: each
    is a dict of *signer_kwargs*, a class, or a pair of both, for tokens that were signed in
    another way before.

    >>> serializer = Serializer("secret", salt="invitation")
    >>> serializer.loads(serializer.dumps([1, 2]))
    [1, 2]
    """

    default_salt = b"itsdangerous"
    default_signer: type[Signer] = Signer
    default_serializer: Any = PlainJSON
    default_fallback_signers: Iterable[Any] = ()

    def __init__(
        self,
        secret_key: Secret,
        salt: str | bytes | None = None,
        serializer: Any = None,
        serializer_kwargs: dict[str, Any] | None = None,
        signer: type[Signer] | None = None,
        signer_kwargs: dict[str, Any] | None = None,
        fallback_signers: Iterable[Any] | None = None,
    ) -> None:
        self.secret_keys = list_of_keys(secret_key)
        self.salt = self.default_salt if salt is None else want_bytes(salt)
        self.serializer = self.default_serializer if serializer is None else serializer
        self.serializer_kwargs = serializer_kwargs or {}
        self.signer = self.default_signer if signer is None else signer
        self.signer_kwargs = signer_kwargs or {}
        if fallback_signers is None:
            fallback_signers = self.default_fallback_signers
        self.fallback_signers = list(fallback_signers)
        self._signers: dict[bytes, list[Signer]] = {}

    @property
    def secret_key(self) -> bytes:
        """The newest key: the one that signs."""
        return self.secret_keys[-1]

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        """Return the signer for a salt (that of the serializer by default)."""
        return self._signers_of(salt)[0]

    def iter_unsigners(self, salt: str | bytes | None = None) -> Iterator[Signer]:
        """Yield the signers that may verify: the one that signs, then the fallbacks."""
        yield from self._signers_of(salt)

    def _signers_of(self, salt: str | bytes | None) -> list[Signer]:
        key = self.salt if salt is None else want_bytes(salt)
        signers = self._signers.get(key)
        if signers is None:
            signers = [self.signer(self.secret_keys, salt=key, **self.signer_kwargs)]
            for fallback in self.fallback_signers:
                signer_class, options = self.signer, self.signer_kwargs
                if isinstance(fallback, dict):
                    options = fallback
                elif isinstance(fallback, tuple):
                    signer_class, options = fallback
                else:
                    signer_class = fallback
                signers.append(signer_class(self.secret_keys, salt=key, **options))
            if key == self.salt:
                self._signers[key] = signers
        return signers

    def dump_payload(self, obj: Any) -> bytes:
        """Return *obj* as the bytes to sign."""
        return want_bytes(self.serializer.dumps(obj, **self.serializer_kwargs))

    def load_payload(self, payload: bytes) -> Any:
        """Return what the signed bytes say; BadPayload if they cannot be decoded."""
        try:
            return self.serializer.loads(payload)
        except Exception as error:
            if type(error) is ImportError:
                # This Python came without what reads it: that is not the payload's fault.
                raise
            raise BadPayload(
                "the payload is signed but cannot be decoded: it was written by another "
                "serializer or another program",
                original_error=error,
            ) from error

    def dumps(self, obj: Any, salt: str | bytes | None = None) -> str:
        """Return *obj* serialized and signed."""
        return self.make_signer(salt).sign(self.dump_payload(obj)).decode("utf-8")

    def dump(self, obj: Any, f: IO[Any], salt: str | bytes | None = None) -> None:
        """Write what `dumps` returns to a text file."""
        f.write(self.dumps(obj, salt))

    def loads(self, s: str | bytes, salt: str | bytes | None = None, **kwargs: Any) -> Any:
        """Return the object that `dumps` signed; BadSignature or BadPayload if it did not."""
        return self.load_payload(self._unsign(s, salt))

    def _unsign(self, s: str | bytes, salt: str | bytes | None, *args: Any) -> Any:
        """Return what the first signer that verifies *s* returns; *args* go to its ``unsign``."""
        failure: BadSignature | None = None
        signer: Any
        for signer in self._signers_of(salt):
            try:
                return signer.unsign(s, *args)
            except SignatureExpired:
                # The signature is right: no other signer could say more.
                raise
            except BadSignature as error:
                failure = error
        raise failure or BadSignature("there is no signer to verify the value with")

    def load(self, f: IO[Any], salt: str | bytes | None = None) -> Any:
        """Return what `loads` makes of a file's text."""
        return self.loads(f.read(), salt=salt)

    def loads_unsafe(
        self, s: str | bytes, salt: str | bytes | None = None, **kwargs: Any
    ) -> tuple[bool, Any]:
        """Return whether the signature holds, and the value if it can be decoded at all.

        For looking at broken tokens; never act on a value that comes with False.
        """
        try:
            return True, self.loads(s, salt=salt, **kwargs)
        except BadSignature as error:
            if error.payload is None:
                return False, None
            try:
                return False, self.load_payload(error.payload)
            except BadPayload:
                return False, None
        except BadPayload:
            return False, None

    def load_unsafe(self, f: IO[Any], salt: str | bytes | None = None) -> tuple[bool, Any]:
        """Return what `loads_unsafe` makes of a file's text."""
        return self.loads_unsafe(f.read(), salt=salt)


class TimedSerializer(Serializer):
    """A `Serializer` whose values can expire.

    >>> serializer = TimedSerializer("secret", salt="reset")
    >>> serializer.loads(serializer.dumps("ada"), max_age=3600)
    'ada'
    """

    default_signer = TimestampSigner

    def loads(  # type: ignore[override]
        self,
        s: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
        salt: str | bytes | None = None,
    ) -> Any:
        """Return the object, or the object and when it was signed.

        *max_age* is in seconds; SignatureExpired if the value is older. Otherwise as
        `Serializer.loads`.
        """
        signed = self._unsign(s, salt, max_age, return_timestamp)
        if not return_timestamp:
            return self.load_payload(signed)
        payload, date_signed = signed
        return self.load_payload(payload), date_signed


class URLSafeSerializerMixin:
    """Writes payloads that may stand in a URL: base64, compressed where that is shorter.

    >>> URLSafeSerializer("secret").dumps([1, 2]).startswith("WzEsMl0.")
    True
    """

    default_serializer: Any = CompactJSON

    def dump_payload(self, obj: Any) -> bytes:
        """Return *obj* as URL-safe bytes; a leading dot says that they are compressed."""
        payload: bytes = super().dump_payload(obj)  # type: ignore[misc]
        compressed = _compress_payload(payload)
        if len(compressed) < len(payload) - 1:
            return b"." + base64_encode(compressed)
        return base64_encode(payload)

    def load_payload(self, payload: bytes) -> Any:
        """Return what URL-safe bytes say; BadPayload if they cannot be decoded."""
        compressed = payload.startswith(b".")
        try:
            data = base64_decode(payload[1:] if compressed else payload)
            if compressed:
                data = _decompress_payload(data)
        except BadData as error:
            raise BadPayload(f"the payload cannot be decoded: {error}", error) from error
        return super().load_payload(data)  # type: ignore[misc]


class URLSafeSerializer(URLSafeSerializerMixin, Serializer):
    """A `Serializer` for values that travel in URLs and cookies.

    >>> serializer = URLSafeSerializer("secret", salt="unsubscribe")
    >>> serializer.loads(serializer.dumps({"user": 7}))
    {'user': 7}
    """


class URLSafeTimedSerializer(URLSafeSerializerMixin, TimedSerializer):
    """A `TimedSerializer` for values that travel in URLs and cookies: password resets, logins.

    >>> serializer = URLSafeTimedSerializer("secret", salt="reset")
    >>> serializer.loads(serializer.dumps({"user": 7}), max_age=3600)
    {'user': 7}
    """


def _compress_payload(data: bytes) -> bytes:
    """Return what ``zlib.compress`` returns, at a third of its cost for small payloads.

    Setting up a window of 32 KB costs 10 µs; 512 bytes do for what is shorter than that, and
    deflate's output is then the same, but for the header that names the window's size. Without
    `zlib` that is *data*, which is never shorter, and so is signed as it is.
    """
    try:
        from zlib import DEFLATED, adler32, compress, compressobj
    except ImportError:
        return data
    if len(data) > _SMALL_PAYLOAD_SIZE:
        return compress(data)
    stream = compressobj(-1, DEFLATED, -9, 1)
    deflated = stream.compress(data) + stream.flush()
    return b"\x78\x9c" + deflated + adler32(data).to_bytes(4, "big")


def _decompress_payload(data: bytes) -> bytes:
    """Undo zlib, up to MAX_PAYLOAD_SIZE bytes; BadData for anything that is not zlib's."""
    zlib = import_stdlib("zlib", "reading a compressed token")
    stream = zlib.decompressobj()
    try:
        payload: bytes = stream.decompress(data, MAX_PAYLOAD_SIZE)
    except zlib.error as problem:
        raise BadData(f"the payload is not zlib data: {problem}") from None
    if stream.unconsumed_tail or not stream.eof:
        raise BadData(f"the payload is cut short or larger than {MAX_PAYLOAD_SIZE} bytes")
    return payload
