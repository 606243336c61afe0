"""Writing the package, or its core, as one file that a person can read and check.

Each module's own text stands there as it is, in the reading order, under a banner that is its
docstring. Left out is what one file does not need: imports of one module from another, and the
standard library's, which come once, at the top. An import of a module that the file does not hold
becomes a call that raises ImportError with a sentence.
"""

from __future__ import annotations

import os
import sys

from .loading import CommandFailed
from .order import CORE_MODULES, READING_ORDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Collection, Iterable, Iterator
    from typing import Any

# What Python has loaded before it runs a program, or what every request needs.
_EARLY_MODULES = ("functools", "io", "os", "re", "sys", "time")
_PAGE_WIDTH = 100
_PACKAGES = frozenset(name.rpartition(".")[0] for name in READING_ORDER)
_RULE = "# " + "=" * (_PAGE_WIDTH - 2)
# What no single file holds: the demo has files of its own, Flask's old programs want the package.
_NEVER_IN_ONE_FILE = ("demo", "compat", "__main__")
# What a single file itself needs of the desk.
_SECTIONS = "dev.sections"

_PREFACE = '''\
"""microweb {version} in one file: {title}

Put it beside a program, which then says ``from microweb import Microweb``.

{about}

This file is made from the package of the same name by ``microweb onefile``: change the package, not
this. The sections are its modules, in the order in which they are best read; each can be imported
by the name in its banner, as in ``from microweb.views import MethodView``.
"""

{licence}

from __future__ import annotations

'''

_RUN_AS_PROGRAM_TEXT = """
_RUN_AS_PROGRAM = __name__ == "__main__"
if _RUN_AS_PROGRAM:
    # The app's own ``import microweb`` finds this very module and loads no second one.
    __name__ = os.path.splitext(os.path.basename(__file__))[0]
    sys.modules[__name__] = sys.modules["__main__"]

TYPE_CHECKING = False
"""


# What a file without the desk does when it is run.
_NO_COMMAND_LINE = [
    "    sys.exit(",
    '        "microweb: this single file has no command line. Beside it, a program says: from "',
    '        "microweb import Microweb. The package has one, and so has the file that its "',
    '        "onefile --desk writes."',
    "    )",
]


def choose_modules(scope: str) -> list[str]:
    """Return the modules that a single file holds, in reading order.

    *scope* is ``"core"``, ``"desk"`` (with the command line and the debug pages), or ``""`` for
    what a program needs when it runs.

    >>> [len(choose_modules(scope)) > 40 for scope in ("core", "", "desk")]
    [True, True, True]
    """
    if scope == "core":
        return [*CORE_MODULES, _SECTIONS]
    left_out = _NEVER_IN_ONE_FILE if scope == "desk" else (*_NEVER_IN_ONE_FILE, "dev")
    names = [name for name in READING_ORDER if not name.startswith(left_out)]
    return names if scope == "desk" else [*names, _SECTIONS]


def build_one_file(scope: str = "") -> str:
    """Return the text of ``microweb.py``: the package as one module, with its licence in front.

    *scope* says how much of it: see `choose_modules`. In such a file itself, that is its own text.
    `CommandFailed` where the source is not there.

    >>> "class Microweb(" in build_one_file("core")
    True
    """
    root = find_root_name()
    if is_single_file():
        return read_module_text(root)
    names = choose_modules(scope)
    modules = {
        name: SourceModule(name, read_module_text(f"{root}.{name}" if name else root), names)
        for name in names
    }
    licence = read_package_file("LICENSE").decode("utf-8")
    imports = {entry for module in modules.values() for entry in module.imports}
    sections = modules.pop(_SECTIONS)
    pieces = [
        _write_preface(modules[""], licence),
        _write_imports(imports),
        _RUN_AS_PROGRAM_TEXT,
        sections.banner + sections.body,
        _write_later_imports(imports),
    ]
    introduced = {""}
    for name, module in modules.items():
        folder = name.rpartition(".")[0]
        if folder not in introduced and not modules[folder].body:
            pieces.append(modules[folder].banner)
        introduced.add(folder)
        if module.body:
            pieces.append((module.banner if name else "") + module.body)
    pieces.append(_write_sections(modules, scope == "desk"))
    return "\n\n".join(piece.strip("\n") + "\n" for piece in pieces)


def is_single_file() -> bool:
    """Return whether the whole package is one module, as `build_one_file` makes it.

    >>> import microweb
    >>> is_single_file() != hasattr(microweb, "__path__")
    True
    """
    return not hasattr(sys.modules[find_root_name()], "__path__")


def find_root_name() -> str:
    """Return the name under which the package, or the single file, is imported."""
    return __name__.rpartition(".dev.")[0] or __name__


