"""The page for an exception that reaches the server: read-only, and for this machine alone.

It reads frames, source lines and values, masks what looks secret and cuts what is long; it offers
no console and runs nothing that was sent to it. Who is not on this machine gets what production
would give. What only the application knows, such as its routes, the application adds to the page
that it finds in the environ under `DEBUG_PAGE_KEY`.
"""

from __future__ import annotations

import os
import re
import sys

from ..ctx import DEBUG_PAGE_KEY
from ..serving.body import BodyBroken
from ..text.nearest import near_names
from ..text.tracebacks import format_traceback_safely
from .page import (
    SECRET_MASK,
    CodeBlock,
    FoldBlock,
    SourceBlock,
    TableBlock,
    TeachingPage,
    TextBlock,
    is_secret_name,
    mask_secret_pairs,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any, Optional

    # A frame of a traceback: the frame, its line, and the columns at fault if they are known.
    TracedFrame = tuple[FrameType, int, Optional[tuple[int, int]]]

_ROOT_MODULE = __name__.rpartition(".dev.")[0] or __name__
# Hosts that name this machine: a page of another host whose name resolves to this machine
# (DNS rebinding) could otherwise read the source through a visitor's browser.
_LOCAL_HOST_RE = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE
)
_PROXY_FIELDS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_VIA",
    "HTTP_CF_",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_X_CLIENT_IP",
    "HTTP_CLIENT_IP",
    "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_FASTLY_CLIENT_IP",
    "HTTP_FLY_CLIENT_IP",
    "HTTP_X_ORIGINAL_FOR",
    "HTTP_X_APPENGINE_USER_IP",
    "HTTP_X_AZURE_CLIENTIP",
    "HTTP_CDN_LOOP",
)
# Compiled templates keep their variables in names such as l_user and l1_item.
_TEMPLATE_VARIABLE_RE = re.compile(r"l_?[0-9]*_(?:[0-9]+_)?(.+)")
_LIBRARY_FOLDERS = (os.path.dirname(os.__file__), "<frozen ")
_MAX_VALUE, _MAX_ITEMS, _MAX_NAMES, _MAX_FRAMES, _MAX_ERRORS = 400, 20, 40, 40, 12
_LINES_AROUND = 4
_WALKED_BRACKETS: dict[type, tuple[str, str]] = {
    dict: ("{", "}"),
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("set({", "})"),
    frozenset: ("frozenset({", "})"),
}


