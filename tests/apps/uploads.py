"""An upload service: forms with files, limits, downloads with ranges and conditions."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any


def create_app(framework: SimpleNamespace, folder: str) -> Any:
    """Return the service, which keeps files in *folder*."""
    core = framework.core
    request = core.request
    app = core.Flask("uploads", root_path=folder, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=200_000, MAX_FORM_PARTS=5, SEND_FILE_MAX_AGE_DEFAULT=60)

    @app.get("/")
    def index() -> Any:
        def names() -> Any:
            for name in sorted(os.listdir(folder)):
                yield f"{name} {request.args.get('after', '')}\n"

        return app.response_class(core.stream_with_context(names()), mimetype="text/plain")

    @app.post("/")
    def upload() -> Any:
        saved = []
        for file in request.files.getlist("file"):
            name = framework.secure_filename(file.filename)
            if not name:
                core.abort(400, "A file needs a name.")
            file.save(os.path.join(folder, name))
            saved.append({"name": name, "type": file.mimetype})
        return {"saved": saved, "comment": request.form.get("comment")}

    @app.put("/<path:name>")
    def put(name: str) -> Any:
        with open(os.path.join(folder, framework.secure_filename(name)), "wb") as file:
            file.write(request.get_data())
        response = core.make_response("", 201)
        response.headers["Location"] = core.url_for("download", name=name)
        return response

    @app.get("/files/<path:name>")
    def download(name: str) -> Any:
        attachment = "attachment" in request.args
        return core.send_from_directory(folder, name, as_attachment=attachment)

    @app.errorhandler(413)
    def too_large(error: Any) -> Any:
        return f"too large: {error.code}", 413

    return app
