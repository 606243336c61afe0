"""Finding the app that a command line names.

``app.py``, ``module``, ``module:name``, ``module:factory()`` and ``module:factory("argument")``
are understood. A path is that file or package and no other, whatever modules bear its name; it may
lead into the zip that the program runs from. Every failure is an `AppNotLoaded` whose text is one
sentence for the person who typed the command.
"""

from __future__ import annotations

import os
import sys

from ..config import is_true_word
from ..text.archive import find_archive
from ..text.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType, TracebackType
    from typing import Any

APP_FILES = ("wsgi.py", "app.py")
APP_NAMES = ("app", "application")
FACTORY_NAMES = ("create_app", "make_app")
# Where it is set, programs that import flask are given microweb's names.
FLASK_VARIABLE = "MICROWEB_FLASK"


class CommandFailed(Exception):
    """A command could not do what it was asked to; the text says why, and what to type."""


class AppNotLoaded(CommandFailed):
    """No app could be loaded."""


def load_app(spec: str | None = None) -> Any:
    """Return the WSGI application that *spec* names.

    Without a spec the environment variables ``MICROWEB_APP`` and ``FLASK_APP`` are asked, then
    ``wsgi.py`` and ``app.py`` in the current folder. AppNotLoaded where there is none. Where
    ``MICROWEB_FLASK`` is set, the app may import ``flask``: see ``compat``.

    >>> load_app("no_such_module:app")
    Traceback (most recent call last):
        ...
    microweb.dev.loading.AppNotLoaded: there is no module 'no_such_module' to load the app from
    """
    spec = find_app_spec(spec)
    if is_true_word(os.environ.get(FLASK_VARIABLE, "")):
        _offer_flask_names()
    place, expression = split_app_spec(spec)
    if not all(place.strip().split(".")) and not _is_path(place):
        raise AppNotLoaded(
            f"{spec!r} names no module or file; write app.py, module:app or 'module:factory()'"
        )
    module = _import_place(place)
    if expression:
        return _evaluate_name(module, place, expression)
    return _find_app(module, place)


def _offer_flask_names() -> None:
    """Make Flask's names importable, unless they are; microweb wins where Flask is installed."""
    try:
        from ..compat import find_compat_owner, install
    except ImportError:
        raise AppNotLoaded(
            f"this copy of microweb came without compat, which --flask and {FLASK_VARIABLE} need; "
            f"run it from the whole package"
        ) from None
    if find_compat_owner() is None:
        try:
            install(prefer="microweb")
        except RuntimeError as error:
            raise AppNotLoaded(str(error)) from error


def find_app_spec(spec: str | None) -> str:
    """Return *spec*, or what the environment or the current folder says instead; AppNotLoaded.

    >>> find_app_spec("hello.py:app")
    'hello.py:app'
    """
    spec = spec or os.environ.get("MICROWEB_APP") or os.environ.get("FLASK_APP")
    spec = spec or next(filter(os.path.isfile, APP_FILES), None)
    if spec is None:
        raise AppNotLoaded(
            f"no app was named, and there is neither {' nor '.join(APP_FILES)} in "
            f"{os.getcwd()!r}; name it, as in: microweb run hello.py"
        )
    return spec


def split_app_spec(spec: str) -> tuple[str, str]:
    """Return the module or file of a spec, and the name or call after its colon.

    >>> split_app_spec("C:/web:1/app.py:make('a/b')")
    ('C:/web:1/app.py', "make('a/b')")
    """
    # The folders of a path may have colons, as a drive letter has one.
    path = spec.partition("(")[0]
    start = max(path.rfind("/"), path.rfind("\\")) + 1
    place, _, expression = spec[start:].partition(":")
    return spec[:start] + place, expression.strip()


def _is_path(place: str) -> bool:
    return place.endswith(".py") or os.sep in place or "/" in place