class DebuggedApplication:
    """Wraps a WSGI application: exceptions that escape from it become a page that explains them.

    HTML, JSON or plain text, as the client accepts. Only clients on this machine that came without
    a proxy, by a name of this machine, see it; for others the server answers 500 as ever.

    >>> from microweb.dev.debug import DebuggedApplication
    >>> def app(environ, start_response):
    ...     raise ValueError("no such thing")
    >>> environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT": "text/html"}
    >>> page = DebuggedApplication(app)(environ, lambda status, headers, exc_info: print(status))
    >>> b"<title>ValueError: no such thing</title>" in b"".join(page)
    500 Internal Server Error
    True
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        """Call the application (PEP 3333)."""
        page = TeachingPage() if is_local_request(environ) else None
        if page is not None:
            environ[DEBUG_PAGE_KEY] = page

        def answer(error: Exception) -> bytes | None:
            # A body that broke off is the client's affair, which the server settles.
            if page is None or isinstance(error, BodyBroken):
                return None
            # If the head is gone already, start_response raises the exception again.
            return _answer_with_traceback(error, page, environ, start_response)

        return _run_guarded(self.app, environ, start_response, answer)


def stop_in_debugger(application: Any) -> Callable[..., Iterator[bytes]]:
    """Wrap a WSGI application: an exception opens ``pdb`` in the terminal, then goes on its way.

    For ``run --pdb``. The terminal belongs to one request at a time; others wait for it.

    >>> stopping = stop_in_debugger(lambda environ, start_response: [b"fine"])
    >>> list(stopping({}, print))
    [b'fine']
    """
    from threading import Lock

    terminal = Lock()

    def stop(error: Exception) -> None:
        from pdb import post_mortem

        with terminal:
            print(format_traceback_safely(error), file=sys.stderr)
            post_mortem(error.__traceback__)

    return lambda environ, start_response: _run_guarded(application, environ, start_response, stop)


def _run_guarded(
    application: Any,
    environ: dict[str, Any],
    start_response: Any,
    answer: Callable[[Exception], bytes | None],
) -> Iterator[bytes]:
    """Yield the body that an application returns; then what *answer* makes of its exception, which
    goes on its way if that is None."""
    result: Any = ()
    try:
        result = application(environ, start_response)
        yield from result
    except Exception as error:
        body = answer(error)
        if body is None:
            raise
        yield body
    finally:
        if hasattr(result, "close"):
            result.close()


def is_local_request(environ: dict[str, Any]) -> bool:
    """Return whether a request came from this machine, without a proxy, by a name of it, and not
    from a script of another site."""
    address, host = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_HOST", "localhost")
    local = address == "::1" or address.startswith(("127.", "::ffff:127."))
    proxied = any(name.startswith(_PROXY_FIELDS) for name in environ)
    # Fetch Metadata: an app that allows any origin by CORS does not mean these pages.
    foreign = environ.get("HTTP_SEC_FETCH_SITE") == "cross-site"
    foreign = foreign and environ.get("HTTP_SEC_FETCH_MODE") != "navigate"
    return local and not proxied and not foreign and _LOCAL_HOST_RE.fullmatch(host) is not None


def _answer_with_traceback(
    error: Exception, page: TeachingPage, environ: dict[str, Any], start_response: Any
) -> bytes:
    """Answer with the page about *error*, in the form that the client accepts."""
    traceback = format_traceback_safely(error)
    if "wsgi.errors" in environ:
        environ["wsgi.errors"].write(traceback)
    accept = environ.get("HTTP_ACCEPT", "")
    spare = TeachingPage(secrets=page.secrets)
    try:
        if page.subject is not error:
            page = TeachingPage(secrets=page.secrets)
            describe_exception(error, page)
        describe_request(environ, page)
        headers, data = page.answer(accept)
    except Exception:
        # Nothing that a program holds may take away what there is to say about it.
        page, spare.title = spare, type(error).__name__
        page.add("Traceback", CodeBlock(traceback))
        headers, data = page.answer(accept)
    start_response(f"{page.code} {page.name}", headers, sys.exc_info())
    return b"" if environ.get("REQUEST_METHOD") == "HEAD" else data


def describe_exception(error: BaseException, page: TeachingPage) -> None:
    """Put title, message, frames, chain and likely fixes of *error* on *page*."""
    name, message = type(error).__name__, exception_message(error)
    page.subject = error
    page.title = name
    if not page.description:
        first, _, rest = message.partition("\n")
        page.title = f"{name}: {first[:200]}" if first else name
        page.description = message if rest or len(first) > 200 else ""
    seen: set[int] = set()
    heading: str | None = "Traceback"
    current: BaseException | None = error
    while current is not None and heading is not None and len(seen) < _MAX_ERRORS:
        seen.add(id(current))
        _add_one_exception(current, heading, page, seen)
        heading = None
        cause, context = current.__cause__, current.__context__
        if cause is not None and id(cause) not in seen:
            current, heading = cause, "It was caused by"
        elif context is not None and id(context) not in seen:
            hidden = current.__suppress_context__
            heading = "Hidden by from None" if hidden else "It happened while handling"
            current = context
    fix = _find_likely_fix(error)
    if fix and not page.fixes:
        page.add_fix(fix)


def exception_message(error: BaseException) -> str:
    """Return the text of an exception, whatever its ``__str__`` does, cut where it is endless."""
    try:
        text = str(error)
    except Exception as failure:
        return f"(its text cannot be shown: __str__ raises {type(failure).__name__})"
    return text if len(text) <= 2000 else f"{text[:2000]}... ({len(text)} characters)"


def _add_one_exception(
    error: BaseException, heading: str, page: TeachingPage, seen: set[int]
) -> None:
    """Add the section of one exception of a chain, and of what it groups."""
    blocks: list[Any] = []
    if heading != "Traceback":
        heading = f"{heading}: {type(error).__name__}"
        blocks.append(TextBlock(exception_message(error)))
    notes = getattr(error, "__notes__", None)
    notes = notes[:_MAX_ITEMS] if isinstance(notes, list) else ()
    blocks += [TextBlock(f"Note: {note[:500]}") for note in notes if isinstance(note, str)]
    blocks += _syntax_error_blocks(error)
    blocks += _frame_blocks(error, page)
    page.add(heading, *blocks)
    grouped = getattr(error, "exceptions", None)
    for number, part in enumerate(grouped if isinstance(grouped, tuple) else (), 1):
        if isinstance(part, BaseException) and id(part) not in seen and len(seen) < _MAX_ERRORS:
            seen.add(id(part))
            _add_one_exception(part, f"Number {number} of its group", page, seen)


def _syntax_error_blocks(error: BaseException) -> list[Any]:
    """Return the line that Python could not read, with the place in it."""
    if not isinstance(error, SyntaxError) or not isinstance(error.lineno, int):
        return []
    offset = error.offset if isinstance(error.offset, int) else 0
    end = getattr(error, "end_offset", None)
    same_line = getattr(error, "end_lineno", None) in (None, error.lineno)
    stop = end - 1 if isinstance(end, int) and end > offset and same_line else offset
    columns = (offset - 1, stop) if offset > 0 else None
    lines, first = lines_around(str(error.filename), error.lineno)
    if not lines and isinstance(error.text, str):
        lines, first = [error.text], error.lineno
    place = TextBlock(f"In `{error.filename}`, line {error.lineno}:")
    return [place, SourceBlock(lines, first, error.lineno, columns)] if lines else [place]


def lines_around(
    filename: str, number: int, names: dict[str, Any] | None = None
) -> tuple[list[str], int]:
    """Return the lines of a source around line *number*, and the number of the first.

    *names* are the globals of the code, whose ``__loader__`` may know the text (PEP 302).
    """
    from linecache import checkcache, getlines

    try:
        checkcache(filename)
        lines = getlines(filename, names)
    except Exception:
        lines = []
    first = max(1, number - _LINES_AROUND)
    found = lines[first - 1 : number + _LINES_AROUND] if number <= len(lines) else []
    return found, first


def trace_frames(error: BaseException) -> list[TracedFrame]:
    """Return the frames that an exception passed, the outermost first."""
    found = []
    traceback = error.__traceback__
    while traceback is not None:
        frame, line = traceback.tb_frame, traceback.tb_lineno or 0
        found.append((frame, line, _columns_at_fault(frame, line, traceback.tb_lasti)))
        traceback = traceback.tb_next
    return found


def _columns_at_fault(frame: FrameType, line: int, offset: int) -> tuple[int, int] | None:
    """Return where in its line an instruction stands (PEP 657), if Python knows it."""
    code = frame.f_code
    # A template's code is not the text of its lines.
    if not hasattr(code, "co_positions") or not code.co_filename.endswith(".py"):
        return None
    from itertools import islice
    from linecache import getline

    place = next(islice(code.co_positions(), max(offset, 0) // 2, None), (None,) * 4)
    start_line, end_line, start, end = place
    if start_line != line or end_line != line or start is None or end is None:
        return None
    text = getline(code.co_filename, line)
    if text.strip() == text[start:end]:
        return None
    # The columns count bytes of UTF-8.
    data = text.encode("utf-8", "replace")
    return len(data[:start].decode("utf-8", "replace")), len(data[:end].decode("utf-8", "replace"))


def kind_of_frame(frame: FrameType) -> str:
    """Return whose code a frame runs: ``"app"``, ``"template"``, ``"framework"``, ``"library"``."""
    filename, module = frame.f_code.co_filename, frame.f_globals.get("__name__")
    if isinstance(module, str) and (
        module == _ROOT_MODULE or module.startswith(_ROOT_MODULE + ".")
    ):
        return "framework"
    if module is None and not filename.endswith(".py"):
        return "template"
    parts = filename.replace("\\", "/").split("/")
    if "site-packages" in parts or "dist-packages" in parts:
        return "library"
    return "library" if filename.startswith(_LIBRARY_FOLDERS) else "app"


def _frame_blocks(error: BaseException, page: TeachingPage) -> list[TextBlock]:
    """Return the frames of *error*: those of the application open, the others in folded groups."""
    frames = trace_frames(error)
    left_out = range(0)
    if len(frames) > _MAX_FRAMES:
        left_out = range(_MAX_FRAMES // 2, len(frames) - _MAX_FRAMES // 2)
    kinds = [kind_of_frame(frame) for frame, _, _ in frames]
    own = [index for index, kind in enumerate(kinds) if kind in ("app", "template")]
    blocks: list[TextBlock] = []
    group: list[FoldBlock] = []
    for index, traced in enumerate(frames):
        if index in left_out:
            if index == left_out.start:
                blocks.append(TextBlock(f"... {len(left_out)} frames are left out here ..."))
            continue
        # Of a long way, only its end is open.
        is_open = index in own[-6:]
        block = _describe_frame(traced, kinds[index], is_open, page)
        if index in own:
            blocks.append(block)
            continue
        group.append(block)
        if index + 1 == len(frames) or index + 1 in own or index + 1 in left_out:
            text = f"{len(group)} frames of the framework and of libraries, up to: {block.summary}"
            blocks.append(FoldBlock(text, group, kind="frame") if len(group) > 1 else block)
            group = []
    return blocks


def _describe_frame(traced: TracedFrame, kind: str, is_open: bool, page: TeachingPage) -> FoldBlock:
    frame, line, columns = traced
    filename, name = frame.f_code.co_filename, frame.f_code.co_name
    lines, first = lines_around(filename, line, frame.f_globals)
    blocks: list[Any] = [TextBlock("(its source is not at hand)")]
    if lines:
        blocks = [SourceBlock(lines, first, line, columns)]
    values = _describe_variables(frame, kind, page)
    if values:
        blocks.append(TableBlock(values))
    where = "in the template" if kind == "template" else f"in {name}"
    marked = "frame own" if kind in ("app", "template") else "frame"
    return FoldBlock(f'File "{filename}", line {line}, {where}', blocks, is_open, marked)


def _describe_variables(frame: FrameType, kind: str, page: TeachingPage) -> list[tuple[str, str]]:
    """Return the names and described values of a frame's local variables."""
    try:
        variables = dict(frame.f_locals)
    except Exception:
        return []
    module_type = type(sys)
    found: list[tuple[str, str]] = []
    for name, value in variables.items():
        if kind == "template":
            match = _TEMPLATE_VARIABLE_RE.fullmatch(name)
            name = match[1] if match else "."
        if name.startswith(("__", ".")) or type(value) is module_type:
            continue
        if len(found) == _MAX_NAMES:
            found.append(("...", f"{len(variables) - _MAX_NAMES} names more"))
            break
        if is_secret_name(name) and value is not None and type(value) is not bool:
            found.append((name, SECRET_MASK))
        else:
            found.append((name, describe_value(value, page.clean)))
    return found


