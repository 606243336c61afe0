"""HMAC and comparison in constant time, also where Python came without ``hmac``."""

from __future__ import annotations

from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def compare_bytes(given: bytes, right: bytes) -> bool:
    """Do as `hmac.compare_digest`: the time it takes does not tell where the two differ."""
    difference = len(given) ^ len(right)
    for a, b in zip(given, right):
        difference |= a ^ b
    return not difference


compare_digest: Callable[[bytes, bytes], bool] = compare_bytes
try:
    # What `hmac` has of that name, without the rest, which small systems lack.
    from _operator import _compare_digest

    compare_digest = _compare_digest
except ImportError:
    pass


def find_hmac() -> Callable[[bytes, bytes, Any], bytes]:
    """Return the function that makes an HMAC (RFC 2104) of a key, a message and a digest, which is
    a name or a function of `hashlib`."""
    try:
        from hmac import digest
    except ImportError:
        return lambda key, message, digest: begin_hmac(key, digest)(message)
    return digest


def begin_hmac(key: bytes, digest: Any) -> Callable[[bytes], bytes]:
    """Return what computes HMACs under a key: its two hashes are begun but once."""
    from hashlib import new

    make: Any = digest if callable(digest) else partial(new, digest)
    size = make().block_size
    padded = (make(key).digest() if len(key) > size else key).ljust(size, b"\0")
    inner, outer = [make(bytes([byte ^ pad for byte in padded])) for pad in (0x36, 0x5C)]

    def keyed_digest(message: bytes) -> Any:
        inside, outside = inner.copy(), outer.copy()
        inside.update(message)
        outside.update(inside.digest())
        return outside.digest()

    return keyed_digest
