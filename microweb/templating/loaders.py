"""Where the text of templates comes from.

A loader turns a name into ``(source, filename, uptodate)``: the text, the path or None, and a
function that says whether the text is still current, or None where that is not known. Names are
parts joined by ``/`` on every system; what climbs out of its folder does not exist.
"""

from __future__ import annotations

import os

from ..text.archive import open_stored_file
from ..text.lazy import LaterMember
from .exceptions import TemplateNotFound, TemplateSyntaxError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Optional, Union

    LoadedSource = tuple[str, Optional[str], Optional[Callable[[], bool]]]
    FoundSource = Union[str, LoadedSource, None]


def split_template_path(name: str) -> list[str]:
    """Return the parts of a template's name, or raise TemplateNotFound if one is not harmless.

    >>> split_template_path("mail/welcome.txt")
    ['mail', 'welcome.txt']
    """
    parts = [part for part in name.split("/") if part != "."]
    for part in parts or [""]:
        separated = any(character in part for character in ("\\", "\0", os.sep, os.altsep or "\0"))
        if part in ("", "..") or separated or os.path.splitdrive(part)[0]:
            raise TemplateNotFound(name)
    return parts


class BaseLoader:
    """The base of all loaders; a loader of your own overrides `get_source`."""

    has_source_access = True

    def get_source(self, environment: Any, template: str) -> LoadedSource:
        """Return ``(source, filename, uptodate)`` or raise TemplateNotFound."""
        raise TemplateNotFound(template)

    def list_templates(self) -> list[str]:
        """Return the names of all templates, sorted; TypeError if the loader cannot know them."""
        raise TypeError(f"{type(self).__name__} cannot list its templates")


def _load_file_listing() -> type:
    from .extra.loaders import FileListing

    return FileListing


class FileSystemLoader(BaseLoader):
    """Templates in the folder *searchpath*, or in several, the first that has the name.

    A folder may lie in a zip that modules have been imported from, as that of a packed app.
    *encoding* is that of the files; *followlinks* says whether `list_templates` enters links.
    """

    list_templates = LaterMember(_load_file_listing)

    def __init__(
        self,
        searchpath: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        encoding: str = "utf-8",
        followlinks: bool = False,
    ) -> None:
        if isinstance(searchpath, (str, os.PathLike)):
            searchpath = [searchpath]
        self.searchpath = [os.fspath(path) for path in searchpath]
        self.encoding, self.followlinks = encoding, followlinks

    def get_source(self, environment: Any, template: str) -> LoadedSource:
        """Read the template from the first folder that has it."""
        parts = split_template_path(template)
        tried = [os.path.join(folder, *parts) for folder in self.searchpath]
        for path in tried:
            time = find_time_of_change(path)
            try:
                with open_stored_file(path) as file:
                    data = file.read()
                source = data.decode(self.encoding)
                return source, path, lambda p=path, t=time: find_time_of_change(p) == t
            except OSError:
                continue
            except UnicodeEncodeError:
                break
            except UnicodeDecodeError as error:
                line = data.count(b"\n", 0, error.start) + 1
                encoding = self.encoding.upper()
                message = f"the template is not {encoding} text: save it as {encoding}"
                raise TemplateSyntaxError(message, line, filename=path) from error
        raise TemplateNotFound(template, tried=tried)


def find_time_of_change(path: str) -> int | None:
    """Return when the file *path* was changed, None if it is not on the disk."""
    try:
        return os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        return None


class DictLoader(BaseLoader):
    """Templates in a dict of name to text."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = mapping

    def get_source(self, environment: Any, template: str) -> LoadedSource:
        """Return the text under the name *template*."""
        if template not in self.mapping:
            raise TemplateNotFound(template)
        source = self.mapping[template]
        return source, None, lambda: self.mapping.get(template) == source

    def list_templates(self) -> list[str]:
        """Return the names in the dict."""
        return sorted(self.mapping)


class ChoiceLoader(BaseLoader):
    """Several loaders, asked in turn."""

    def __init__(self, loaders: Sequence[BaseLoader]) -> None:
        self.loaders = loaders

    def get_source(self, environment: Any, template: str) -> LoadedSource:
        """Ask each loader until one has the template."""
        tried: list[str] = []
        for loader in self.loaders:
            try:
                return loader.get_source(environment, template)
            except TemplateNotFound as error:
                tried += error.tried
        raise TemplateNotFound(template, tried=tried)

    def list_templates(self) -> list[str]:
        """Return the names of all loaders."""
        return sorted({name for loader in self.loaders for name in loader.list_templates()})