def describe_value(value: object, clean: Callable[[str], str] = str) -> str:
    """Return the ``repr`` of any object at all: cut, without secrets, whatever its methods do.

    >>> describe_value({"user": "ada", "password": "x"})
    "{'user': 'ada', 'password': ********}"
    >>> describe_value("a" * 1000)[-25:]
    'aaaa... (1000 characters)'
    """
    try:
        text, size = _bounded_repr(value, 3)
        # Cleaned while it is longer than what is shown: no secret is cut in two.
        text = mask_secret_pairs(clean(text[: 2 * _MAX_VALUE]))
    except BaseException as failure:
        # Even SystemExit: a value ends neither the page nor the server.
        return f"<{type(value).__name__}, whose repr raises {type(failure).__name__}>"
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}... {size}".rstrip()


def _bounded_repr(value: Any, depth: int) -> tuple[str, str]:
    """Return the repr of *value*, and its size in words if it may be cut; containers and texts are
    not walked to their end."""
    kind, room = type(value), 2 * _MAX_VALUE
    if kind in (str, bytes, bytearray):
        unit = "characters" if kind is str else "bytes"
        return repr(value[:room])[:room], f"({len(value)} {unit})"
    if kind is int and value.bit_length() > 10_000:
        return f"<int of {value.bit_length()} bits>", ""
    is_dict = issubclass(kind, dict)
    if not is_dict and kind not in _WALKED_BRACKETS:
        return str(repr(value))[:room], ""
    if depth == 0:
        return f"<{kind.__name__} of {len(value)}>", ""
    from itertools import islice

    items = []
    for item in islice(dict.items(value) if is_dict else value, _MAX_ITEMS):
        if is_dict:
            items.append(f"{_item_repr(item[0], 1)}: {_item_repr(item[1], depth - 1)}")
        else:
            items.append(_item_repr(item, depth - 1))
    if len(value) > _MAX_ITEMS:
        items.append(f"... {len(value)} in all")
    start, end = _WALKED_BRACKETS.get(kind, (kind.__name__ + "({", "})"))
    return start + ", ".join(items) + end, ""


