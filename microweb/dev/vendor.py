"""Copying the package into another project, and telling later whether a copy is still as it was.

A copy works under any name, beside copies of other versions. Its manifest lists the SHA-256 of each
file as ``sha256sum -c`` reads it: that tells of accidents and of patches, not of attackers, who can
write a manifest too. What is written is complete or not there at all.
"""

from __future__ import annotations

import os
import sys

from .loading import CommandFailed
from .onefile import build_one_file, find_root_name, is_single_file, read_package_file
from .order import CORE_MODULES, READING_ORDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping

MANIFEST_NAME = "MANIFEST.sha256"
_DATA_FILES = ("LICENSE", "py.typed")
_DEMO_FILES = """
    demo/static/icon.svg demo/static/style.css demo/templates/base.html demo/templates/edit.html
    demo/templates/error.html demo/templates/index.html demo/templates/login.html
    demo/templates/note.html
""".split()


def read_package(with_demo: bool = False, core: bool = False) -> dict[str, bytes]:
    """Return the files of the package by their paths in it, those of the demo if *with_demo*.

    With *core*, the modules of the core alone.

    They are read through the package's loader, so it may lie in a zip. CommandFailed where one is
    not there.
    """
    packages = {name.rpartition(".")[0] for name in READING_ORDER}
    paths = [*_DATA_FILES, *_DEMO_FILES]
    for name in CORE_MODULES if core else READING_ORDER:
        path = name.replace(".", "/")
        paths.append(f"{path}/__init__.py".lstrip("/") if name in packages else f"{path}.py")
    try:
        return {
            path: read_package_file(path)
            for path in sorted(paths)
            if with_demo or not path.startswith("demo/")
        }
    except OSError as error:
        raise CommandFailed(
            f"the file {error.filename!r} is not there, so this copy of microweb is incomplete or "
            f"came without its demo; use one that has it"
        ) from error


def vendor_package(
    target: str, with_demo: bool = False, force: bool = False, core: bool = False
) -> None:
    """Copy the package to the folder *target*, whose last part becomes its name, with a manifest.

    A folder that is there already is replaced if it is an unchanged copy, or with *force* a
    changed one. CommandFailed otherwise, and where it cannot be written.
    """
    files = read_package(with_demo, core)
    _check_target(target, os.path.basename(target), force)
    files[MANIFEST_NAME] = _write_manifest(files)
    write_whole(target, files)


def vendor_one_file(target: str, force: bool = False, core: bool = False) -> None:
    """Write the package as one file *target*, with its SHA-256 beside it; see `vendor_package`."""
    data = build_one_file("core" if core else "").encode("utf-8")
    _check_target(target, os.path.basename(target)[: -len(".py")], force)
    manifest = _write_manifest({os.path.basename(target): data})
    write_whole(f"{target}.sha256", manifest)
    write_whole(target, data)


def _check_target(target: str, name: str, force: bool) -> None:
    """Raise CommandFailed unless *name* can be imported and nothing is lost at *target*."""
    from keyword import iskeyword

    if not name.isidentifier() or iskeyword(name):
        raise CommandFailed(
            f"{name!r} cannot be imported: the last part of {target!r} becomes the name of the "
            f"copy; give one such as vendor/web"
        )
    if not os.path.lexists(target) or (os.path.isdir(target) and not os.listdir(target)):
        return
    try:
        version, differences = check_copy(target)
    except CommandFailed as error:
        raise CommandFailed(f"{error}; it is left alone: name another place") from error
    if differences and not force:
        raise CommandFailed(
            f"{_describe_differences(target, version, differences)}; type --force to overwrite it"
        )


def _write_manifest(files: Mapping[str, bytes]) -> bytes:
    from hashlib import sha256

    lines = [f"{sha256(data).hexdigest()}  {path}\n" for path, data in files.items()]
    return "".join(lines).encode("ascii")


def write_whole(target: str, content: bytes | Mapping[str, bytes]) -> None:
    """Write a file, or a folder of files by their paths: all of it or, with CommandFailed, nothing.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_whole(os.path.join(folder, "web"), {"http/x.py": b""})
    ...     os.listdir(os.path.join(folder, "web"))
    ['http']
    """
    from tempfile import TemporaryDirectory

    target = os.path.abspath(target)
    parent, name = os.path.split(target)
    earlier: str | None = None
    try:
        os.makedirs(parent, exist_ok=True)
        with TemporaryDirectory(prefix=f".{name}.", dir=parent) as aside:
            new = os.path.join(aside, name)
            if isinstance(content, bytes):
                _write_bytes(new, content)
            else:
                for path, data in content.items():
                    _write_bytes(os.path.join(new, *path.split("/")), data)
                if os.path.lexists(target):
                    earlier = os.path.join(aside, "earlier")
                    os.rename(target, earlier)
            try:
                os.replace(new, target)
            except OSError:
                if earlier is not None:
                    os.rename(earlier, target)
                raise
    except OSError as error:
        raise CommandFailed(
            f"{target!r} cannot be written: {error.strerror or error}; name another place"
        ) from error


