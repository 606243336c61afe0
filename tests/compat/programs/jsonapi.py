"""A JSON API as a tutorial on Flask writes it: it knows nothing of microweb."""

from datetime import date
from importlib.metadata import version

import flask
from flask import Flask, abort, json, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.views import MethodView
from werkzeug.exceptions import HTTPException


class IsoProvider(DefaultJSONProvider):
    @staticmethod
    def default(o):
        return o.isoformat() if isinstance(o, date) else DefaultJSONProvider.default(o)


class ItemAPI(MethodView):
    init_every_request = False

    def __init__(self, store):
        self.store = store

    def get(self, id):
        return jsonify(self.store.get(id) or abort(404))

    def patch(self, id):
        self.store[id].update(request.json)
        return jsonify(self.store[id])

    def delete(self, id):
        del self.store[id]
        return "", 204


class GroupAPI(MethodView):
    def __init__(self, store):
        self.store = store

    def get(self):
        return jsonify(list(self.store.values()))

    def post(self):
        number = max(self.store, default=0) + 1
        self.store[number] = {**request.get_json(), "id": number}
        return jsonify(self.store[number]), 201


app = Flask(__name__)
app.json = IsoProvider(app)
items = {1: {"id": 1, "name": "a", "day": date(2024, 1, 2)}}
app.add_url_rule("/items/<int:id>", view_func=ItemAPI.as_view("item", items))
app.add_url_rule("/items/", view_func=GroupAPI.as_view("group", items))


@app.errorhandler(HTTPException)
def handle_exception(e):
    response = e.get_response()
    response.data = json.dumps({"code": e.code, "name": e.name})
    response.content_type = "application/json"
    return response


@app.get("/version")
def show_version():
    return {"flask": version("Flask"), "same": flask.__version__ == version("flask")}