def _import_place(place: str) -> ModuleType:
    """Import a module by its name, or a file by its path."""
    path = None
    if _is_path(place):
        whole = os.path.abspath(place)
        places = (whole, f"{whole}.py", os.path.join(whole, "__init__.py"))
        path = next(filter(os.path.isfile, places), None)
        path = path or (whole if find_archive(whole) is not None else None)
        if path is None:
            raise AppNotLoaded(f"there is no file {place!r} to load the app from")
        folder, name = module_of_file(path)
    else:
        folder, name = os.getcwd(), place
    # First, as for `python app.py`. Under -P or -I last: nothing there hides Python's own modules.
    if getattr(sys.flags, "safe_path", sys.flags.isolated):
        sys.path += [folder] if folder not in sys.path else []
    elif sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
    try:
        # What lies in a zip is no file of its own.
        if path is not None and os.path.dirname(path) == folder and os.path.isdir(folder):
            return _import_file(path, name)
        module = _import_module(name)
    except AppNotLoaded:
        raise
    except SyntaxError as error:
        text = f": {error.text.strip()}" if error.text else ""
        raise AppNotLoaded(
            f"{place!r} is not valid Python: {error.msg} ({error.filename}:{error.lineno}){text}"
        ) from error
    except (Exception, SystemExit) as error:
        raise AppNotLoaded(_describe_failure(f"{place!r} cannot be imported", error)) from error
    if path is not None and not _is_module_of_file(module, path):
        raise AppNotLoaded(
            f"{place!r} cannot be imported: {name!r} is the name of another module, in "
            f"{getattr(module, '__file__', None)!r}; rename the package"
        )
    return module