def read_module_text(name: str) -> str:
    """Return the source of a module of the package, from a folder or a zip.

    >>> read_module_text(find_root_name()).startswith('\"\"\"microweb')
    True
    """
    from importlib.util import find_spec

    spec = getattr(sys.modules.get(name), "__spec__", None) or _find_program_spec(name)
    loader: Any = getattr(spec or find_spec(name), "loader", None)
    try:
        text: str | None = loader.get_source(name)
    except (AttributeError, ImportError, OSError):
        text = None
    if text is None:
        raise CommandFailed(
            f"the source of {name!r} is not there: only its compiled form is installed; use a copy "
            f"of microweb that has its .py files"
        )
    return text


def _find_program_spec(name: str) -> Any:
    """Return how to load the module *name* that runs as the program, as ``python microweb.py``."""
    from importlib.util import spec_from_file_location

    path = getattr(sys.modules.get(name), "__file__", None)
    return path and spec_from_file_location(name, path)


def read_package_file(name: str) -> bytes:
    """Return a file that lies in the package's folder, or beside its modules in a zip."""
    module: Any = sys.modules[find_root_name()]
    data: bytes = module.__spec__.loader.get_data(
        os.path.join(os.path.dirname(module.__file__), name)
    )
    return data


class SourceModule:
    """A module's text, taken apart: what it imports, what it offers, and the `body` that remains.

    `imports` are the standard library's names as (module, name or "", name here), `offers` the
    names that it takes from other modules for its users, as (name here, name there), `missing` the
    function that answers for names it has not.
    """

    def __init__(self, name: str, text: str, chosen: Collection[str]) -> None:
        import ast

        self.name, self.missing = name, ""
        self._chosen = frozenset(chosen)
        self._package = name if name in _PACKAGES else name.rpartition(".")[0]
        self.imports: list[tuple[str, str, str]] = []
        self.offers: dict[str, str] = {}
        self._lines = text.splitlines()
        self._drops: dict[int, list[str]] = {}
        tree = ast.parse(text)
        self.docstring = ast.get_docstring(tree) or ""
        self._drop(tree.body[0])
        for node in tree.body[1:]:
            self._read_top_level(node)
        for owner in ast.walk(tree):
            for field in ("body", "orelse", "finalbody"):
                block = getattr(owner, field, None)
                if isinstance(block, list):
                    self._drop_own_imports(block, is_top=owner is tree)
        self.body = self._join_what_remains()
        self.banner = _write_banner(name, self.docstring)
        # Such a module answers with its own names, and has a word for others.
        self.is_list = not self.body or bool(self.missing)
        if self.missing and name not in _PACKAGES:
            own = [getattr(node, "name", "") for node in tree.body]
            own += [
                target.id
                for node in tree.body
                for target in (*getattr(node, "targets", ()), getattr(node, "target", None))
                if isinstance(target, ast.Name)
            ]
            hidden = ("", "__getattr__", "__all__", "TYPE_CHECKING")
            self.offers.update({word: word for word in own if word not in hidden})

    def _read_top_level(self, node: ast.stmt) -> None:
        import ast

        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            # A package's fallback for names it has not: the function that it imports.
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom) and self._is_chosen(inner):
                    self.missing = inner.names[0].name
            self._drop(node)
            return
        value = getattr(node, "value", None)
        if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "import_later":
            self._read_later_names(ast.literal_eval(value.args[1]))
            self._drop(node)
            return
        if isinstance(node, ast.Import):
            self.imports += [(alias.name, "", alias.asname or alias.name) for alias in node.names]
            self._drop(node)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            if module != "__future__":
                names = [(alias.name, alias.asname or alias.name) for alias in node.names]
                self.imports += [(module, name, here) for name, here in names]
            self._drop(node)
        elif isinstance(node, ast.ImportFrom):
            self.offers.update({alias.asname or alias.name: alias.name for alias in node.names})
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            target = node.targets[0].id
            if target == "__getattr__" and isinstance(node.value, ast.Name):
                self.missing = node.value.id
            if target in ("__getattr__", "__all__", "TYPE_CHECKING"):
                self._drop(node)

    def _read_later_names(self, table: str) -> None:
        """Take over the names of an `import_later` table whose modules are chosen."""
        for line in table.strip().splitlines():
            module, _, offered = line.partition(":")
            path = f"{self._package}.{module.strip()}".lstrip(".")
            for word in offered.split() if path in self._chosen else ():
                name, _, there = word.partition("=")
                self.offers[name] = there or name

    def _target_of(self, node: ast.ImportFrom) -> str:
        """Return the module of the package that a relative import is from."""
        folders = self._package.split(".") if self._package else []
        folders = folders[: len(folders) - (node.level - 1)]
        return ".".join([*folders, *filter(None, [node.module])])

    def _is_chosen(self, node: ast.ImportFrom) -> bool:
        return self._target_of(node) in self._chosen

    def _drop_own_imports(self, block: list[ast.stmt], is_top: bool) -> None:
        """Drop the imports of other modules of the package from a block of statements."""
        import ast

        own = [node for node in block if isinstance(node, ast.ImportFrom) and node.level]
        for node in own:
            indent = " " * node.col_offset
            renamed = [a for a in node.names if a.asname and a.asname != a.name and not is_top]
            lines = [f"{indent}{alias.asname} = {alias.name}" for alias in renamed]
            if not is_top and not self._is_chosen(node):
                lines = [f'{indent}fail_for_left_out("{self._target_of(node)}")']
            if len(own) == len(block) and node is own[-1] and not is_top:
                lines = lines or [f"{indent}pass"]
            self._drop(node, lines)

    def _drop(self, node: ast.stmt, instead: list[str] | None = None) -> None:
        if node.lineno in self._drops:
            return
        last = node.end_lineno or node.lineno
        if node.col_offset and not instead and not "".join(self._lines[last : last + 1]).strip():
            # The blank line behind imports at the top of a function.
            last += 1
        for number in range(node.lineno, last + 1):
            self._drops.setdefault(number, [])
        if instead:
            self._drops[node.lineno] = instead

    def _join_what_remains(self) -> str:
        lines: list[str] = []
        for number, line in enumerate(self._lines, 1):
            lines += self._drops.get(number, [line])
        text = "\n".join(lines).strip("\n")
        text = text.replace("if TYPE_CHECKING:\n    pass\n", "").strip("\n")
        while "\n\n\n\n" in text:
            text = text.replace("\n\n\n\n", "\n\n\n")
        return text and text + "\n"


