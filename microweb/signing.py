"""Signed values: bytes and objects that may be read and not changed, for links, cookies and tokens.

A signature is an HMAC (RFC 2104) over the value, made with a key that only the server knows. The
wire format is itsdangerous': ``value.signature``, with a timestamp between the two where the value
expires, and URL-safe base64 (RFC 4648 §5, without padding) for everything binary. With the same
key, salt and digest both read each other's values; only the default digest differs: SHA-256 here.

What is signed can be read by its holder. Do not put secrets in. Sessions use
`URLSafeTimedSerializer`, which stands last; what other programs use besides is in ``signers.py``.
"""

from __future__ import annotations

import time
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from .text.digests import compare_digest, find_hmac
from .text.lazy import LaterMember, import_later
from .text.missing import import_stdlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any, Union

    Secret = Union[str, bytes, Iterable[str], Iterable[bytes]]

# A signed payload may decompress to this much and no more: the key's owner made it, but a stolen
# key must not also be a memory bomb.
MAX_PAYLOAD_SIZE = 1_000_000
# So many symbols fit into one block of deflate's smallest memory, and one is kept for its end.
_SMALL_PAYLOAD_SIZE = 120
_BASE64_ALPHABET = b"-0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

__getattr__ = import_later(__name__, "signers: BadHeader NoneAlgorithm")


def _load_rare_signing() -> type:
    from .signers import RareSigning

    return RareSigning


class BadData(Exception):
    """Something that came back is not what was sent out. The parent of all errors here."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadSignature(BadData):
    """The signature does not belong to the value. ``payload`` is the value, not to be trusted."""

    def __init__(self, message: str, payload: Any = None) -> None:
        super().__init__(message)
        self.payload = payload


class BadTimeSignature(BadSignature):
    """The timestamp is missing or malformed. ``date_signed`` is what it says, if it says one."""

    def __init__(
        self, message: str, payload: Any = None, date_signed: datetime | None = None
    ) -> None:
        super().__init__(message, payload)
        self.date_signed = date_signed


class SignatureExpired(BadTimeSignature):
    """The signature is right, and older than ``max_age`` seconds (or from the future)."""


class BadPayload(BadData):
    """The signature is right, but the value cannot be decoded. ``original_error`` says why."""

    def __init__(self, message: str, original_error: Exception | None = None) -> None:
        super().__init__(message)
        self.original_error = original_error


def want_bytes(value: str | bytes) -> bytes:
    """Return text as UTF-8 bytes, and bytes as they are.

    >>> want_bytes("é")
    b'\\xc3\\xa9'
    """
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def base64_encode(value: str | bytes) -> bytes:
    """Encode as URL-safe base64 without padding (RFC 4648 §5).

    >>> base64_encode(b"\\xff\\xfe")
    b'__4'
    """
    encoded = b2a_base64(want_bytes(value), newline=False)
    return encoded.rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")


def base64_decode(value: str | bytes) -> bytes:
    """Decode URL-safe base64 without padding; BadData for anything else.

    >>> base64_decode("__4")
    b'\\xff\\xfe'
    """
    data = want_bytes(value)
    # The standard library skips foreign characters silently; a token has none.
    if data.translate(None, _BASE64_ALPHABET):
        raise BadData("invalid base64: a character outside A-Z a-z 0-9 - _")
    data = data.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    try:
        return a2b_base64(data + b"=" * (-len(data) % 4))
    except Base64Error as error:
        raise BadData(f"invalid base64: {error}") from None


def list_of_keys(secret_key: Secret) -> list[bytes]:
    """Return the keys as bytes, oldest first. ValueError if there is none or one is empty.

    >>> list_of_keys(["old", "new"])
    [b'old', b'new']
    """
    if isinstance(secret_key, (str, bytes)):
        keys = [want_bytes(secret_key)]
    else:
        keys = [want_bytes(key) for key in secret_key]
    if not keys or not all(keys):
        raise ValueError("a secret key is empty: anybody could sign with it")
    return keys


class SigningAlgorithm:
    """How a signature is made of a key and a value. Subclasses override `get_signature`."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return the signature of *value* under *key*."""
        raise NotImplementedError

    def verify_signature(self, key: bytes, value: bytes, sig: bytes) -> bool:
        """Return whether *sig* is the signature, in a time that tells nothing of the right one."""
        return compare_digest(sig, self.get_signature(key, value))


