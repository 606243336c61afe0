"""Where the text of templates comes from.

A loader turns a name into ``(source, filename, uptodate)``: the text, the path or None, and a
function that says whether the text is still current, or None if nobody can tell. Names are parts
joined by ``/`` on every system; what climbs out of its folder does not exist.
"""

from __future__ import annotations

import os
import sys

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
    for part in parts:
        separated = any(character in part for character in ("\\", "\0", os.sep, os.altsep or "\0"))
        if part in ("", "..") or separated or os.path.splitdrive(part)[0]:
            raise TemplateNotFound(name)
    if not parts:
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


class FileSystemLoader(BaseLoader):
    """Templates in the folder *searchpath*, or in several, the first that has the name.

    A folder may lie in a zip that modules have been imported from, as that of a packed app.
    *encoding* is that of the files; *followlinks* says whether `list_templates` enters links.
    """

    def __init__(
        self,
        searchpath: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        encoding: str = "utf-8",
        followlinks: bool = False,
    ) -> None:
        if isinstance(searchpath, (str, os.PathLike)):
            searchpath = [searchpath]
        self.searchpath = [os.fspath(path) for path in searchpath]
        self.encoding = encoding
        self.followlinks = followlinks

    def get_source(self, environment: Any, template: str) -> LoadedSource:
        """Read the template from the first folder that has it."""
        parts = split_template_path(template)
        tried = [os.path.join(folder, *parts) for folder in self.searchpath]
        for path in tried:
            modified = _modification_time(path)
            try:
                data = self.read(path)
            except OSError:
                continue
            except UnicodeEncodeError:
                break
            return self._decode(data, path), path, _UnchangedFile(path, modified)
        raise TemplateNotFound(template, tried=tried)

    def read(self, path: str) -> bytes:
        """Return what the file *path* holds, on the disk or in a zip, or raise OSError."""
        try:
            with open(path, "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            importer, inner = _find_in_archive(path)
            if importer is None:
                raise
            data: bytes = importer.get_data(os.path.join(importer.archive, inner))
            return data

    def _decode(self, data: bytes, path: str) -> str:
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = f"the template is not {self.encoding} text: save it as {self.encoding}"
            raise TemplateSyntaxError(message, line, filename=path) from error

    def list_templates(self) -> list[str]:
        """Return the names of all files below the folders."""
        found: set[str] = set()
        for folder in self.searchpath:
            for path, _, files in os.walk(folder, followlinks=self.followlinks):
                base = os.path.relpath(path, folder).replace(os.sep, "/")
                found.update(name if base == "." else f"{base}/{name}" for name in files)
            importer, inner = _find_in_archive(folder)
            if importer is not None:
                from zipfile import ZipFile

                prefix = "" if inner == "." else inner.replace(os.sep, "/") + "/"
                with ZipFile(importer.archive) as file:
                    names = [name for name in file.namelist() if not name.endswith("/")]
                found.update(name[len(prefix) :] for name in names if name.startswith(prefix))
        return sorted(found)


def _find_in_archive(path: str) -> tuple[Any, str]:
    """Return the importer of the zip that *path* lies in and the path inside, or ``(None, "")``.

    Only a zip that modules have been imported from is looked into.
    """
    path = os.path.abspath(path)
    for importer in list(sys.path_importer_cache.values()):
        archive = getattr(importer, "archive", None)
        if archive is not None and f"{path}{os.sep}".startswith(os.path.abspath(archive) + os.sep):
            return importer, os.path.relpath(path, archive)
    return None, ""


def _modification_time(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        return None


class _UnchangedFile:
    """Called, says whether the file *path* still has the time stamp *modified*."""

    def __init__(self, path: str, modified: int | None) -> None:
        self.path = path
        self.modified = modified

    def __call__(self) -> bool:
        return _modification_time(self.path) == self.modified


class PackageLoader(FileSystemLoader):
    """Templates in the folder *package_path* of the importable package *package_name*.

    The package may be in a zip. ValueError is raised if it has no such folder.
    """

    def __init__(
        self, package_name: str, package_path: str = "templates", encoding: str = "utf-8"
    ) -> None:
        from importlib import import_module

        package = import_module(package_name)
        self.package_name, self.package_path = package_name, package_path
        roots = list(getattr(package, "__path__", ()))
        roots = roots or [os.path.dirname(getattr(package, "__file__", None) or ".")]
        folders = [os.path.normpath(os.path.join(root, package_path)) for root in roots]
        super().__init__(folders, encoding)
        if not any(os.path.isdir(folder) or _find_in_archive(folder)[0] for folder in folders):
            raise ValueError(
                f"The package {package_name!r} has no folder {package_path!r}; looked for "
                f"{', '.join(map(repr, folders))}."
            )


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


class FunctionLoader(BaseLoader):
    """Templates from a function that takes a name and returns the text, the three values of
    `BaseLoader.get_source`, or None if it has no such template."""

    def __init__(self, load_func: Callable[[str], FoundSource]) -> None:
        self.load_func = load_func

    def get_source(self, environment: Any, template: str) -> LoadedSource:
        """Ask the function."""
        found = self.load_func(template)
        if found is None:
            raise TemplateNotFound(template)
        return (found, None, None) if isinstance(found, str) else found


class PrefixLoader(BaseLoader):
    """Several loaders, each under its own prefix: ``app/page.html`` is ``page.html`` of ``app``.

    >>> PrefixLoader({"a": DictLoader({"b": "text"})}).get_source(None, "a/b")[0]
    'text'
    """

    def __init__(self, mapping: Mapping[str, BaseLoader], delimiter: str = "/") -> None:
        self.mapping = mapping
        self.delimiter = delimiter

    def get_source(self, environment: Any, template: str) -> LoadedSource:
        """Ask the loader under the prefix."""
        prefix, delimiter, name = template.partition(self.delimiter)
        if not delimiter or prefix not in self.mapping:
            raise TemplateNotFound(template)
        try:
            return self.mapping[prefix].get_source(environment, name)
        except TemplateNotFound as error:
            raise TemplateNotFound(template, tried=error.tried) from None

    def list_templates(self) -> list[str]:
        """Return the names of all loaders with their prefixes."""
        return sorted(
            prefix + self.delimiter + name
            for prefix, loader in self.mapping.items()
            for name in loader.list_templates()
        )


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
