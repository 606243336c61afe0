"""Making one file of an app: its modules, templates and static files, and the framework.

The file is a zip that Python runs: ``python app.pyz``. It holds ``templates``, ``static`` and what
the code takes from the app's own folder: what it imports, also by ``from_object("config.Local")``,
what ``open_resource("schema.sql")`` and the like open, what is given as ``template_folder``. A
package goes along whole. Beside each module lies what Python compiled it to, with which a Python of
the packing version starts in a fifth of the time; others take the source. The same files and the
same CPython make the same zip, byte for byte; before 3.11, and with PyPy, the same PYTHONHASHSEED
belongs to it.
"""

from __future__ import annotations

import io
import os
import sys

from ..config import is_true_word
from ..text.missing import import_stdlib
from .loading import (
    APP_FILES,
    FLASK_VARIABLE,
    CommandFailed,
    find_app_spec,
    module_of_file,
    split_app_spec,
)
from .onefile import build_one_file, find_root_name, is_single_file
from .vendor import read_package, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any, NoReturn

# What is never code or a page, or is private; --include takes it all the same.
_LEFT_OUT_PATTERNS = """
    .* __pycache__ *.py[co] instance venv node_modules *.pem *.key *.p12 *.pfx *.sqlite *.sqlite3
    *.db *.log *.pyz secret_key secrets.json secrets.toml secrets.y*ml
""".split()
# Not worth a word, as they do not belong into the zip.
_IGNORED_PATTERNS = [".*", "__pycache__", "*.py[co]", "*.py", "*.pyz"]
# Calls whose first argument names a module or a file.
_IMPORTING_CALLS = ("from_object", "import_module", "import_string", "__import__")
_OPENING_CALLS = ("open_resource", "from_pyfile", "from_file")
_MAX_LISTED = 8
_MAIN_TEXT = '''\
"""An app in one file: "python app.pyz" serves it, and --help says what else it can do."""

from {module} import run_packed

run_packed({spec!r}{more})
'''


def run_packed(spec: str, flask: bool = False) -> NoReturn:
    """Run the command line of a packed app, which *spec* names inside the file that runs.

    Without a command the app is served, as by ``microweb run``; with *flask* it imports flask.
    """
    from .cli import main

    if flask:
        os.environ[FLASK_VARIABLE] = "1"
    program = os.path.dirname(os.path.abspath(str(sys.modules["__main__"].__file__)))
    os.environ["MICROWEB_APP"] = os.path.join(program, spec)
    words = sys.argv[1:]
    if not words or (words[0].startswith("-") and words[0] not in ("--help", "--version")):
        words.insert(0, "run")
    main(words)


