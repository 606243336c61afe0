"""What microweb does otherwise under `install`, and what stands between the two."""

from __future__ import annotations


def test_an_application_made_of_a_request(run_code):
    lines = run_code(
        "from werkzeug.wrappers import Request, Response\n"
        "from werkzeug.exceptions import NotFound\n"
        "from werkzeug.test import Client\n"
        "@Request.application\n"
        "def app(request):\n"
        "    if request.path == '/no': raise NotFound()\n"
        "    return Response(request.path)\n"
        "class App:\n"
        "    @Request.application\n"
        "    def __call__(self, request): return Response('m' + request.path)\n"
        "print(Client(app).get('/x').text, Client(app).get('/no').status_code)\n"
        "print(Client(App()).get('/x').text)\n"
    )
    assert lines.splitlines() == ["/x 404", "m/x"]


def test_a_map_raises_http_errors(run_code):
    lines = run_code(
        "from werkzeug.routing import Map, Rule, RequestRedirect, RoutingException\n"
        "from werkzeug.exceptions import HTTPException\n"
        "urls = Map([Rule('/a/', endpoint='a', methods=['GET'])]).bind('h')\n"
        "print(urls.match('/a/'))\n"
        "for path, method in [('/b', 'GET'), ('/a/', 'POST'), ('/a', 'GET')]:\n"
        "    try: urls.match(path, method)\n"
        "    except RequestRedirect as error:\n"
        "        print(error.code, error.new_url, isinstance(error, HTTPException))\n"
        "    except HTTPException as error: print(type(error).__name__, error.code)\n"
    )
    assert lines.splitlines() == [
        "('a', {})",
        "NotFound 404",
        "MethodNotAllowed 405",
        "308 http://h/a/ True",
    ]


def test_extensions_that_are_built_in(run_code):
    printed = run_code(
        "import jinja2, jinja2.ext\n"
        "env = jinja2.Environment(extensions=[jinja2.ext.do, 'jinja2.ext.loopcontrols'])\n"
        "print(env.from_string('{% for x in [1, 2] %}{% if x == 2 %}{% break %}{% endif %}'\n"
        "                      '{{ x }}{% endfor %}').render())\n"
    )
    assert printed == "1"


def test_a_builder_of_environs_takes_the_app_first(run_code):
    printed = run_code(
        "import flask\n"
        "from flask.testing import EnvironBuilder\n"
        "app = flask.Flask('x')\n"
        "app.config['SERVER_NAME'] = 'example.org'\n"
        "builder = EnvironBuilder(app, '/p', subdomain='s', method='POST', json={'a': 1})\n"
        "environ = builder.get_environ()\n"
        "print(environ['HTTP_HOST'], environ['PATH_INFO'], builder.app is app)\n"
        "print(builder.json_dumps({'a': 1}))\n"
    )
    assert printed.splitlines() == ["s.example.org /p True", '{"a": 1}']


def test_names_for_annotations(run_code):
    printed = run_code(
        "import flask.typing as ft, typing\n"
        "def view() -> ft.ResponseReturnValue: ...\n"
        "print(typing.get_type_hints(view)['return'] is ft.ResponseReturnValue)\n"
    )
    assert printed == "True"
