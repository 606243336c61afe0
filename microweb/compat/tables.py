"""Which module and name of Flask's packages leads where in microweb.

A line that begins at the margin is a module of theirs; ``a = b`` says that it has the names of
another. Under it each line has a module of microweb and the names there; ``old=new`` offers as
*old* what is called *new* there.
"""

from __future__ import annotations

FLASK_VERSIONS = {
    "flask": "3.1.2",
    "werkzeug": "3.1.3",
    "jinja2": "3.1.6",
    "markupsafe": "3.0.3",
    "itsdangerous": "2.2.0",
    "blinker": "1.9.0",
}

_TABLE_OF_FLASK = """
flask
    app: Flask
    blueprints: Blueprint
    config: Config
    ctx: after_this_request has_app_context has_request_context
    ctxcopy: copy_current_request_context
    globals: current_app g request session
    helpers: abort flash get_flashed_messages get_template_attribute make_response redirect
    helpers: render_template render_template_string send_file send_from_directory
    helpers: stream_template stream_template_string stream_with_context url_for
    json: jsonify
    signals: appcontext_popped appcontext_pushed appcontext_tearing_down before_render_template
    signals: got_request_exception message_flashed request_finished request_started
    signals: request_tearing_down template_rendered
    wrappers: Request Response
flask.app
    app: Flask
flask.blueprints
    blueprints: Blueprint BlueprintSetupState
flask.cli
    cli: AppGroup with_appcontext
    dotenv: load_dotenv
flask.config
    config: Config ConfigAttribute
flask.ctx
    ctx: AppContext RequestContext _AppCtxGlobals=AppContextGlobals after_this_request
    ctx: has_app_context has_request_context
    ctxcopy: copy_current_request_context
flask.globals
    globals: app_ctx current_app g request request_ctx session _cv_app=CURRENT_CONTEXT
flask.helpers
    compat.imports: get_debug_flag
    helpers: abort flash get_flashed_messages get_template_attribute make_response redirect
    helpers: send_file send_from_directory stream_with_context url_for
flask.json
    json: dump dumps jsonify load loads
flask.json.provider
    json.provider: DefaultJSONProvider JSONProvider
flask.json.tag
    json.tag: JSONTag PassDict PassList TagBytes TagDateTime TagDict TagMarkup TagTuple TagUUID
    json.tag: TaggedJSONSerializer
flask.logging
    logging: create_logger default_handler has_level_handler wsgi_errors_stream
flask.sansio
flask.sansio.app
    app: App=Microweb
flask.sansio.blueprints = flask.blueprints
flask.sansio.scaffold
    scaffold: Scaffold
flask.sessions
    sessions: NullSession SecureCookieSession SecureCookieSessionInterface SessionInterface
    sessions: SessionMixin
flask.signals
    signals: Namespace appcontext_popped appcontext_pushed appcontext_tearing_down
    signals: before_render_template got_request_exception message_flashed request_finished
    signals: request_started request_tearing_down template_rendered
flask.templating
    helpers: render_template render_template_string stream_template stream_template_string
    templating: Environment
flask.testing
    clirunner: FlaskCliRunner=CliRunner
    compat.builders: EnvironBuilder=FlaskEnvironBuilder
    testing: FlaskClient=Client
flask.typing
    compat.annotations: AfterRequestCallable AppOrBlueprintKey BeforeFirstRequestCallable
    compat.annotations: BeforeRequestCallable ErrorHandlerCallable HeaderName
    compat.annotations: HeaderValue=ResponseHeaderValue HeadersValue
    compat.annotations: ResponseReturnValue ResponseValue RouteCallable
    compat.annotations: ShellContextProcessorCallable TeardownCallable
    compat.annotations: TemplateContextProcessorCallable TemplateFilterCallable
    compat.annotations: TemplateGlobalCallable TemplateTestCallable URLDefaultCallable
    compat.annotations: URLValuePreprocessorCallable
    wrappers: ResponseClass=Response
flask.views
    compat.imports: http_method_funcs
    views: MethodView View
flask.wrappers
    wrappers: Request Response
"""

