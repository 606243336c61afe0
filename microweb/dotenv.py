"""Reading ``.env`` files: lines of ``NAME=value`` for the environment, without a dependency.

What a line may look like::

    # a comment
    SECRET_KEY=0123abcd              # a comment after a space
    export GREETING="Hello\\tAda"     # \\n \\t \\r \\" \\\\ are understood between double quotes
    PATTERN='taken as it is: $HOME "x" \\n'

Nothing is evaluated: no variable, no command. A variable that is set already is left alone.
"""

from __future__ import annotations

import os

from .config import is_true_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DOTENV_FILES = (".env", ".microwebenv", ".flaskenv")
MAX_DOTENV_SIZE = 1_000_000
_DOTENV_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def parse_dotenv(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a ``.env`` file's text; ValueError with the line that is none.

    >>> list(parse_dotenv("A=1\\nexport B='two words'  # why\\n"))
    [('A', '1'), ('B', 'two words')]
    """
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r")
        if not line or line[0] == "#":
            continue
        name, found, value = line.partition("=")
        name = name.strip(" \t")
        if name.startswith(("export ", "export\t")):
            name = name[7:].strip(" \t")
        if not found or not name or not name.replace("_", "a").isalnum() or name[0].isdigit():
            raise ValueError(f"line {number} is not NAME=value: {line!r:.60}")
        yield name, _read_value(value.lstrip(" \t"), number)


def _read_value(text: str, number: int) -> str:
    """Return the value of a line without its quotes and without a comment after it."""
    quote = text[:1]
    if quote not in ("'", '"'):
        # A comment begins with a space: "pass#word" has none.
        if text[:1] == "#":
            return ""
        for mark in (" #", "\t#"):
            text = text.partition(mark)[0]
        return text.rstrip(" \t")
    letters: list[str] = []
    position = 1
    while position < len(text) and text[position] != quote:
        letter = text[position]
        position += 1
        if quote == '"' and letter == "\\" and position < len(text):
            following = text[position]
            letter = _DOTENV_ESCAPES.get(following, f"\\{following}")
            position += 1
        letters.append(letter)
    if position >= len(text):
        raise ValueError(f"line {number}: the quote {quote} is not closed")
    rest = text[position + 1 :].strip(" \t")
    if rest and rest[0] != "#":
        raise ValueError(f"line {number}: {rest!r:.40} stands after the closing quote")
    return "".join(letters)


def _decode_text(data: bytes) -> str:
    """Return the text of a file, whose beginning may say that it is UTF-8, as editors of Windows
    write it; ValueError for text in another encoding."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError("it is written as UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        raise ValueError("it holds a NUL character; save it as UTF-8 text")
    return text.replace("\r\n", "\n")


def load_dotenv(path: str | os.PathLike[str] | None = None, load_defaults: bool = True) -> bool:
    """Set the environment variables that a ``.env`` file names and that are not set; return whether
    a file was found.

    Without *path* ``.env``, ``.microwebenv`` and ``.flaskenv`` of the current folder are read, the
    first winning; none of them with *load_defaults* False, or while MICROWEB_SKIP_DOTENV or
    FLASK_SKIP_DOTENV says so.
    FileNotFoundError for a *path* that is no file; ValueError, with the file and
    the line, for one that cannot be understood or is larger than a megabyte.

    >>> load_dotenv("/no/such/file")
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no file '/no/such/file' to read environment variables from
    """
    if path is not None and not os.path.isfile(path):
        raise FileNotFoundError(
            f"there is no file {os.fspath(path)!r} to read environment variables from"
        )
    skipped = os.environ.get("MICROWEB_SKIP_DOTENV") or os.environ.get("FLASK_SKIP_DOTENV") or ""
    if path is None and (is_true_word(skipped) or not load_defaults):
        return False
    found = [name for name in DOTENV_FILES if os.path.isfile(name)] if path is None else [path]
    for name in found:
        if os.path.getsize(name) > MAX_DOTENV_SIZE:
            raise ValueError(f"{os.fspath(name)!r} is larger than {MAX_DOTENV_SIZE} bytes")
        try:
            with open(name, "rb") as file:
                pairs = list(parse_dotenv(_decode_text(file.read())))
        except ValueError as error:
            raise ValueError(f"{os.fspath(name)!r}: {error}") from None
        for key, value in pairs:
            os.environ.setdefault(key, value)
    return bool(found)