class AppPacker:
    """Finds the files of an app, and writes them with the framework as one.

    *spec* names the app as for ``microweb run``: a script, a package's folder or a module in it.
    ``files`` maps paths in the zip to those on the disk. ``left_out`` are files that the app may
    want and does not get, ``foreign`` modules that have to be installed where it runs.
    """

    def __init__(self, spec: str) -> None:
        place, expression = split_app_spec(spec)
        path = _find_source(place)
        self.folder, name = module_of_file(path)
        self.files: dict[str, str] = {}
        self.left_out: list[str] = []
        self.foreign: set[str] = set()
        self._unread: list[str] = []
        self._known_modules = {find_root_name()}
        self._flask = is_true_word(os.environ.get(FLASK_VARIABLE, ""))
        if self._flask:
            self._known_modules.update(_find_flask_packages())
        self.name = name.partition(".")[0]
        entry = os.path.relpath(path, self.folder).replace(os.sep, "/")
        if "/" in entry:
            self._add_folder(os.path.join(self.folder, self.name), self.folder)
        elif name in ("__main__", find_root_name()):
            raise CommandFailed(f"the name of {path!r} is taken in a packed app: rename the file")
        else:
            # A dot would make it a part of a package that does not exist.
            entry = f"{name.replace('.', '_')}.py"
            self._add_file(path, entry)
            for beside in ("templates", "static"):
                self._add_folder(os.path.join(self.folder, beside), self.folder)
        if _compile_quietly(_read_bytes(path), path) is None:
            raise CommandFailed(f"{path!r} is not valid Python; what is wrong says: python {path}")
        self.spec = f"{entry}:{expression}" if expression else entry
        self._follow_imports()
        if "/" not in entry:
            packed = {path.partition("/")[0] for path in self.files}
            self._leave_out(name for name in os.listdir(self.folder) if name not in packed)

    def include(self, path: str) -> None:
        """Take a file or folder along: at its place in the app's folder, else under its name."""
        path = os.path.abspath(path)
        base = self.folder if path.startswith(self.folder + os.sep) else os.path.dirname(path)
        if not os.path.exists(path):
            raise CommandFailed(f"there is no file or folder {path!r} to include")
        self._add_any(path, base)
        self._follow_imports()
        packed = {name.partition("/")[0] for name in self.files}
        self.left_out = [name for name in self.left_out if name not in {*packed, *self.files}]
        self.foreign -= {os.path.splitext(name)[0] for name in packed}

    def _add_any(self, path: str, base: str) -> None:
        if os.path.isfile(path):
            self._add_file(path, os.path.relpath(path, base))
        else:
            self._add_folder(path, base)

    def _add_file(self, path: str, name: str) -> None:
        name = name.replace(os.sep, "/")
        if name not in self.files:
            self.files[name] = path
            if name.endswith(".py"):
                self._unread.append(path)

    def _add_folder(self, top: str, base: str) -> None:
        """Take a folder along, without what its name or a link to another folder keeps out."""
        for folder, folders, names in os.walk(top):
            kept = [name for name in folders if not _is_kept_out(name)]
            folders[:] = [name for name in kept if not os.path.islink(os.path.join(folder, name))]
            files = [name for name in names if not _is_kept_out(name)]
            missed = {*os.listdir(folder)}.difference(folders, files)
            self._leave_out(os.path.relpath(os.path.join(folder, name), base) for name in missed)
            for name in files:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    self._add_file(path, os.path.relpath(path, base))

    def _leave_out(self, names: Any) -> None:
        from fnmatch import fnmatch

        for name in sorted(names):
            ignored = any(fnmatch(os.path.basename(name), word) for word in _IGNORED_PATTERNS)
            if not ignored and name not in self.left_out:
                self.left_out.append(name.replace(os.sep, "/"))

    def _follow_imports(self) -> None:
        """Take along what the modules take from the app's folder."""
        while self._unread:
            source = self._unread.pop()
            modules, paths = _find_wanted(_read_bytes(source))
            for path in paths:
                whole = os.path.normpath(os.path.join(os.path.dirname(source), path))
                if not whole.startswith(self.folder + os.sep) or not os.path.exists(whole):
                    continue
                name = os.path.relpath(whole, self.folder)
                if any(map(_is_kept_out, name.split(os.sep))):
                    self._leave_out([name])
                else:
                    self._add_any(whole, self.folder)
            for name in modules - self._known_modules:
                self._known_modules.add(name)
                beside = os.path.join(self.folder, name)
                is_package = os.path.isfile(os.path.join(beside, "__init__.py"))
                if os.path.isfile(f"{beside}.py") and not is_package:
                    self._add_file(f"{beside}.py", f"{name}.py")
                elif os.path.isdir(beside):
                    self._add_folder(beside, self.folder)
                elif name not in getattr(sys, "stdlib_module_names", (name,)):
                    self.foreign.add(name)

    def write(self, output: str, interpreter: str, compress: bool = False) -> int:
        """Write the file *output* and return how many files it holds.

        *interpreter* runs it where files can be programs; with *compress* it is smaller, and needs
        a Python that has zlib.
        """
        try:
            zipfile = import_stdlib("zipfile", "packing an app")
        except ImportError as error:
            raise CommandFailed(str(error)) from error
        if os.path.exists(output) and not zipfile.is_zipfile(output):
            raise CommandFailed(f"{output!r} is there and no packed app; name another file with -o")
        contents = self._read_all(os.path.basename(output))
        for path in list(contents):
            # Python looks for a package without __init__.py by the entry of its folder.
            while "/" in path:
                path = path.rpartition("/")[0]
                contents[f"{path}/"] = b""
        file = io.BytesIO(f"#!{interpreter}\n".encode())
        file.seek(0, os.SEEK_END)
        method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with zipfile.ZipFile(file, "w", method) as archive:
            for path, data in sorted(contents.items()):
                entry = zipfile.ZipInfo(path)
                entry.create_system = 3
                entry.external_attr = (0o40755 if path.endswith("/") else 0o100644) << 16
                archive.writestr(entry, data, archive.compression)
        write_whole(output, file.getvalue())
        mode = os.stat(output).st_mode
        os.chmod(output, mode | (mode & 0o444) >> 2)
        return len(self.files)

    def _read_all(self, label: str) -> dict[str, bytes]:
        """Return what goes into the zip by its path there; *label* is what tracebacks call it."""
        root = find_root_name()
        if is_single_file():
            contents = {f"{root}.py": build_one_file().encode("utf-8")}
        else:
            folder = root.replace(".", "/")
            contents = {f"{folder}/{path}": data for path, data in read_package().items()}
        contents.update({path: _read_bytes(source) for path, source in self.files.items()})
        more = ", flask=True" if self._flask else ""
        main = _MAIN_TEXT.format(module=f"{root}.dev.pack", spec=self.spec, more=more)
        contents["__main__.py"] = main.encode("utf-8")
        for path, data in list(contents.items()):
            if path.endswith(".py"):
                compiled = _compile_module(data, f"{label}/{path}")
                if compiled is not None:
                    contents[f"{path}c"] = compiled
        return contents