_TABLE_OF_WERKZEUG = """
werkzeug
    testing: Client
    wrappers: Request Response
    running: run_simple
werkzeug.datastructures
    compat.collections: ImmutableList ImmutableTypeConversionDict
    compat.collections: TypeConversionDict
    http: Accept Authorization CallbackDict CharsetAccept=Accept CombinedMultiDict ContentRange
    http: ETags EnvironHeaders
    http: FileStorage HeaderSet Headers IfRange ImmutableDict ImmutableMultiDict LanguageAccept
    http: MIMEAccept MultiDict Range RequestCacheControl ResponseCacheControl WWWAuthenticate
    http.structures: iter_multi_items
werkzeug.datastructures.accept = werkzeug.datastructures
werkzeug.datastructures.auth = werkzeug.datastructures
werkzeug.datastructures.cache_control = werkzeug.datastructures
werkzeug.datastructures.etag = werkzeug.datastructures
werkzeug.datastructures.file_storage = werkzeug.datastructures
werkzeug.datastructures.headers = werkzeug.datastructures
werkzeug.datastructures.range = werkzeug.datastructures
werkzeug.datastructures.structures = werkzeug.datastructures
werkzeug.debug
    dev.debug: DebuggedApplication
werkzeug.exceptions
    helpers: abort
    http: Aborter BadGateway BadHost BadRequest BadRequestKeyError ClientDisconnected Conflict
    http: ExpectationFailed FailedDependency Forbidden GatewayTimeout Gone HTTPException
    http: HTTPVersionNotSupported ImATeapot InternalServerError LengthRequired Locked
    http: MethodNotAllowed MisdirectedRequest NotAcceptable NotFound PreconditionFailed
    http: PreconditionRequired RequestEntityTooLarge RequestHeaderFieldsTooLarge RequestTimeout
    http: RequestURITooLarge RequestedRangeNotSatisfiable SecurityError ServiceUnavailable
    http: TooManyRequests Unauthorized UnavailableForLegalReasons UnprocessableEntity
    http: UnsupportedMediaType default_exceptions NotImplemented=HTTPNotImplemented
werkzeug.formparser
    http: FormDataParser MultiPartParser default_stream_factory parse_form_data
werkzeug.http
    compat.addresses: is_entity_header is_hop_by_hop_header remove_entity_headers
    compat.addresses: remove_hop_by_hop_headers
    http: HTTP_STATUS_CODES dump_cookie dump_header dump_options_header generate_etag http_date
    http: parse_accept_header parse_cache_control_header parse_content_range_header parse_cookie
    http: parse_date parse_dict_header parse_etags parse_if_range_header parse_list_header
    http: parse_options_header parse_range_header parse_set_header quote_etag quote_header_value
    http: unquote_etag unquote_header_value
werkzeug.local
    compat.locals: Local LocalManager LocalStack release_local
    globals: LocalProxy
werkzeug.middleware
werkzeug.middleware.dispatcher
    middleware: DispatcherMiddleware
werkzeug.middleware.proxy_fix
    middleware: ProxyFix
werkzeug.middleware.shared_data
    middleware: SharedDataMiddleware
werkzeug.routing
    app: Map=AppMap
    routing: AnyConverter BaseConverter BuildError EndpointPrefix FloatConverter IntegerConverter
    routing: MapAdapter NoMatch NumberConverter PathConverter RequestRedirect Rule RuleFactory
    routing: RuleTemplate Subdomain Submount UUIDConverter UnicodeConverter ValidationError
    routing: WebsocketMismatch
    routing.exceptions: RoutingException=RoutingError
    routing.converters: DEFAULT_CONVERTERS
werkzeug.routing.converters = werkzeug.routing
werkzeug.routing.exceptions = werkzeug.routing
werkzeug.routing.map = werkzeug.routing
werkzeug.routing.rules = werkzeug.routing
werkzeug.sansio
werkzeug.sansio.http
    http: parse_cookie
werkzeug.sansio.multipart
    http: MultipartDecoder MultipartEncoder
werkzeug.sansio.request
    wrappers: Request
werkzeug.sansio.response
    wrappers: Response
werkzeug.sansio.utils
    http: get_content_length get_current_url get_host host_is_trusted
werkzeug.security
    security: DEFAULT_PBKDF2_ITERATIONS check_password_hash gen_salt generate_password_hash
    text.paths: safe_join
werkzeug.serving
    dev.reloader: is_running_from_reloader run_with_reloader
    running: run_simple
    serving: make_server
werkzeug.test
    environ: EnvironBuilder create_environ
    http: encode_multipart
    testing: Client ClientRedirectError Cookie=ClientCookie TestResponse run_wsgi_app
werkzeug.urls
    compat.addresses: iri_to_uri uri_to_iri
werkzeug.user_agent
    http: UserAgent
werkzeug.utils
    compat.addresses: append_slash_redirect
    compat.collections: environ_property
    compat.imports: ImportStringError find_modules import_string
    helpers: redirect
    http: cached_property
    http.files: send_file=file_response
    http: send_from_directory
    security: secure_filename
werkzeug.wrappers
    http.extra.response_stream: ResponseStream
    wrappers: Request Response
werkzeug.wrappers.request = werkzeug.wrappers
werkzeug.wrappers.response = werkzeug.wrappers
werkzeug.wsgi
    http: ClosingIterator FileWrapper LimitedStream get_content_length get_current_url get_host
    http: get_input_stream get_path_info host_is_trusted responder wrap_file
"""

