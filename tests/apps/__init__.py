"""Small real programs, written as for Flask: each module's ``create_app`` is given the framework.

``test_real_programs.py`` runs them under microweb and, where it is installed, under Flask, and
compares the answers header for header.
"""

from __future__ import annotations

from types import ModuleType, SimpleNamespace


def microweb_framework() -> SimpleNamespace:
    """Return microweb's modules under the names that the programs use."""
    import microweb
    import microweb.middleware
    import microweb.security
    import microweb.signing
    import microweb.views

    return _framework(
        microweb, microweb.views, microweb.security, microweb.signing, microweb.security
    )


def flask_framework() -> SimpleNamespace:
    """Return Flask's modules under the same names. ImportError where it is not installed."""
    import flask
    import flask.views
    import itsdangerous
    import werkzeug.security
    import werkzeug.utils

    return _framework(flask, flask.views, werkzeug.security, itsdangerous, werkzeug.utils)


def _framework(
    core: ModuleType,
    views: ModuleType,
    passwords: ModuleType,
    signing: ModuleType,
    filenames: ModuleType,
) -> SimpleNamespace:
    return SimpleNamespace(
        core=core,
        MethodView=views.MethodView,
        generate_password_hash=passwords.generate_password_hash,
        check_password_hash=passwords.check_password_hash,
        URLSafeTimedSerializer=signing.URLSafeTimedSerializer,
        BadSignature=signing.BadSignature,
        SignatureExpired=signing.SignatureExpired,
        secure_filename=filenames.secure_filename,
    )