def _item_repr(item: object, depth: int) -> str:
    """Return the repr of something inside a container, which fails or is cut alone."""
    try:
        text = _bounded_repr(item, depth)[0]
    except Exception:
        return f"<{type(item).__name__}>"
    return text if len(text) <= 120 else text[:120] + "..."


def describe_request(environ: dict[str, Any], page: TeachingPage) -> None:
    """Put the request as it was received on *page*, with secrets masked."""
    line = f"{environ.get('REQUEST_METHOD', '')} {environ.get('SCRIPT_NAME', '')}"
    line += environ.get("PATH_INFO", "")
    if environ.get("QUERY_STRING"):
        line += f"?{environ['QUERY_STRING']}"
    line = mask_secret_pairs(line[:2000].encode("latin-1", "replace").decode("utf-8", "replace"))
    rows = []
    for key, value in environ.items():
        if key.startswith("HTTP_") or (key in ("CONTENT_TYPE", "CONTENT_LENGTH") and value):
            name = key.replace("HTTP_", "", 1).replace("_", "-").title()
            rows.append((name, _mask_header(name, str(value))))
    headers = FoldBlock(f"{len(rows)} header fields", [TableBlock(rows)])
    page.add("The request", CodeBlock(line), headers)


def _mask_header(name: str, value: str) -> str:
    """Return the value of a header field as it may be shown: of cookies the names, of credentials
    the scheme."""
    if name == "Cookie":
        names = [part.partition("=") for part in value.split(";")[:_MAX_ITEMS]]
        return ";".join(f"{n}={SECRET_MASK}" if mark else SECRET_MASK for n, mark, _ in names)
    if is_secret_name(name):
        scheme, space, _ = value.partition(" ")
        return f"{scheme} {SECRET_MASK}" if space else SECRET_MASK
    return mask_secret_pairs(value[:_MAX_VALUE])


