"""Signers: bytes that may be read and not changed.

A signature is an HMAC (RFC 2104) over the value, made with a key that only the server knows. The
wire format is itsdangerous': ``value.signature``, with a timestamp between the two where the value
expires, and URL-safe base64 (RFC 4648 §5, without padding) for everything binary. With the same
key, salt and digest both read each other's values; only the default digest differs: SHA-256 here.

What is signed can be read by its holder. Do not put secrets in.
"""

from __future__ import annotations

import time
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from .text.digests import compare_digest, find_hmac

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any, Union

    Secret = Union[str, bytes, Iterable[str], Iterable[bytes]]

_BASE64_ALPHABET = b"-0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


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


class BadHeader(BadSignature):
    """The header that stands before some values is malformed, for formats that have one."""


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


class NoneAlgorithm(SigningAlgorithm):
    """No signature at all: for tests and for reading what another program has checked.

    >>> NoneAlgorithm().get_signature(b"key", b"value")
    b''
    """

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return nothing."""
        return b""


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
    `hashlib` knows, or one of its functions; *algorithm* another way to sign than HMAC.

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
        # Deriving a key costs two hashes; a signer is used many times with the same keys.
        self._derived_keys = [self.derive_key(key) for key in self.secret_keys]

    @property
    def secret_key(self) -> bytes:
        """The newest key: the one that signs."""
        return self.secret_keys[-1]

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
        signature = self.algorithm.get_signature(self._derived_keys[-1], want_bytes(value))
        return base64_encode(signature)

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
        for key in reversed(self._derived_keys):
            if self.algorithm.verify_signature(key, value, signature):
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
