"""``microweb ./folder``: an app that serves the files of a folder, and lists where no index is."""

from __future__ import annotations

import os

from ..app import Microweb
from ..helpers import abort, redirect, render_template_string, send_file
from ..http import Response
from ..text.paths import safe_join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LISTING_TEMPLATE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>/{{ path }}</title>
<h1>/{{ path }}</h1>
<ul>{% if path %}
<li><a href="../">../</a>{% endif %}{% for name in names %}
<li><a href="./{{ name|urlencode }}">{{ name }}</a>{% endfor %}
</ul></html>
"""


def make_folder_app(folder: str) -> Microweb:
    """Return an app that serves *folder*: its files, ``index.html`` or else a list of the names.

    Names that begin with a dot (``.git``, ``.env``) are neither served nor listed, except
    ``.well-known``; a link is followed, as the folder's owner made it.

    >>> import json, os
    >>> app = make_folder_app(os.path.dirname(json.__file__))
    >>> status, headers, body = app.handle("GET", "/")
    >>> status, b"decoder.py" in body
    (200, True)
    """
    root = os.path.abspath(folder)
    app = Microweb(__name__, static_folder=None, template_folder=None)

    @app.get("/")
    @app.get("/<path:path>")
    def show(path: str = "") -> Any:
        found = safe_join(root, path) if path else root
        if found is None or any(map(_is_hidden_name, path.split("/"))):
            abort(404)
        if not os.path.isdir(found):
            if not os.path.isfile(found):
                abort(404)
            return send_file(found)
        if path and not path.endswith("/"):
            from urllib.parse import quote

            return redirect(f"./{quote(os.path.basename(path))}/")
        index = os.path.join(found, "index.html")
        if os.path.isfile(index):
            return send_file(index)
        return render_template_string(_LISTING_TEMPLATE, path=path, names=_list_folder(found))

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def _is_hidden_name(name: str) -> bool:
    return name.startswith(".") and name != ".well-known"


def _list_folder(folder: str) -> list[str]:
    """Return the names in a folder that can be asked for, folders first and with a slash behind."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name.lower())
    except OSError:
        abort(404)
    folders: list[str] = []
    files: list[str] = []
    for entry in entries:
        # A name that is not UTF-8 cannot stand in a URL that a browser would send back.
        if (
            _is_hidden_name(entry.name)
            or entry.name != entry.name.encode("utf-8", "ignore").decode()
        ):
            continue
        if entry.is_dir():
            folders.append(f"{entry.name}/")
        else:
            files.append(entry.name)
    return folders + files
