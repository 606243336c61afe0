"""The suite, and the map of it.

Each module of the package has a file of the same name here: ``microweb/http/cookies.py`` is tested
by ``tests/http/test_cookies.py``. The app is tested by subject:

=========================  ======================================================================
``test_app_dispatch``      which view runs, and what its answer becomes
``test_app_hooks``         what runs before, after and around a view
``test_app_errors``        who handles an error, what the client learns, what the log keeps
``test_app_threads``       that requests in many threads never see one another
``test_app_setup``         configuration, folders, rules and names, before any request
``test_dispatching``       what is computed once, and when it is computed again
``test_running``           ``run``, ``start``, ``handle``, CGI, contexts by hand
``test_viewcheck``         what is said of a view that cannot take its URL's arguments
``test_wsgi_conformance``  every kind of answer, and of reading, by PEP 3333
``test_real_programs``     whole programs (``apps/``), also under Flask where it is installed
``dev/test_teaching``          what the pages of debug mode say
``test_blueprints``        names, prefixes, and what holds for a blueprint alone
``test_sessions``          what is kept, when a cookie is sent, and that nobody can forge one
``test_helpers``           ``url_for``, ``redirect``, ``send_file``, templates, flashed messages
``test_testing``           the test client itself
``test_demo``              the note-book, as a person and as a program uses it
``dev/``                 the command line; ``live/`` are the programs it is tried on
``vectors/``               what browsers and curl sent, byte for byte
``test_faults``            what breaks in the middle: clients, disks, clocks, memory, logs
``gauntlet/``              which test holds which row of what hurt frameworks; costs and limits
``fuzz/``                  what no table thought of: ``python3 -m tests.fuzz --minutes 5`` goes on
``test_missing_modules``   what works where Python came without parts of its library
``test_interpreters``      flags and variables of Python, odd paths, missing streams
``test_startup``           what an import and a first answer load
``test_package_shape``     reading order, unique names, the standard library alone, public names
``test_doctests``          the examples in the docstrings
``test_readme``            the examples in the README
=========================  ======================================================================

Run one file with ``python3 -m tests tests/test_sessions.py -k vary``. A name that begins with two
letters and a number (``test_ss_02_…``) holds a row of the list of what has hurt frameworks before;
write it into ``gauntlet/rows.txt``.
To add a capture, put its bytes under ``vectors/`` and a line into the table of
``http/test_forms_captures.py``. Apps are called through `wsgiref.validate`
(``support.checked_client``).

``core.txt`` names the files that need no more than the core: ``python3 -m tests --core`` runs them
against the core's single file.
"""