def _find_likely_fix(error: BaseException) -> str:
    """Return what most likely helps against *error*, where that is known, else an empty text."""
    frames = [traced[0] for traced in trace_frames(error) if kind_of_frame(traced[0]) == "app"]
    try:
        return _fix_for(error, frames[-1] if frames else None)
    except Exception:
        # A guess is not worth a page.
        return ""


def _fix_for(error: BaseException, frame: FrameType | None) -> str:
    quoted = re.search("'([^']{1,100})'", exception_message(error))
    name = getattr(error, "name", None) or (quoted[1] if quoted else "")
    if isinstance(error, UnboundLocalError):
        return (
            f"`{name}` is assigned somewhere in this function, so it is a variable of it. Give it "
            f"a value before this line, or write `global {name}` at the top of the function."
        )
    near: list[str] = []
    if isinstance(error, NameError) and frame is not None:
        import builtins
        from keyword import kwlist

        known = {*kwlist, *vars(builtins), *frame.f_globals, *frame.f_locals}
        near = near_names(name, sorted(known), 0.7)
        if not near and name in getattr(sys, "stdlib_module_names", ()):
            return f"`import {name}` at the top of the file: it is a module of Python's."
    elif isinstance(error, ModuleNotFoundError):
        return (
            f"Check the spelling of `{name}`. A file of yours has to stand beside the one that is "
            f"run; a library has to be installed for this Python: `{sys.executable} -m pip install "
            f"{name.partition('.')[0]}`."
        )
    elif isinstance(error, AttributeError):
        near = near_names(name, dir(getattr(error, "obj", None)), 0.7)
        if getattr(error, "obj", error) is None:
            return f"The value is None where one with `{name}` was expected: see what made it None."
    elif type(error) is KeyError and frame is not None:
        for variable, value in frame.f_locals.items():
            keys = near_names(error.args[0], value, 0.7) if type(value) is dict else ()
            if keys:
                return f"The dict `{variable}` has the key `{keys[0]!r}`."
    return f"Did you mean {' or '.join(f'`{n}`' for n in near)}?" if near else ""