_TABLE_OF_OTHERS = """
jinja2
    templating: BaseLoader BytecodeCache ChainableUndefined ChoiceLoader DebugUndefined DictLoader
    templating: Environment FileSystemBytecodeCache FileSystemLoader FunctionLoader PackageLoader
    templating: PrefixLoader StrictUndefined Template TemplateAssertionError TemplateError
    templating: TemplateNotFound TemplateRuntimeError TemplateSyntaxError TemplatesNotFound
    templating: Undefined UndefinedError is_undefined make_logging_undefined pass_context
    templating: pass_environment pass_eval_context select_autoescape
jinja2.bccache
    templating: BytecodeCache FileSystemBytecodeCache
    templating.extra.bytecode: Bucket
jinja2.defaults
    templating.filters: DEFAULT_FILTERS DEFAULT_TESTS
jinja2.environment
    templating: Environment Template TemplateStream
    templating.extra.objects: TemplateModule
jinja2.exceptions
    templating: FilterArgumentError TemplateAssertionError TemplateError TemplateNotFound
    templating: TemplateRuntimeError TemplateSyntaxError TemplatesNotFound UndefinedError
    templating: SecurityError=TemplateSecurityError
jinja2.ext
    compat.extensions: ExprStmtExtension InternationalizationExtension LoopControlExtension
    compat.extensions: do=ExprStmtExtension i18n=InternationalizationExtension
    compat.extensions: loopcontrols=LoopControlExtension
jinja2.filters
    templating.filters: FILTERS=DEFAULT_FILTERS
jinja2.loaders
    templating: BaseLoader ChoiceLoader DictLoader FileSystemLoader FunctionLoader PackageLoader
    templating: PrefixLoader
    templating.loaders: split_template_path
jinja2.runtime
    templating: ChainableUndefined DebugUndefined StrictUndefined Undefined make_logging_undefined
    templating.extra.loops: LoopContext
    templating.extra.objects: Macro TemplateReference
    templating.runtime: BlockReference Context=TemplateContext
jinja2.tests
    templating.filters: TESTS=DEFAULT_TESTS
jinja2.utils
    templating: is_undefined pass_context pass_environment pass_eval_context select_autoescape
    templating.extra.objects: Cycler Joiner
markupsafe
    templating: Markup escape escape_silent soft_str
itsdangerous
    signers: BadHeader NoneAlgorithm
    signing: BadData BadPayload BadSignature BadTimeSignature HMACAlgorithm Serializer
    signing: SignatureExpired Signer TimedSerializer TimestampSigner URLSafeSerializer
    signing: URLSafeTimedSerializer base64_decode base64_encode want_bytes
itsdangerous.encoding
    signing: base64_decode base64_encode want_bytes
itsdangerous.exc
    signers: BadHeader
    signing: BadData BadPayload BadSignature BadTimeSignature SignatureExpired
itsdangerous.serializer
    signing: Serializer
itsdangerous.signer
    signers: NoneAlgorithm
    signing: HMACAlgorithm Signer SigningAlgorithm
itsdangerous.timed
    signing: TimedSerializer TimestampSigner
itsdangerous.url_safe
    signing: URLSafeSerializer URLSafeSerializerMixin URLSafeTimedSerializer
blinker
    compat.imports: signal=blinker_signal default_namespace=BLINKER_NAMESPACE
    signals: ANY NamedSignal Namespace Signal
blinker.base = blinker
"""