def _find_flask_packages() -> tuple[str, ...]:
    """Return the packages that microweb answers for where an app imports flask."""
    try:
        from ..compat import FLASK_PACKAGES
    except ImportError:
        raise CommandFailed(
            f"this copy of microweb came without compat, which --flask and {FLASK_VARIABLE} need; "
            f"pack with the whole package"
        ) from None
    return FLASK_PACKAGES


def find_missing_in_app(spec: str) -> list[str]:
    """Return a sentence for each name that an app's own modules import from Flask's packages and
    that is not there; nothing is run. None for an app that cannot be read, as loading it says why.
    """
    try:
        from ..compat.missing import find_missing_names

        files = AppPacker(spec).files
        return [
            sentence
            for name, path in sorted(files.items())
            if name.endswith(".py")
            for sentence in find_missing_names(_read_bytes(path), name)
        ]
    except (ImportError, SyntaxError, ValueError, CommandFailed):
        return []


def _find_source(place: str) -> str:
    """Return the file that a place on the command line stands for, or raise CommandFailed."""
    whole = os.path.abspath(place)
    dotted = os.path.abspath(place.replace(".", os.sep))
    candidates = [whole, f"{whole}.py", os.path.join(whole, "__init__.py")]
    candidates += [os.path.join(whole, name) for name in APP_FILES]
    candidates += [f"{dotted}.py", os.path.join(dotted, "__init__.py")]
    found = next(filter(os.path.isfile, candidates), None)
    if found is None:
        raise CommandFailed(f"there is no file {place!r} to pack; name it, as in: pack app.py")
    return found


def _is_kept_out(name: str) -> bool:
    from fnmatch import fnmatch

    if name == ".well-known":
        return False
    return any(fnmatch(name, pattern) for pattern in _LEFT_OUT_PATTERNS)


def _read_bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise CommandFailed(f"{path!r} cannot be read: {error.strerror or error}") from error


def _compile_quietly(source: bytes, name: str, flags: int = 0) -> Any:
    """Return what a module compiles to, or None if it is not valid Python."""
    from warnings import catch_warnings, simplefilter

    try:
        with catch_warnings():
            simplefilter("ignore")
            return compile(source, name, "exec", flags, dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _compile_module(source: bytes, name: str) -> bytes | None:
    """Return a module's .pyc, which Python takes without looking at the source (PEP 552)."""
    from importlib.util import MAGIC_NUMBER, source_hash
    from marshal import dumps

    code = _compile_quietly(source, name)
    if code is None:
        return None
    return MAGIC_NUMBER + b"\x01\0\0\0" + source_hash(source) + dumps(code)


def _find_wanted(source: bytes) -> tuple[set[str], set[str]]:
    """Return the first parts of the modules that a module imports, wherever in it, and the paths
    that it gives to who opens them."""
    from ast import Call, Constant, Import, ImportFrom, PyCF_ONLY_AST, keyword, walk

    modules: set[Any] = set()
    paths: set[Any] = set()
    tree = _compile_quietly(source, "?", PyCF_ONLY_AST)
    for node in () if tree is None else walk(tree):
        if isinstance(node, Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ImportFrom) and not node.level:
            modules.add(node.module)
        elif isinstance(node, Call) and node.args and isinstance(node.args[0], Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in _IMPORTING_CALLS:
                modules.add(node.args[0].value)
            elif called in _OPENING_CALLS:
                paths.add(node.args[0].value)
        elif isinstance(node, keyword) and node.arg in ("template_folder", "static_folder"):
            paths.add(getattr(node.value, "value", None))
    tops = {name.partition(".")[0] for name in modules if isinstance(name, str)}
    return tops - {""}, {path for path in paths if isinstance(path, str) and path}


def _list_some(names: Any) -> str:
    """Return names as one text, cut where they are many."""
    names = sorted(names)
    rest = len(names) - _MAX_LISTED
    return ", ".join(names[:_MAX_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def run_pack(options: Namespace) -> None:
    """Pack the app that the command line names, and say what went into the file."""
    from .. import __version__

    packer = AppPacker(find_app_spec(options.app))
    for path in options.include or ():
        packer.include(path)
    output = options.output or f"{packer.name}.pyz"
    count = packer.write(output, options.python, bool(options.compress))
    own = {path if "/" not in path else path.partition("/")[0] + "/" for path in packer.files}
    size = os.path.getsize(output) / 1e6
    print(
        f"wrote {output}, {size:.1f} MB: {_list_some(own)} ({count} files), microweb {__version__}"
    )
    if packer.left_out:
        print(f"left out, take along with --include: {_list_some(packer.left_out)}")
    if packer.foreign:
        print(f"has to be installed where it runs: {_list_some(packer.foreign)}")
    quoted = f'"{output}"' if " " in output else output
    print(f"start it with: python {quoted} --port 8080")
