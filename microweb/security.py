"""Passwords, file names and paths: the small functions on which safety hangs.

Nothing here knows a request. Everything that comes from outside is taken for hostile.
"""

from __future__ import annotations

import os

from .text.digests import begin_hmac, compare_digest
from .text.paths import WINDOWS_DEVICE_NAMES
from .text.paths import safe_join as safe_join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SALT_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# OWASP's figure for PBKDF2-HMAC-SHA256, used where scrypt is not there.
DEFAULT_PBKDF2_ITERATIONS = 600_000


def gen_salt(length: int) -> str:
    """Return *length* random letters and digits, fit for a salt. ValueError unless positive.

    >>> len(gen_salt(16))
    16
    """
    if length <= 0:
        raise ValueError(f"a salt needs at least 1 character, not {length!r}")
    # The bytes beyond the largest multiple of 62 are passed over, so that all are as likely.
    letters = ""
    while len(letters) < length:
        letters += "".join([_SALT_LETTERS[n % 62] for n in os.urandom(length) if n < 248])
    return letters[:length]


def generate_password_hash(password: str, method: str = "scrypt", salt_length: int = 16) -> str:
    """Return a salted hash of a password, to be kept instead of the password.

    *method* is ``scrypt`` or ``scrypt:N:r:p``, ``pbkdf2`` or ``pbkdf2:sha256:iterations``. The
    format is Werkzeug's: ``method$salt$hex``. Where Python was built without OpenSSL there is no
    scrypt, and the default falls back to PBKDF2 (RFC 8018).

    >>> hashed = generate_password_hash("correct horse", "pbkdf2:sha256:1000")
    >>> check_password_hash(hashed, "correct horse"), check_password_hash(hashed, "wrong")
    (True, False)
    """
    if method == "scrypt" and not _has_scrypt():
        method = "pbkdf2"
    salt = gen_salt(salt_length)
    hashed, actual_method = _hash_password(method, salt, password)
    return f"{actual_method}${salt}${hashed}"


def check_password_hash(pwhash: str, password: str) -> bool:
    """Return whether a password is the one that a hash was made of.

    False too where *pwhash* is not a hash. The comparison takes the same time wherever they
    differ.
    """
    method, _, rest = pwhash.partition("$")
    salt, found, expected = rest.partition("$")
    if not found:
        return False
    try:
        actual = _hash_password(method, salt, password)[0].encode("ascii")
        return compare_digest(actual, expected.encode("utf-8"))
    except (ValueError, TypeError, OverflowError, MemoryError):
        # The numbers and the digest are the hash's, and the libraries refuse each in its own way.
        return False


def _has_scrypt() -> bool:
    import hashlib

    return hasattr(hashlib, "scrypt")


def _hash_password(method: str, salt: str, password: str) -> tuple[str, str]:
    """Return the hash in hex and the method with all its numbers. ValueError for a bad method."""
    kind, *arguments = method.split(":")
    if kind == "scrypt":
        return _hash_with_scrypt(arguments, salt, password)
    if kind == "pbkdf2":
        return _hash_with_pbkdf2(arguments, salt, password)
    raise ValueError(f"unknown password method {method!r}; use 'scrypt' or 'pbkdf2:sha256:600000'")


def _read_method_number(text: str) -> int:
    """Return a number of a method: 1 to 2**31 - 1, beyond which OpenSSL takes none. ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) < 2**31):
        raise ValueError(f"{text!r} is not a number from 1 to 2147483647")
    return int(text)


def _hash_with_scrypt(arguments: list[str], salt: str, password: str) -> tuple[str, str]:
    try:
        n, r, p = [_read_method_number(text) for text in arguments] if arguments else (2**15, 8, 1)
    except ValueError:
        raise ValueError(
            f"scrypt takes three numbers, as in 'scrypt:32768:8:1', not {arguments!r}"
        ) from None
    if not _has_scrypt():
        raise ValueError(
            "this Python has no hashlib.scrypt (it was built without OpenSSL); use method='pbkdf2'"
        )
    from hashlib import scrypt

    needed = 132 * n * r * p + 2**20
    digest = scrypt(password.encode(), salt=salt.encode(), n=n, r=r, p=p, maxmem=needed)
    return digest.hex(), f"scrypt:{n}:{r}:{p}"


def _hash_with_pbkdf2(arguments: list[str], salt: str, password: str) -> tuple[str, str]:
    name = arguments[0] if arguments else "sha256"
    try:
        iterations = DEFAULT_PBKDF2_ITERATIONS
        if arguments[1:]:
            (iterations,) = [_read_method_number(text) for text in arguments[1:]]
    except ValueError:
        raise ValueError(
            f"pbkdf2 takes a digest and a number, as in 'pbkdf2:sha256:600000', not {arguments!r}"
        ) from None
    derive: Any
    try:
        # OpenSSL's; the one in Python that some versions have warns that it will go.
        from _hashlib import pbkdf2_hmac as derive
    except ImportError:
        derive = _derive_pbkdf2
    digest = derive(name, password.encode(), salt.encode(), iterations)
    return digest.hex(), f"pbkdf2:{name}:{iterations}"


def _derive_pbkdf2(name: str, password: bytes, salt: bytes, iterations: int) -> bytes:
    """PBKDF2's first block (RFC 8018 §5.2), for a Python whose hashlib has none: slow but there."""
    keyed_digest = begin_hmac(password, name)
    block = keyed_digest(salt + b"\x00\x00\x00\x01")
    result = int.from_bytes(block, "big")
    for _ in range(iterations - 1):
        block = keyed_digest(block)
        result ^= int.from_bytes(block, "big")
    return result.to_bytes(len(block), "big")


def secure_filename(filename: str) -> str:
    """Return a name that is safe to store a file under, made from one that a client sent.

    Folders, control characters and everything that a file system or a shell might read as more
    than a name are taken out; letters and digits of every script stay. The result may be empty:
    have a name of your own for that case.

    >>> secure_filename("../../etc/passwd")
    'etc_passwd'
    >>> secure_filename("Grüße aus 東京.txt")
    'Grüße_aus_東京.txt'
    """
    try:
        from unicodedata import normalize
    except ImportError:
        # Splitting off unicodedata saves a router 300 KB; then look-alikes stay as they are.
        pass
    else:
        filename = normalize("NFKC", filename)
    words = filename.replace("/", " ").replace("\\", " ").split()
    name = "_".join(
        "".join([c for c in word if c.isalnum() or c in "._-"]) for word in words
    ).strip("._")
    while "__" in name:
        name = name.replace("__", "_")
    if name.partition(".")[0].upper() in WINDOWS_DEVICE_NAMES:
        name = f"_{name}"
    return name