def _import_module(name: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise AppNotLoaded(f"there is no module {name!r} to load the app from") from None
        raise


def _import_file(path: str, name: str) -> ModuleType:
    """Import a file that is in no package, as *name* or, if another file has that, a like one."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    # A dot would make it a part of a package that does not exist.
    name = name.replace(".", "_")
    while name in sys.modules:
        if _is_module_of_file(sys.modules[name], path):
            return sys.modules[name]
        name += "_"
    loader = SourceFileLoader(name, path)
    spec = spec_from_loader(name, loader)
    if spec is None:
        raise ImportError(f"no module can be made of {path!r}")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    # What the file put in its place, as an import statement would return it.
    return sys.modules[name]


def _is_module_of_file(module: ModuleType, path: str) -> bool:
    found = getattr(module, "__file__", None)
    if not isinstance(found, str):
        return False
    # In a zip, a module may have been loaded from its compiled form.
    found = found[:-1] if found.endswith(".pyc") else found
    return os.path.realpath(found) == os.path.realpath(path)


def module_of_file(path: str) -> tuple[str, str]:
    """Return the folder or zip to import a file from and its module name, packages included.

    >>> module_of_file("/srv/nowhere/app.py")
    ('/srv/nowhere', 'app')
    """
    archive = find_archive(path)
    if archive is not None:
        folder = os.path.abspath(archive.archive)
        parts = os.path.splitext(os.path.relpath(path, folder))[0].split(os.sep)
        return folder, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    folder, filename = os.path.split(path)
    parts = [filename[:-3] if filename.endswith(".py") else filename]
    if parts == ["__init__"]:
        parts = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    if any("." in part for part in parts):
        # No import statement can name it, so it is loaded as a file of no package.
        return os.path.dirname(path), os.path.splitext(filename)[0]
    return folder, ".".join(parts)


def users_traceback(error: BaseException) -> TracebackType | None:
    """Return the traceback of *error* from the first line of the user's own code on."""
    traceback = error.__traceback__
    while traceback is not None and _is_loaders_code(traceback):
        traceback = traceback.tb_next
    return traceback


def _is_loaders_code(traceback: TracebackType) -> bool:
    filename = traceback.tb_frame.f_code.co_filename
    own = users_traceback.__code__.co_filename
    return filename.startswith("<") or f"importlib{os.sep}" in filename or filename == own


def _describe_failure(what: str, error: BaseException) -> str:
    """Return *what*, the error, and the last line of the user's code that it came through."""
    traceback = users_traceback(error)
    place = ""
    while traceback is not None:
        if not _is_loaders_code(traceback):
            place = f" ({traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno})"
        traceback = traceback.tb_next
    return f"{what}: {type(error).__name__}: {error}{place}{_shadowing_hint()}"


def _shadowing_hint() -> str:
    """Name the module beside the app that Python has loaded instead of one of its own, if any."""
    for name in getattr(sys, "stdlib_module_names", ()):
        found = getattr(sys.modules.get(name), "__file__", None) or ""
        if found and os.path.dirname(found) in (sys.path[0], os.path.join(sys.path[0], name)):
            return f"; {found!r} hides Python's own module {name!r}: rename it"
    return ""


def _find_app(module: ModuleType, place: str) -> Any:
    """Return the app that a module has under a usual name, or the only one it has."""
    from ..app import Microweb

    for name in APP_NAMES:
        found = getattr(module, name, None)
        if callable(found):
            return found
    apps = [value for value in vars(module).values() if isinstance(value, Microweb)]
    if len(apps) == 1:
        return apps[0]
    if len(apps) > 1:
        names = sorted(n for n, value in vars(module).items() if isinstance(value, Microweb))
        raise AppNotLoaded(
            f"{place!r} has several apps: {', '.join(names)}; name one, as in {place}:{names[0]}"
        )
    for name in FACTORY_NAMES:
        factory = getattr(module, name, None)
        if callable(factory):
            return _call_factory(factory, place, name, [], {})
    raise AppNotLoaded(
        f"{place!r} has no app: looked for {', '.join(APP_NAMES)}, for any Microweb object, and "
        f"for {' and '.join(f'{name}()' for name in FACTORY_NAMES)}; name it, as in {place}:my_app"
    )


def _evaluate_name(module: ModuleType, place: str, expression: str) -> Any:
    """Return what ``name`` or ``name(arguments)`` means in a module; arguments are literals."""
    from ast import Call, Name, literal_eval, parse

    try:
        node = parse(expression, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        node = None
    call = node if isinstance(node, Call) else None
    name_node = call.func if call is not None else node
    if not isinstance(name_node, Name):
        raise AppNotLoaded(
            f"{expression!r} is neither a name nor the call of a factory; write {place}:app or "
            f"{place}:create_app()"
        )
    found = getattr(module, name_node.id, None)
    if found is None:
        names = [name for name in vars(module) if not name.startswith("_")]
        raise AppNotLoaded(
            f"{place!r} has no {name_node.id!r}{did_you_mean(name_node.id, names, '; did you')}"
        )
    if call is None:
        if not callable(found):
            raise AppNotLoaded(f"{place}:{name_node.id} is {found!r:.60}, not an app")
        if name_node.id in FACTORY_NAMES and _needs_no_argument(found):
            return _call_factory(found, place, name_node.id, [], {})
        return found
    try:
        args = [literal_eval(argument) for argument in call.args]
        kwargs = {item.arg or "": literal_eval(item.value) for item in call.keywords}
    except (ValueError, TypeError, RecursionError, MemoryError):
        # TypeError: a literal that cannot be, like {[]: 1}.
        raise AppNotLoaded(
            f"the arguments in {expression!r} must be literals: text, numbers, True, False, None"
        ) from None
    return _call_factory(found, place, name_node.id, args, kwargs)


def _needs_no_argument(function: Any) -> bool:
    from inspect import signature

    try:
        signature(function).bind()
    except (TypeError, ValueError):
        return False
    return True


def _call_factory(
    factory: Any, place: str, name: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    from inspect import signature

    call = f"{place}:{name}"
    if not callable(factory):
        raise AppNotLoaded(f"{call} is {factory!r:.60}, not a factory")
    try:
        signature(factory).bind(*args, **kwargs)
    except TypeError as error:
        raise AppNotLoaded(
            f"{call}{signature(factory)} cannot be called so: {error}; write its arguments, as in "
            f"'{call}(\"text\", 7)'"
        ) from None
    except ValueError:
        pass  # Made in C, without a signature: calling it tells.
    try:
        app = factory(*args, **kwargs)
    except (Exception, SystemExit) as error:
        raise AppNotLoaded(_describe_failure(f"{call}() failed", error)) from error
    if not callable(app):
        raise AppNotLoaded(f"{call}() returned {app!r:.60}, not an app")
    return app
