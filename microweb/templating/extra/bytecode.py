"""Compiled templates kept from one process to the next, which is what makes CGI start quickly.

A cache holds code, and to load code is to trust who wrote it: nothing is read from a folder that
another user owns or may write to. Whatever is wrong with a cache (a disk that is full or read-only,
a file that is cut off, of another Python, of other settings), the template is compiled as if there
was none.
"""

from __future__ import annotations

import os
import sys

from ..compiler import GENERATED_CODE_VERSION
from ..lexer import DEFAULT_SYNTAX
from ..runtime import LaterFunction

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any


class Bucket:
    """One template in a cache.

    *key* says which, in characters a file's name may have; *checksum* is all that its code depends
    on. ``code`` is None until it has been loaded or compiled.
    """

    def __init__(self, environment: Any, key: str, checksum: str) -> None:
        self.environment = environment
        self.key = key
        self.checksum = checksum
        self.code: CodeType | None = None

    def _head(self, body: bytes) -> bytes:
        from binascii import crc32

        return b"%s\n%08x\n" % (self.checksum.encode("utf-8", "backslashreplace"), crc32(body))

    def bytecode_to_string(self) -> bytes:
        """Return what a cache keeps for this template."""
        import marshal

        body = marshal.dumps(self.code)
        return self._head(body) + body

    def bytecode_from_string(self, data: bytes) -> None:
        """Take the code from *data*, unless that is damaged or of another template."""
        import marshal

        size = len(self._head(b""))
        body = data[size:]
        if body and data[:size] == self._head(body):
            self.code = marshal.loads(body)


class BytecodeCache:
    """The base of the caches: one of your own overrides `load_bytecode` and `dump_bytecode`."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is stored under ``bucket.key`` to ``bucket.bytecode_from_string``."""
        raise NotImplementedError(f"{type(self).__name__} needs a method load_bytecode(bucket).")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store ``bucket.bytecode_to_string()`` under ``bucket.key``."""
        raise NotImplementedError(f"{type(self).__name__} needs a method dump_bytecode(bucket).")

    def clear(self) -> None:
        """Forget all templates; a cache that cannot does nothing."""

    def get_bucket(
        self,
        environment: Any,
        name: str,
        filename: str | None,
        source: str,
        streaming: bool = False,
    ) -> Bucket:
        """Return the bucket of a template, with its code if the cache has it."""
        from binascii import crc32

        tables: list[dict[str, Any]] = [environment.filters, environment.tests]
        dependencies = (
            *(sys.version, GENERATED_CODE_VERSION, name, filename, streaming),
            *[getattr(environment, setting) for setting in DEFAULT_SYNTAX],
            environment.newstyle_gettext,
            *(environment.escapes(name), _passed_first(environment.finalize)),
            [[(n, _passed_first(table[n])) for n in sorted(table)] for table in tables],
            source,
        )
        plain = "".join([c if c.isascii() and c.isalnum() else "_" for c in name[-40:]])
        identity = crc32(repr((name, streaming)).encode("utf-8", "backslashreplace"))
        bucket = Bucket(environment, f"{plain}_{identity:08x}", repr(dependencies))
        self.load_bytecode(bucket)
        return bucket

    def get_code(self, template: Any, place: str) -> CodeType:
        """Return the code of *template* from the cache, or compile it and put it there."""
        origin = (template.name, template.filename, template.source, template.streaming)
        bucket = self.get_bucket(template.environment, *origin)
        if bucket.code is None:
            bucket.code = template._compile(place)
            self.dump_bytecode(bucket)
        return bucket.code


def _passed_first(function: Any) -> Any:
    """Return what a filter or test asks for, unless it is one that has not been imported yet."""
    later = isinstance(function, LaterFunction)
    if function is None:
        return None
    return "" if later else getattr(function, "template_pass", "")


class FileSystemBytecodeCache(BytecodeCache):
    """Compiled templates as files named by *pattern* in the folder *directory*.

    The folder is made if need be, for this user alone; the default is one in the system's folder
    for temporary files. It is left alone if it is a link, of another user (but root), or writable
    by others. Files are written aside and moved into place.

    >>> FileSystemBytecodeCache("/srv/app/instance/templates").pattern
    'microweb_%s.cache'
    """

    def __init__(self, directory: str | None = None, pattern: str = "microweb_%s.cache") -> None:
        if directory is None:
            where = next((os.environ[n] for n in ("TMPDIR", "TEMP", "TMP") if n in os.environ), "")
            user = os.geteuid() if hasattr(os, "geteuid") else os.environ.get("USERNAME", "")
            directory = os.path.join(where or "/tmp", f"microweb-templates-{user}")
        self.directory = directory
        self.pattern = pattern

    def is_private(self) -> bool:
        """Say whether the folder is there and only this user, or root, can write to it."""
        try:
            status = os.lstat(self.directory)
        except (OSError, ValueError):
            return False
        is_folder = status.st_mode & 0o170000 == 0o040000
        if not is_folder or not hasattr(os, "geteuid"):
            return is_folder
        return status.st_uid in (0, os.geteuid()) and not status.st_mode & 0o022

    def _path(self, key: str) -> str:
        return os.path.join(self.directory, self.pattern % key)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read the template's file, if the folder can be trusted."""
        if not self.is_private():
            return
        try:
            with open(self._path(bucket.key), "rb") as file:
                bucket.bytecode_from_string(file.read())
        except (OSError, ValueError, EOFError, TypeError):
            return

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the template's file, if the folder can be trusted and written to."""
        from threading import get_ident

        path = self._path(bucket.key)
        aside = f"{path}.{os.getpid()}.{get_ident()}"
        try:
            os.makedirs(self.directory, 0o700, exist_ok=True)
            if not self.is_private():
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with open(os.open(aside, flags, 0o600), "wb") as file:
                file.write(bucket.bytecode_to_string())
            os.replace(aside, path)
        except (OSError, ValueError):
            if os.path.lexists(aside):
                os.unlink(aside)

    def clear(self) -> None:
        """Delete the files of all templates."""
        start, _, end = self.pattern.partition("%s")
        for name in os.listdir(self.directory) if self.is_private() else ():
            if name.startswith(start) and name.endswith(end):
                os.unlink(os.path.join(self.directory, name))