class HMACAlgorithm(SigningAlgorithm):
    """HMAC (RFC 2104). *digest_method* is a name that `hashlib` knows, or one of its functions.

    >>> HMACAlgorithm("sha256").get_signature(b"key", b"value")[:4].hex()
    '90fbfcf1'
    """

    default_digest_method: Any = "sha256"

    def __init__(self, digest_method: Any = None) -> None:
        self._make_hmac = find_hmac()
        self.digest_method = digest_method or self.default_digest_method

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return the HMAC of *value* under *key*."""
        return self._make_hmac(key, value, self.digest_method)


class Signer:
    """Signs bytes and takes the signature off again.

    *secret_key* is one key or a list from oldest to newest: the last signs, all verify. *salt*
    tells purposes apart: what is signed under one salt is refused under another. *key_derivation*
    is ``"django-concat"``, ``"concat"``, ``"hmac"`` or ``"none"``; *digest_method* a name that
    `hashlib` knows, or one of its functions; *algorithm* another way to sign than HMAC. Each is
    an attribute that may be changed later: a key taken out of ``secret_keys`` verifies no more.

    >>> signer = Signer("secret")
    >>> token = signer.sign("ada")
    >>> signer.unsign(token)
    b'ada'
    >>> signer.validate(token[:-1])
    False
    """

    default_salt = b"itsdangerous.Signer"
    default_digest_method: Any = "sha256"
    default_key_derivation = "django-concat"

    def __init__(
        self,
        secret_key: Secret,
        salt: str | bytes | None = None,
        sep: str | bytes = b".",
        key_derivation: str | None = None,
        digest_method: Any = None,
        algorithm: SigningAlgorithm | None = None,
    ) -> None:
        self.secret_keys = list_of_keys(secret_key)
        self.sep = want_bytes(sep)
        if not self.sep or not self.sep.translate(None, _BASE64_ALPHABET):
            raise ValueError(
                f"the separator {self.sep!r} may occur in a signature; use one with a character "
                f"outside A-Z a-z 0-9 - _ ="
            )
        self.salt = self.default_salt if salt is None else want_bytes(salt)
        self.key_derivation = key_derivation or self.default_key_derivation
        self.digest_method = digest_method or self.default_digest_method
        self.algorithm = algorithm or HMACAlgorithm(self.digest_method)
        self._derived: tuple[Any, Any, list[bytes]] = (None, None, [])
        self._derived_keys()

    @property
    def secret_key(self) -> bytes:
        """The newest key: the one that signs."""
        return self.secret_keys[-1]

    def _derived_keys(self) -> list[bytes]:
        """Return the keys to sign with. They are kept while what they are made of is the same:
        deriving one costs two hashes."""
        made_of = self.salt, self.key_derivation, self.digest_method
        kept_keys, kept_of, derived = self._derived
        if kept_keys != self.secret_keys or kept_of != made_of:
            derived = [self.derive_key(key) for key in self.secret_keys]
            self._derived = [*self.secret_keys], made_of, derived
        return derived

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """Return the key to sign with, made of *secret_key* (by default the newest) and the salt.

        ValueError where ``key_derivation`` is not one of the four.
        """
        key = self.secret_key if secret_key is None else want_bytes(secret_key)
        if self.key_derivation == "none":
            return key
        if self.key_derivation == "hmac":
            return HMACAlgorithm(self.digest_method).get_signature(key, self.salt)
        if self.key_derivation not in ("django-concat", "concat"):
            raise ValueError(
                f"unknown key_derivation {self.key_derivation!r}; use 'django-concat', 'concat', "
                f"'hmac' or 'none'"
            )
        middle = b"signer" if self.key_derivation == "django-concat" else b""
        text = self.salt + middle + key
        if callable(self.digest_method):
            digest: bytes = self.digest_method(text).digest()
            return digest
        from hashlib import new

        return new(self.digest_method, text).digest()

    def get_signature(self, value: str | bytes) -> bytes:
        """Return the signature of a value under the newest key, base64-encoded."""
        return base64_encode(
            self.algorithm.get_signature(self._derived_keys()[-1], want_bytes(value))
        )

    def sign(self, value: str | bytes) -> bytes:
        """Return the value, the separator and the signature."""
        value = want_bytes(value)
        return value + self.sep + self.get_signature(value)

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        """Return whether *sig* is the signature of *value* under one of the keys."""
        try:
            signature = base64_decode(sig)
        except BadData:
            return False
        value, verify = want_bytes(value), self.algorithm.verify_signature
        for key in reversed(self._derived_keys()):  # noqa: SIM110 - any() is a third of a µs more.
            if verify(key, value, signature):
                return True
        return False

    def unsign(self, signed_value: str | bytes) -> bytes:
        """Return the value without its signature; BadSignature if they do not belong together."""
        signed_value = want_bytes(signed_value)
        value, found, signature = signed_value.rpartition(self.sep)
        if not found:
            raise BadSignature(f"no {self.sep!r} found in the value: it is not signed")
        if not self.verify_signature(value, signature):
            raise BadSignature("the signature does not match the value", payload=value)
        return value

    def validate(self, signed_value: str | bytes) -> bool:
        """Return whether `unsign` would succeed."""
        try:
            self.unsign(signed_value)
        except BadSignature:
            return False
        return True


class TimestampSigner(Signer):
    """A `Signer` that also signs the time, so that a value can expire.

    >>> signer = TimestampSigner("secret")
    >>> signer.unsign(signer.sign("ada"), max_age=60)
    b'ada'
    """

    def get_timestamp(self) -> int:
        """Return the time to sign, in seconds since the epoch."""
        return int(time.time())

    def timestamp_to_datetime(self, ts: int) -> datetime:
        """Return an aware `datetime` in UTC. ValueError or OverflowError out of its range."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(ts, tz=timezone.utc)

    def sign(self, value: str | bytes) -> bytes:
        """Return the value, the time and the signature of both."""
        timestamp = self.get_timestamp()
        encoded = base64_encode(timestamp.to_bytes((timestamp.bit_length() + 7) // 8, "big"))
        return super().sign(want_bytes(value) + self.sep + encoded)

    def unsign(  # type: ignore[override]
        self,
        signed_value: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
    ) -> bytes | tuple[bytes, datetime]:
        """Return the value, or the value and when it was signed.

        *max_age* is in seconds. SignatureExpired if the value is older (or its time lies ahead),
        BadTimeSignature without a usable time, BadSignature if value and signature do not match.
        """
        try:
            signed, problem = super().unsign(signed_value), None
        except BadSignature as error:
            # What a broken value seems to say is still told to the program that catches this.
            signed, problem = error.payload or b"", error
        value, found, encoded = signed.rpartition(self.sep)
        if not found:
            raise problem or BadTimeSignature("the value carries no timestamp", payload=signed)
        try:
            timestamp = int.from_bytes(base64_decode(encoded), "big")
        except BadData:
            message = "the timestamp is malformed" if problem is None else problem.message
            raise BadTimeSignature(message, value) from None
        if problem is not None:
            raise BadTimeSignature(problem.message, value, self._date_of(timestamp))
        if max_age is not None:
            age = self.get_timestamp() - timestamp
            if not 0 <= age <= max_age:
                when = f"{age} seconds old, more than {max_age}"
                if age < 0:
                    when = f"from {-age} seconds ahead"
                raise SignatureExpired(f"the signature is {when}", value, self._date_of(timestamp))
        if not return_timestamp:
            return value
        date_signed = self._date_of(timestamp)
        if date_signed is None:
            raise BadTimeSignature("the timestamp is of no year that a date can have", value)
        return value, date_signed

    def _date_of(self, timestamp: int) -> datetime | None:
        """Return when that was; None beyond the years that a datetime can have, or without any."""
        try:
            return self.timestamp_to_datetime(timestamp)
        except (ValueError, OverflowError, OSError, ImportError):
            return None


class PlainJSON:
    """JSON as the standard library writes it, without spaces where *kwargs* say nothing else.

    >>> CompactJSON.dumps({"id": 1}), PlainJSON.dumps({"id": 1})
    ('{"id":1}', '{"id": 1}')
    """

    options: dict[str, Any] = {}

    @classmethod
    def dumps(cls, obj: Any, **kwargs: Any) -> str:
        """Return *obj* as JSON text."""
        text: str = import_stdlib("json", "signed JSON").dumps(obj, **{**cls.options, **kwargs})
        return text

    @staticmethod
    def loads(payload: str | bytes) -> Any:
        """Return what the JSON text says."""
        return import_stdlib("json", "signed JSON").loads(payload)


class CompactJSON(PlainJSON):
    """JSON without spaces: what a token for a URL carries."""

    options = {"ensure_ascii": False, "separators": (",", ":")}


class Serializer:
    """Signs any value that its *serializer* (an object with ``dumps`` and ``loads``) can write.

    The parameters are those of `Signer`, which does the signing; *signer_kwargs* are handed to it,
    and *serializer_kwargs* to ``dumps``. *fallback_signers* verify what the signer does not: each
    is a dict of *signer_kwargs*, a class, or a pair of both, for tokens that were signed in
    another way before. A serializer that writes bytes makes tokens that are bytes.

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
        self._kept_signer: tuple[Any, Any] = (None, None)
        self._kept_kind: tuple[Any, bool] = (None, True)

    @property
    def secret_key(self) -> bytes:
        """The newest key: the one that signs."""
        return self.secret_keys[-1]

    @property
    def is_text_serializer(self) -> bool:
        """Whether ``serializer`` writes text, and so is to be given text."""
        if self._kept_kind[0] is not self.serializer:
            self._kept_kind = self.serializer, isinstance(self.serializer.dumps({}), str)
        return self._kept_kind[1]

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        """Return the signer for a salt (that of the serializer by default)."""
        key = self.salt if salt is None else want_bytes(salt)
        made_of = key, self.signer, [*self.secret_keys], [*self.signer_kwargs.items()]
        if self._kept_signer[0] == made_of:
            signer: Signer = self._kept_signer[1]
            return signer
        signer = self.signer(self.secret_keys, salt=key, **self.signer_kwargs)
        if key == self.salt:
            self._kept_signer = made_of, signer
        return signer

    iter_unsigners: Any = LaterMember(_load_rare_signing)
    dump: Any = LaterMember(_load_rare_signing)
    load: Any = LaterMember(_load_rare_signing)
    loads_unsafe: Any = LaterMember(_load_rare_signing)
    load_unsafe: Any = LaterMember(_load_rare_signing)

    def dump_payload(self, obj: Any) -> bytes:
        """Return *obj* as the bytes to sign."""
        return want_bytes(self.serializer.dumps(obj, **self.serializer_kwargs))

    def load_payload(self, payload: bytes, serializer: Any = None) -> Any:
        """Return what the signed bytes say; BadPayload if they cannot be decoded.

        *serializer* reads them in place of the serializer's own.
        """
        try:
            if serializer is not None:
                is_text = isinstance(serializer.dumps({}), str)
                return serializer.loads(payload.decode("utf-8") if is_text else payload)
            kind = self._kept_kind
            reads_text = kind[1] if kind[0] is self.serializer else self.is_text_serializer
            return self.serializer.loads(payload.decode("utf-8") if reads_text else payload)
        except Exception as error:
            if type(error) is ImportError:
                # This Python came without what reads it: that is not the payload's fault.
                raise
            raise BadPayload(
                "the payload is signed but cannot be decoded: it was written by another "
                "serializer or another program",
                original_error=error,
            ) from error

    def dumps(self, obj: Any, salt: str | bytes | None = None) -> Any:
        """Return *obj* serialized and signed: text, or bytes if the serializer writes bytes."""
        token = self.make_signer(salt).sign(self.dump_payload(obj))
        kind = self._kept_kind
        is_text = kind[1] if kind[0] is self.serializer else self.is_text_serializer
        return token.decode("utf-8") if is_text else token

    def loads(self, s: str | bytes, salt: str | bytes | None = None, **kwargs: Any) -> Any:
        """Return the object that `dumps` signed; BadSignature or BadPayload if it did not."""
        return self.load_payload(self._unsign(s, salt))

    def _unsign(self, s: str | bytes, salt: str | bytes | None, *args: Any) -> Any:
        """Return what the first signer that verifies *s* returns; *args* go to its ``unsign``."""
        signer: Any = self.make_signer(salt)
        if not self.fallback_signers:
            return signer.unsign(s, *args)
        failure: BadSignature | None = None
        for signer in self.iter_unsigners(salt):
            try:
                return signer.unsign(s, *args)
            except SignatureExpired:
                # The signature is right: no other signer could say more.
                raise
            except BadSignature as error:
                failure = error
        raise failure or BadSignature("there is no signer to verify the value with")


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
    """Writes payloads that may stand in a URL: base64, compressed where that is shorter."""

    default_serializer: Any = CompactJSON

    def dump_payload(self, obj: Any) -> bytes:
        """Return *obj* as URL-safe bytes; a leading dot says that they are compressed."""
        payload: bytes = super().dump_payload(obj)  # type: ignore[misc]
        compressed = _compress_payload(payload)
        if len(compressed) < len(payload) - 1:
            return b"." + base64_encode(compressed)
        return base64_encode(payload)

    def load_payload(self, payload: bytes, *args: Any, **kwargs: Any) -> Any:
        """Return what URL-safe bytes say; BadPayload if they cannot be decoded."""
        compressed = payload.startswith(b".")
        try:
            data = base64_decode(payload[1:] if compressed else payload)
            if compressed:
                data = _decompress_payload(data)
        except BadData as error:
            raise BadPayload(f"the payload cannot be decoded: {error}", error) from error
        return super().load_payload(data, *args, **kwargs)  # type: ignore[misc]


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
