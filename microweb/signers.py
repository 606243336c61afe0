"""What few programs ask of signing: further formats, files, broken tokens, older ways to sign.

``signing.py`` offers these names and methods, and takes them from here when one is first used.
"""

from __future__ import annotations

from .signing import (
    BadPayload,
    BadSignature,
    Serializer,
    Signer,
    SigningAlgorithm,
    want_bytes,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any


class BadHeader(BadSignature):
    """The header that stands before some values is malformed, for formats that have one."""


class NoneAlgorithm(SigningAlgorithm):
    """No signature at all: for tests and for reading what another program has checked.

    >>> NoneAlgorithm().get_signature(b"key", b"value")
    b''
    """

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return nothing."""
        return b""


class RareSigning(Serializer):
    """The methods of `Serializer` that few programs use."""

    def iter_unsigners(self, salt: str | bytes | None = None) -> Iterator[Signer]:
        """Yield the signers that may verify: the one that signs, then the fallbacks."""
        yield self.make_signer(salt)
        key = self.salt if salt is None else want_bytes(salt)
        for fallback in self.fallback_signers:
            signer_class, options = self.signer, self.signer_kwargs
            if isinstance(fallback, dict):
                options = fallback
            elif isinstance(fallback, tuple):
                signer_class, options = fallback
            else:
                signer_class = fallback
            yield signer_class(self.secret_keys, salt=key, **options)

    def dump(self, obj: Any, f: IO[Any], salt: str | bytes | None = None) -> None:
        """Write what `dumps` returns to a file, of bytes if the serializer writes bytes."""
        f.write(self.dumps(obj, salt))

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
