"""Signed values: text that anybody may read and nobody may change.

A signature is an HMAC (RFC 2104) over the value, made with a key that only the server knows. The
wire format is itsdangerous': ``value.signature``, with a timestamp between the two where the
value shall expire, and URL-safe base64 (RFC 4648 §5, without padding) for everything binary. With
the same key, salt and digest both read each other's values; only the default digest differs:
SHA-256 here.

What is signed can be read by whoever holds it. Do not put secrets in.
"""

from __future__ import annotations

import time
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any, Union

    Secret = Union[str, bytes, Iterable[str], Iterable[bytes]]

_BASE64_ALPHABET = b"-0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
# A signed payload may decompress to this much and no more: the key's owner made it, but a stolen
# key shall not also be a memory bomb.
MAX_PAYLOAD_SIZE = 1_000_000


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


class Signer:
    """Signs bytes and takes the signature off again.

    *secret_key* is one key or a list from oldest to newest: the last signs, all verify. *salt*
    tells purposes apart: what is signed under one salt is refused under another. *key_derivation*
    is ``"django-concat"``, ``"concat"``, ``"hmac"`` or ``"none"``; *digest_method* a name that
    `hashlib` knows.

    >>> signer = Signer("secret")
    >>> token = signer.sign("ada")
    >>> signer.unsign(token)
    b'ada'
    >>> signer.validate(token[:-1])
    False
    """

    default_salt = b"itsdangerous.Signer"

    def __init__(
        self,
        secret_key: Secret,
        salt: str | bytes | None = None,
        sep: str | bytes = b".",
        key_derivation: str = "django-concat",
        digest_method: str = "sha256",
    ) -> None:
        self.secret_keys = _list_of_keys(secret_key)
        self.sep = want_bytes(sep)
        if not self.sep or not self.sep.translate(None, _BASE64_ALPHABET):
            raise ValueError(
                f"the separator {self.sep!r} may occur in a signature; use one with a character "
                f"outside A-Z a-z 0-9 - _ ="
            )
        if key_derivation not in ("django-concat", "concat", "hmac", "none"):
            raise ValueError(
                f"unknown key_derivation {key_derivation!r}; use 'django-concat', 'concat', "
                f"'hmac' or 'none'"
            )
        self.salt = self.default_salt if salt is None else want_bytes(salt)
        self.key_derivation = key_derivation
        self.digest_method = digest_method
        # Small systems may lack it; imported with the first signer, and kept for its signatures.
        from hmac import compare_digest, digest

        self._compare_digest = compare_digest
        self._hmac_digest = digest
        # Deriving a key costs two hashes; a signer is used many times with the same keys.
        self._derived_keys = [self._derive(key) for key in self.secret_keys]

    def _derive(self, secret_key: bytes) -> bytes:
        if self.key_derivation == "none":
            return secret_key
        if self.key_derivation == "hmac":
            return self._digest(secret_key, self.salt)
        from hashlib import new

        middle = b"signer" if self.key_derivation == "django-concat" else b""
        return new(self.digest_method, self.salt + middle + secret_key).digest()

    def _digest(self, key: bytes, value: bytes) -> bytes:
        return self._hmac_digest(key, value, self.digest_method)

    def get_signature(self, value: str | bytes) -> bytes:
        """Return the signature of a value under the newest key, base64-encoded."""
        return base64_encode(self._digest(self._derived_keys[-1], want_bytes(value)))

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
        value = want_bytes(value)
        return any(
            self._compare_digest(signature, self._digest(key, value))
            for key in reversed(self._derived_keys)
        )

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
        signed = super().unsign(signed_value)
        value, found, encoded = signed.rpartition(self.sep)
        if not found:
            raise BadTimeSignature("the value carries no timestamp", payload=signed)
        timestamp, date_signed = self._read_timestamp(value, encoded)
        if max_age is not None:
            age = self.get_timestamp() - timestamp
            if age > max_age:
                raise SignatureExpired(
                    f"the signature is {age} seconds old, more than {max_age}", value, date_signed
                )
            if age < 0:
                raise SignatureExpired(
                    f"the signature is from {-age} seconds ahead", value, date_signed
                )
        return (value, date_signed) if return_timestamp else value

    def _read_timestamp(self, value: bytes, encoded: bytes) -> tuple[int, datetime]:
        try:
            timestamp = int.from_bytes(base64_decode(encoded), "big")
            return timestamp, self.timestamp_to_datetime(timestamp)
        except (BadData, ValueError, OverflowError, OSError):
            raise BadTimeSignature("the timestamp is malformed", payload=value) from None


