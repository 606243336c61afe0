"""Flask's import paths: each name is where Flask's documentation says, and is the same object."""

from __future__ import annotations

import importlib
import logging

import pytest

import microweb

PATHS = {
    "views": "View MethodView",
    "sessions": "SessionInterface SecureCookieSessionInterface SecureCookieSession NullSession"
    " SessionMixin",
    "testing": "TestResponse",
    "json": "jsonify dumps loads dump load",
    "json.provider": "JSONProvider DefaultJSONProvider",
    "json.tag": "JSONTag TaggedJSONSerializer",
    "signals": "Namespace request_started template_rendered",
    "cli": "AppGroup with_appcontext load_dotenv",
    "config": "Config ConfigAttribute",
    "globals": "current_app g request session",
    "ctx": "has_request_context has_app_context copy_current_request_context after_this_request"
    " AppContext RequestContext",
    "blueprints": "Blueprint BlueprintSetupState",
    "helpers": "url_for flash send_file send_from_directory stream_with_context redirect abort"
    " make_response get_flashed_messages get_template_attribute",
    "templating": "Environment",
    "wrappers": "Request Response",
    "logging": "default_handler wsgi_errors_stream has_level_handler create_logger",
    "middleware": "ProxyFix DispatcherMiddleware SharedDataMiddleware",
}


@pytest.mark.parametrize("path", PATHS)
def test_an_import_path_of_flask_holds(path):
    module = importlib.import_module(f"microweb.{path}")
    for name in PATHS[path].split():
        found = getattr(module, name)
        same = getattr(microweb, name, found)
        assert found is same


def test_the_default_handler_is_the_loggers_handler():
    from microweb.logging import default_handler

    app = microweb.Microweb("tests.logs.of.a.fresh.app", static_folder=None)
    logging.getLogger(app.name).propagate = False
    assert app.logger.handlers == [default_handler]
    other = microweb.Microweb("tests.logs.of.another.app", static_folder=None)
    logging.getLogger(other.name).addHandler(logging.NullHandler())
    assert default_handler not in other.logger.handlers


def test_what_flask_has_removed_says_what_to_do_instead():
    app = microweb.Microweb("removed", static_folder=None)
    with pytest.raises(AttributeError, match="'before_first_request'; Flask has removed it: do it"):
        app.before_first_request(print)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'$"):
        _ = app.nonsense
    assert not hasattr(app, "json_encoder")