_NO_SANDBOX = "templates are code here: render none that a stranger wrote"
_NO_EXTENSION_CLASS = (
    "do, loopcontrols, i18n, autoescape and with are built in; make anything else a filter, a "
    "test or a global function of the environment"
)
_NO_CLICK = "write commands with app.cli.command(), whose function's parameters are its arguments"

# A whole name, a name in any module, or a module, and what to do instead.
INSTEAD_OF_NAMES = {
    "flask.Markup": "use markupsafe.Markup",
    "flask.escape": "use markupsafe.escape",
    "flask.json.JSONEncoder": "use flask.json.provider.JSONProvider",
    "flask._app_ctx_stack": "use flask.g, or flask.globals.app_ctx",
    "flask._request_ctx_stack": "use flask.globals.request_ctx",
    "flask.cli": _NO_CLICK,
    "FlaskGroup": _NO_CLICK,
    "ScriptInfo": _NO_CLICK,
    "jinja2.sandbox": _NO_SANDBOX,
    "jinja2.nativetypes": "use Environment.compile_expression",
    "jinja2.ext": _NO_EXTENSION_CLASS,
    "jinja2.nodes": _NO_EXTENSION_CLASS,
    "jinja2.parser": _NO_EXTENSION_CLASS,
    "jinja2.meta": "read the template's python_source",
    "jinja2.filters": "take the filter from the environment: env.filters['name']",
    "jinja2.tests": "take the test from the environment: env.tests['name']",
    "generate_lorem_ipsum": "put the text to fill in with into a variable",
    "clear_caches": "use environment.cache.clear()",
    "ModuleLoader": "use FileSystemBytecodeCache",
    "MemcachedBytecodeCache": "derive your own from BytecodeCache",
    "ContentSecurityPolicy": "set the header's text: response.headers['Content-Security-Policy']",
    "is_resource_modified": "use Response.make_conditional",
    "get_content_type": "use Response(mimetype=...), which adds the charset",
    "header_property": "use property",
    "url_quote": "use urllib.parse.quote",
    "url_quote_plus": "use urllib.parse.quote_plus",
    "url_unquote": "use urllib.parse.unquote",
    "url_encode": "use urllib.parse.urlencode",
    "url_decode": "use urllib.parse.parse_qs",
    "url_parse": "use urllib.parse.urlsplit",
    "url_join": "use urllib.parse.urljoin",
    "werkzeug.serving": "use make_server or run_simple",
    "werkzeug.middleware.lint": "use wsgiref.validate.validator",
    "werkzeug.middleware.profiler": "use cProfile",
    "werkzeug.middleware.http_proxy": "let the server in front of the program do it",
}


def read_compat_tables() -> dict[str, dict[str, str]]:
    """Return for each module of Flask's packages its names, and where each stands in microweb.

    >>> read_compat_tables()["flask"]["jsonify"]
    'json.jsonify'
    """
    tables: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for line in f"{_TABLE_OF_FLASK}{_TABLE_OF_WERKZEUG}{_TABLE_OF_OTHERS}".splitlines():
        if line[:1] == " ":
            place, _, offered = line.strip().partition(": ")
            for word in offered.split():
                name, _, there = word.partition("=")
                names[name] = f"{place}.{there or name}"
        elif line:
            module, _, other = line.partition(" = ")
            names = tables[module] = dict(tables[other]) if other else {}
    return tables