def _comment_out(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _write_banner(name: str, docstring: str) -> str:
    path = name.replace(".", "/")
    return f"{_RULE}\n# {path}\n#\n{_comment_out(docstring)}\n{_RULE}\n\n"


def _write_preface(package: SourceModule, licence: str) -> str:
    title, _, about = package.docstring.partition("\n\n")
    about = about.rpartition("\n\n")[0]
    version = package.body.split('"')[1]
    return _PREFACE.format(
        version=version,
        title=title.partition(": ")[2],
        about=about.strip(),
        licence=_comment_out(licence),
    )


def _write_imports(imports: set[tuple[str, str, str]]) -> str:
    """Return the imports that the file needs while it is loaded, each once."""
    plain = sorted(name for name, what, _ in imports if not what and name in _EARLY_MODULES)
    by_module: dict[str, list[str]] = {}
    for name, what, here in sorted(imports):
        if what:
            by_module.setdefault(name, []).append(what if what == here else f"{what} as {here}")
    lines = [f"import {name}" for name in plain]
    lines += [f"from {name} import {', '.join(names)}" for name, names in by_module.items()]
    return "\n".join(lines)


def _write_later_imports(imports: set[tuple[str, str, str]]) -> str:
    later = sorted(name for name, what, _ in imports if not what and name not in _EARLY_MODULES)
    return "\n".join(f'{name} = LaterModule("{name}", globals())' for name in later)


def _write_sections(modules: dict[str, SourceModule], is_program: bool) -> str:
    """Return the end of the file: what each section is called, and how it runs as a program."""
    own = [name for name, module in modules.items() if name and not module.is_list]
    lines = [_RULE, "# The names under which the sections can be imported.", _RULE, ""]
    lines += ["__getattr__ = open_sections(", "    globals(),", '    """', *_fill_words(own, 4)]
    lines += ['    """,', "    {"]
    for name, module in modules.items():
        if name and module.is_list:
            words = [
                name if name == there else f"{name}={there}"
                for name, there in module.offers.items()
            ]
            lines += [f'        "{name}": (', '            """', *_fill_words(words, 12)]
            lines += ['            """,', f'            "{module.missing}",', "        ),"]
    lines += ["    },", ")", '__all__ = """', *_fill_words(sorted(modules[""].offers), 4)]
    lines.append('""".split()')
    lines += ["", "if _RUN_AS_PROGRAM:"]
    lines += ["    main()"] if is_program else _NO_COMMAND_LINE
    return "\n".join(lines)


def _fill_words(words: Iterable[str], indent: int) -> Iterator[str]:
    line = " " * (indent - 1)
    for word in words:
        if len(line) + 1 + len(word) > _PAGE_WIDTH:
            yield line
            line = " " * (indent - 1)
        line += f" {word}"
    yield line


def write_one_file(path: str, scope: str = "") -> str:
    """Write the package as one file to *path*; return what there is to say of it.

    *scope* is that of `choose_modules`.
    """
    text = build_one_file(scope)
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise CommandFailed(
            f"{path!r} cannot be written: {error.strerror}; name another file with --output"
        ) from error
    size = f"{text.count(chr(10))} lines, {len(text.encode()) // 1000} KB"
    if scope == "desk":
        return f"wrote {path}, {size}; beside it, type: python -m {_name_module(path)} --help"
    return f"wrote {path}, {size}; beside it: from {_name_module(path)} import Microweb"


def _name_module(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]