def _write_bytes(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def compile_copy(target: str) -> None:
    """Compile a copy for this Python, beside its source: for a place where the Python that runs it
    cannot keep compiled code, a read-only disk or a CGI script of another user.

    The compiled files hold a hash of their source (PEP 552), so they survive being copied, and a
    source that is changed counts. CommandFailed where they cannot be written.
    """
    from py_compile import PycInvalidationMode, PyCompileError
    from py_compile import compile as compile_file

    names = [target]
    if os.path.isdir(target):
        names = [os.path.join(target, *name.split("/")) for name in _list_copy(target)]
    try:
        for name in names:
            if name.endswith(".py"):
                mode = PycInvalidationMode.CHECKED_HASH
                compile_file(name, doraise=True, invalidation_mode=mode)
    except (OSError, PyCompileError) as error:
        raise CommandFailed(f"{target!r} cannot be compiled: {error}") from error


def check_copy(path: str) -> tuple[str, list[str]]:
    """Return the version of a copy, and how it differs from what was written: nothing if intact.

    *path* is a folder or a single file, of whatever version. CommandFailed where no manifest says
    what was written.
    """
    from hashlib import sha256

    if os.path.isdir(path):
        folder, manifest, main = path, MANIFEST_NAME, "__init__.py"
        present = set(_list_copy(path)) - {MANIFEST_NAME}
    else:
        folder, main = os.path.split(path)
        manifest = f"{main}.sha256"
        present = {main} if os.path.isfile(path) else set()
    try:
        with open(os.path.join(folder, manifest), encoding="utf-8") as file:
            pairs = [line.rstrip("\n").partition("  ")[::2] for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(
            f"{path!r} is no copy that 'microweb vendor' has made: {manifest} cannot be read there"
        ) from error
    expected = {name: digest for digest, name in pairs}
    version, changed = "of unknown version", []
    for name in sorted(present & set(expected)):
        try:
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
        except OSError:
            data = b""
        if sha256(data).hexdigest() != expected[name]:
            changed.append(f"changed {name}")
        if name == main:
            version = _find_version(data) or version
    missing = [f"missing {name}" for name in sorted(set(expected) - present)]
    return version, [*changed, *missing, *[f"added {n}" for n in sorted(present - set(expected))]]


def _list_copy(folder: str) -> Iterator[str]:
    """Yield the paths of the files in a folder, but for those that Python puts there itself."""
    for path, folders, files in os.walk(folder):
        base = os.path.relpath(path, folder)
        folders[:] = [name for name in folders if name != "__pycache__"]
        links = [name for name in folders if os.path.islink(os.path.join(path, name))]
        for name in [*files, *links]:
            yield os.path.normpath(os.path.join(base, name)).replace(os.sep, "/")


def _find_version(source: bytes) -> str | None:
    """Return the version that stands in the text of a package or of a single file."""
    for line in source.splitlines():
        if line.startswith(b'__version__ = "'):
            return line.split(b'"')[1].decode("ascii", "replace")
    return None


def _describe_differences(path: str, version: str, differences: list[str]) -> str:
    return f"{path!r} is not the microweb {version} that was copied: {'; '.join(differences)}"


def run_vendor(options: Namespace) -> None:
    """Copy the package into a project, or check such a copy, as the command line says.

    The exit status is 1 where a copy is not intact.
    """
    target = options.target.rstrip("/" + os.sep) or options.target
    if options.check:
        version, differences = check_copy(target)
        if differences:
            print(_describe_differences(target, version, differences), file=sys.stderr)
            sys.exit(1)
        print(f"{target!r} is intact: microweb {version}")
        return
    from .. import __version__

    if options.onefile or is_single_file():
        target = target if target.endswith(".py") else f"{target}.py"
        vendor_one_file(target, bool(options.force), bool(options.core))
    else:
        copied = bool(options.with_demo), bool(options.force), bool(options.core)
        vendor_package(target, *copied)
    if options.compiled:
        compile_copy(target)
    if is_single_file() and not options.onefile:
        print(f"{sys.modules[find_root_name()].__file__} is one file, and so is the copy")
    print(
        f"wrote {target}, microweb {__version__}; whether it is intact says: "
        f"microweb vendor --check {target}"
    )
