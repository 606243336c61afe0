"""The laws of the house: one reading order, separate parts, a core that stands alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import microweb
from microweb.dev.order import CORE_MODULES, READING_ORDER

from .support import needs_package

PACKAGE = Path(microweb.__file__).parent
PARTS = ("http", "routing", "templating", "serving")
# What a person runs or looks at, what only old programs use, and what Flask leaves to extensions.
OUTER_ROOMS = ("dev", "compat", "ext", "demo")
# The most that a reader of the core has to read, docstrings and comments included; and the package
# without the manual and the demo.
MAX_CORE_LINES = 16_500
MAX_PACKAGE_LINES = 33_300
MAX_FUNCTION_LINES = 60
# What does not count: the example, and what few programs are given.
OUTSIDE = ("demo", "compat", "ext")


def path_of(name: str) -> Path:
    path = PACKAGE.joinpath(*name.split(".")) if name else PACKAGE
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def name_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    parts = (
        relative.parent.parts if relative.name == "__init__.py" else relative.with_suffix("").parts
    )
    return ".".join(parts)


MODULES = {name_of(path): ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


def target_of(name: str, node: ast.ImportFrom) -> str:
    """Return the module that a relative import in *name* is from."""
    package = name if path_of(name).name == "__init__.py" else name.rpartition(".")[0]
    base = package.split(".") if package else []
    base = base[: len(base) - (node.level - 1)]
    return ".".join([*base, *filter(None, [node.module])])


def imports_of(name: str) -> list[tuple[ast.ImportFrom, str]]:
    """Return the intra-package imports of a module outside `TYPE_CHECKING`, resolved."""
    found = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            return
        if isinstance(node, ast.ImportFrom) and node.level:
            found.append((node, target_of(name, node)))
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(MODULES[name])
    return found


def test_the_reading_order_names_every_module_once():
    assert sorted(READING_ORDER) == sorted(set(MODULES))


@pytest.mark.parametrize("name", READING_ORDER)
def test_a_module_imports_at_its_top_only_from_modules_above_it(name):
    position = READING_ORDER.index(name)
    for node, target in imports_of(name):
        if node in MODULES[name].body:
            assert READING_ORDER.index(target) < position, f"{name} imports {target}"


@pytest.mark.parametrize("name", READING_ORDER)
def test_names_are_imported_never_modules_and_always_relatively(name):
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "microweb" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] != "microweb"
    for node, target in imports_of(name):
        for alias in node.names:
            assert alias.name != "*"
            assert f"{target}.{alias.name}".lstrip(".") not in MODULES, f"{name}: {alias.name}"


def test_the_ground_floor_imports_nothing_of_the_package():
    for name in MODULES:
        if name.partition(".")[0] == "text":
            for _, target in imports_of(name):
                assert target.partition(".")[0] == "text", f"{name} imports {target}"


@pytest.mark.parametrize("part", PARTS)
def test_the_four_parts_know_the_ground_floor_and_not_one_another(part):
    for name in MODULES:
        if name.partition(".")[0] == part:
            for _, target in imports_of(name):
                assert target.partition(".")[0] in (part, "text"), f"{name} imports {target}"


def annotated_imports_of(name: str) -> set[str]:
    """Return what a module imports at its top, for annotations too."""
    found = set()
    for node in MODULES[name].body:
        guarded = isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in node.body if guarded else [node]:
            if isinstance(inner, ast.ImportFrom) and inner.level:
                found.add(target_of(name, inner))
    return found


@pytest.mark.parametrize("part", ["text", *PARTS])
def test_there_is_no_circle_in_a_part_annotations_included(part):
    inside = [name for name in MODULES if name.partition(".")[0] == part]
    left = {name: {t for t in annotated_imports_of(name) if t in inside} for name in inside}
    while left:
        free = [name for name, targets in left.items() if not targets & set(left)]
        assert free, f"these import one another: {sorted(left)}"
        for name in free:
            del left[name]


def test_only_the_app_names_the_app():
    for name, tree in MODULES.items():
        if name.partition(".")[0] in ("text", *PARTS):
            for node in ast.walk(tree):
                assert getattr(node, "id", "") != "Microweb", name
                assert getattr(node, "attr", "") != "Microweb", name


def later_names_of(package: str) -> set[str]:
    """Return the names that a package imports only when they are used, by `import_later`."""
    names = set()
    for node in ast.walk(MODULES.get(package, ast.Module([], []))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_later":
            for line in ast.literal_eval(node.args[1]).strip().splitlines():
                names |= {word.partition("=")[0] for word in line.partition(":")[2].split()}
    return names


@pytest.mark.parametrize("name", CORE_MODULES)
def test_the_core_imports_at_its_top_from_the_core_alone(name):
    for node, target in imports_of(name):
        if node in MODULES[name].body:
            assert target in CORE_MODULES, f"{name} imports {target}"
            later = {alias.name for alias in node.names} & later_names_of(target)
            assert not later, f"{name} imports {later}, which stand outside of the core"


@pytest.mark.parametrize("room", OUTER_ROOMS)
def test_the_outer_rooms_are_imported_only_when_they_are_used(room):
    for name in MODULES:
        if name.partition(".")[0] != room and name != "__main__":
            for node, target in imports_of(name):
                if node in MODULES[name].body:
                    assert target.partition(".")[0] != room, f"{name} imports {target}"


def count_lines(names) -> int:
    return sum(path_of(name).read_text("utf-8").count("\n") for name in names)


@needs_package
def test_the_core_and_the_package_stay_small():
    assert count_lines(CORE_MODULES) <= MAX_CORE_LINES
    rest = [name for name in MODULES if name.partition(".")[0] not in OUTSIDE]
    assert count_lines(rest) <= MAX_PACKAGE_LINES


def module_level_names(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.For)):
            for name in ast.walk(node):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    names.add(name.id)
    return names - {"TYPE_CHECKING", "__version__", "__all__", "__getattr__"}


def test_module_level_names_are_unique_across_the_package():
    owner: dict[str, str] = {}
    for name in READING_ORDER:
        if name == "demo" or name.startswith("demo."):
            continue
        for defined in module_level_names(MODULES[name]):
            assert defined not in owner, f"{defined} stands in {owner.get(defined)} and in {name}"
            owner[defined] = name


def test_an_imported_name_means_the_same_everywhere():
    """In a single file all modules share their names."""
    meanings: dict[str, set[tuple[str, str]]] = {}
    for name in READING_ORDER:
        if name == "demo" or name.startswith("demo."):
            continue
        for node in MODULES[name].body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    meanings.setdefault(alias.asname or alias.name, set()).add((alias.name, ""))
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    meaning = node.module or "", alias.name
                    meanings.setdefault(alias.asname or alias.name, set()).add(meaning)
    assert not {name: found for name, found in meanings.items() if len(found) > 1}
    defined = set().union(*map(module_level_names, MODULES.values()))
    assert not (set(meanings) - {"annotations"}) & defined
    assert not set(meanings) & {name.partition(".")[0] for name in READING_ORDER}


@pytest.mark.parametrize("name", READING_ORDER)
def test_a_function_fits_a_screen(name):
    for node in ast.walk(MODULES[name]):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node):
                length -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            assert length <= MAX_FUNCTION_LINES, f"{name}.{node.name} has {length} lines"


@pytest.mark.parametrize("name", READING_ORDER)
def test_every_module_says_what_it_is_and_nothing_is_asserted(name):
    tree = MODULES[name]
    assert ast.get_docstring(tree), f"{name} has no docstring"
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert), f"{name}:{node.lineno} asserts"


def exported_names() -> set[str]:
    """Return what the package and its four parts offer to their users."""
    names = set()
    for name in ("", *PARTS):
        for node in MODULES[name].body:
            if isinstance(node, ast.ImportFrom) and node.level:
                names.update(alias.name for alias in node.names)
    return names


EXPORTED = exported_names()


@pytest.mark.parametrize("name", [name for name in READING_ORDER if not name.startswith("demo")])
def test_public_functions_and_classes_are_described(name):
    for node in MODULES[name].body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
            continue
        assert ast.get_docstring(node), f"{name}: {node.name} has no docstring"
        if not isinstance(node, ast.ClassDef) or node.name not in EXPORTED:
            continue
        for method in node.body:
            if not isinstance(method, ast.FunctionDef) or method.name.startswith("_"):
                continue
            decorators = {getattr(d, "attr", getattr(d, "id", "")) for d in method.decorator_list}
            # What text itself does is described by Python.
            if decorators & {"setter", "deleter", "overload"} or hasattr(str, method.name):
                continue
            assert ast.get_docstring(method), f"{name}: {node.name}.{method.name} has no docstring"


def test_the_public_names():
    later = later_names_of("")
    public = {name for name in vars(microweb) if not name.startswith("_")} | later
    public -= {"import_later", "TYPE_CHECKING"}
    modules = {name.partition(".")[0] for name in MODULES}
    expected = (
        "Blueprint Config Flask Microweb Request Response abort after_this_request current_app"
        " flash g get_flashed_messages has_app_context has_request_context jsonify make_response"
        " redirect render_template render_template_string request send_file send_from_directory"
        " session stream_template stream_template_string stream_with_context url_for"
        " appcontext_popped appcontext_pushed appcontext_tearing_down before_render_template"
        " copy_current_request_context get_template_attribute got_request_exception"
        " message_flashed request_finished request_started request_tearing_down template_rendered"
    )
    assert public - modules - {"annotations"} == set(expected.split())


@pytest.mark.parametrize("part", ["text", *PARTS, "json", "dev"])
def test_a_test_file_bears_the_name_of_a_module_or_of_a_subject(part):
    modules = [name.rpartition(".")[2] for name in MODULES if name.startswith(f"{part}.")]
    subjects = {"package", "language", "security"}
    for path in (Path(__file__).parent / part).glob("test_*.py"):
        name = path.stem[len("test_") :]
        assert name in subjects or any(name.startswith(module) for module in modules), path.name
