"""A JSON API: nested blueprints, tokens instead of sessions, errors as JSON, views as classes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def create_app(framework: SimpleNamespace, folder: str) -> Any:
    """Return the API; *folder* is not used."""
    core = framework.core
    request, g, jsonify = core.request, core.g, core.jsonify
    app = core.Flask("api", static_folder=None)
    app.secret_key = "a key for tokens"
    serializer = framework.URLSafeTimedSerializer(
        app.secret_key, salt="token", signer_kwargs={"digest_method": __import__("hashlib").sha256}
    )

    @app.errorhandler(400)
    @app.errorhandler(401)
    @app.errorhandler(404)
    @app.errorhandler(405)
    @app.errorhandler(415)
    def as_json(error: Any) -> Any:
        response = error.get_response()
        response.data = core.json.dumps({"code": error.code, "name": error.name})
        response.content_type = "application/json"
        return response

    @app.errorhandler(framework.SignatureExpired)
    def expired(error: Exception) -> Any:
        return {"code": 401, "name": "Expired"}, 401

    @app.errorhandler(framework.BadSignature)
    def forged(error: Exception) -> Any:
        return {"code": 401, "name": "Forged"}, 401, {"WWW-Authenticate": "Bearer"}

    api = core.Blueprint("api", __name__, url_prefix="/api")
    v1 = core.Blueprint("v1", __name__, url_prefix="/v1")
    tasks = core.Blueprint("tasks", __name__, url_prefix="/tasks")

    @api.post("/token")
    def token() -> Any:
        return {"token": serializer.dumps(request.get_json()["user"])}

    @v1.before_request
    def authenticate() -> None:
        auth = request.authorization
        if auth is None or auth.type != "bearer":
            core.abort(401)
        g.user = serializer.loads(auth.token, max_age=60)

    @v1.after_request
    def stamp(response: Any) -> Any:
        response.headers["X-User"] = g.get("user", "nobody")
        response.headers.add("X-Path", request.blueprint)
        return response

    @v1.get("/me")
    def me() -> Any:
        return jsonify(user=g.user, url=core.url_for(".me", _external=True))

    _add_tasks(framework, tasks)
    v1.register_blueprint(tasks)
    api.register_blueprint(v1)
    api.register_blueprint(v1, name="v2", url_prefix="/v2")
    app.register_blueprint(api)
    return app


def _add_tasks(framework: SimpleNamespace, tasks: Any) -> None:
    core = framework.core
    request = core.request
    stored: dict[int, dict[str, Any]] = {}

    class Tasks(framework.MethodView):
        init_every_request = False

        def get(self) -> Any:
            wanted = request.args.getlist("tag")
            found = [task for task in stored.values() if not wanted or task["tag"] in wanted]
            return {"tasks": found, "next": core.url_for(".list", page=2, tag=wanted)}

        def post(self) -> Any:
            task = {"id": len(stored) + 1, **request.get_json()}
            stored[task["id"]] = task
            place = core.url_for("api.v1.tasks.one", id=task["id"])
            return task, 201, {"Location": place}

    class Task(framework.MethodView):
        def get(self, id: int) -> Any:
            return stored.get(id) or core.abort(404)

        def delete(self, id: int) -> Any:
            stored.pop(id, None)
            return "", 204

        def patch(self, id: int) -> Any:
            stored[id].update(request.get_json())
            return [stored[id]]

    tasks.add_url_rule("/", view_func=Tasks.as_view("list"))
    tasks.add_url_rule("/<int:id>", view_func=Task.as_view("one"))