class CompactJSON:
    """JSON without spaces: what a token carries when no other serializer is asked for.

    >>> CompactJSON.dumps({"id": 1})
    '{"id":1}'
    """

    @staticmethod
    def dumps(obj: Any, **kwargs: Any) -> str:
        """Return *obj* as JSON text."""
        from json import dumps

        kwargs.setdefault("ensure_ascii", False)
        kwargs.setdefault("separators", (",", ":"))
        return dumps(obj, **kwargs)

    @staticmethod
    def loads(payload: str | bytes) -> Any:
        """Return what the JSON text says."""
        from json import loads

        return loads(payload)


class Serializer:
    """Signs any value that its *serializer* (an object with ``dumps`` and ``loads``) can write.

    The parameters are those of `Signer`, which does the signing; *signer_kwargs* are handed to it.

    >>> serializer = Serializer("secret", salt="invitation")
    >>> serializer.loads(serializer.dumps([1, 2]))
    [1, 2]
    """

    default_salt = b"itsdangerous"
    default_signer: type[Signer] = Signer

    def __init__(
        self,
        secret_key: Secret,
        salt: str | bytes | None = None,
        serializer: Any = None,
        signer: type[Signer] | None = None,
        signer_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.secret_keys = _list_of_keys(secret_key)
        self.salt = self.default_salt if salt is None else want_bytes(salt)
        self.serializer = CompactJSON if serializer is None else serializer
        self.signer = self.default_signer if signer is None else signer
        self.signer_kwargs = signer_kwargs or {}
        self._signers: dict[bytes, Signer] = {}

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        """Return the signer for a salt (that of the serializer by default)."""
        key = self.salt if salt is None else want_bytes(salt)
        signer = self._signers.get(key)
        if signer is None:
            signer = self.signer(self.secret_keys, salt=key, **self.signer_kwargs)
            if key == self.salt:
                self._signers[key] = signer
        return signer

    def dump_payload(self, obj: Any) -> bytes:
        """Return *obj* as the bytes to sign."""
        return want_bytes(self.serializer.dumps(obj))

    def load_payload(self, payload: bytes) -> Any:
        """Return what the signed bytes say; BadPayload if they cannot be decoded."""
        try:
            return self.serializer.loads(payload)
        except Exception as error:
            raise BadPayload(
                "the payload is signed but cannot be decoded: it was written by another "
                "serializer or another program",
                original_error=error,
            ) from error

    def dumps(self, obj: Any, salt: str | bytes | None = None) -> str:
        """Return *obj* serialized and signed."""
        return self.make_signer(salt).sign(self.dump_payload(obj)).decode("utf-8")

    def loads(self, s: str | bytes, salt: str | bytes | None = None) -> Any:
        """Return the object that `dumps` signed; BadSignature or BadPayload if it did not."""
        return self.load_payload(self.make_signer(salt).unsign(s))

    def loads_unsafe(self, s: str | bytes, salt: str | bytes | None = None) -> tuple[bool, Any]:
        """Return whether the signature holds, and the value if it can be decoded at all.

        For looking at broken tokens; never act on a value that comes with False.
        """
        try:
            return True, self.loads(s, salt)
        except BadSignature as error:
            if error.payload is None:
                return False, None
            try:
                return False, self.load_payload(error.payload)
            except BadPayload:
                return False, None
        except BadPayload:
            return False, None


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
        signer: Any = self.make_signer(salt)
        payload, date_signed = signer.unsign(s, max_age, True)
        value = self.load_payload(payload)
        return (value, date_signed) if return_timestamp else value


class URLSafeSerializerMixin:
    """Writes payloads that may stand in a URL: base64, compressed where that is shorter.

    >>> URLSafeSerializer("secret").dumps([1, 2]).startswith("WzEsMl0.")
    True
    """

    def dump_payload(self, obj: Any) -> bytes:
        """Return *obj* as URL-safe bytes; a leading dot says that they are compressed."""
        payload: bytes = super().dump_payload(obj)  # type: ignore[misc]
        # Below this size compressing never pays for its own header.
        if len(payload) > 60:
            from zlib import compress

            compressed = compress(payload)
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


def _list_of_keys(secret_key: Secret) -> list[bytes]:
    """Return the keys as bytes, oldest first. ValueError if there is none or one is empty."""
    if isinstance(secret_key, (str, bytes)):
        keys = [want_bytes(secret_key)]
    else:
        keys = [want_bytes(key) for key in secret_key]
    if not keys or not all(keys):
        raise ValueError("a secret key is empty: anybody could sign with it")
    return keys


def _decompress_payload(data: bytes) -> bytes:
    """Undo zlib, up to MAX_PAYLOAD_SIZE bytes; BadData for anything that is not zlib's."""
    from zlib import decompressobj, error

    stream = decompressobj()
    try:
        payload = stream.decompress(data, MAX_PAYLOAD_SIZE)
    except error as problem:
        raise BadData(f"the payload is not zlib data: {problem}") from None
    if stream.unconsumed_tail or not stream.eof:
        raise BadData(f"the payload is cut short or larger than {MAX_PAYLOAD_SIZE} bytes")
    return payload
