"""Loaders that few programs need, of a package, by prefix, by a function; and lists of files."""

from __future__ import annotations

import os

from ...text.archive import find_archive
from ..exceptions import TemplateNotFound
from ..loaders import BaseLoader, FileSystemLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..loaders import FoundSource, LoadedSource


class FileListing(FileSystemLoader):
    """What `FileSystemLoader` takes over from here when its templates are listed."""

    def list_templates(self) -> list[str]:
        """Return the names of all files below the folders."""
        found: set[str] = set()
        for folder in self.searchpath:
            for path, _, files in os.walk(folder, followlinks=self.followlinks):
                base = os.path.relpath(path, folder).replace(os.sep, "/")
                found.update(name if base == "." else f"{base}/{name}" for name in files)
            importer, inner = find_in_archive(folder)
            if importer is not None:
                from zipfile import ZipFile

                prefix = "" if inner == "." else inner.replace(os.sep, "/") + "/"
                with ZipFile(importer.archive) as file:
                    names = [name for name in file.namelist() if not name.endswith("/")]
                found.update(name[len(prefix) :] for name in names if name.startswith(prefix))
        return sorted(found)


def find_in_archive(path: str) -> tuple[Any, str]:
    """Return the importer of the zip that *path* lies in and the path inside, or ``(None, "")``."""
    path = os.path.abspath(path)
    importer = find_archive(path)
    return importer, "" if importer is None else os.path.relpath(path, importer.archive)


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
        if not any(os.path.isdir(folder) or find_in_archive(folder)[0] for folder in folders):
            raise ValueError(
                f"The package {package_name!r} has no folder {package_path!r}; looked for "
                f"{', '.join(map(repr, folders))}."
            )


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

    >>> from microweb.templating import DictLoader
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
