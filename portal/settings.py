"""Settings: everything from the environment, embedded or production (`.env.example`).

Embedded when DATABASE_URL is unset or SQLite: keys, mail and data live under `var/`. Otherwise
production: what must be set is set, or the start stops with a sentence.
"""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from portal.caching import cache_settings
from portal.driver import driver_options
from portal.keys import key_from_file, make_private
from portal.logs import configure_structlog, logging_config
from portal.look import RADIUS, UNFOLD_COLORS
from portal.mail import mail_settings
from portal.required import base_url, networks, port, stand_in, time_zone, url_host
from portal.sign_in_settings import SIGN_IN

BASE_DIR = Path(__file__).resolve().parent.parent
COUNTERSIGN_VAR_DIR = BASE_DIR / "var"
env = environ.Env()
# Set and empty is the same as unset, as in .env.example.
env.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}


# --- Embedded or production ----------------------------------------------------------------------

_database: dict[str, Any] = env.db_url(
    "DATABASE_URL", default=f"sqlite:///{COUNTERSIGN_VAR_DIR / 'countersign.sqlite3'}"
)
_vendor = str(_database["ENGINE"]).rpartition(".")[2]
if _vendor not in {"sqlite3", "postgresql"}:
    raise ImproperlyConfigured("DATABASE_URL must name PostgreSQL (postgres://…) or SQLite.")
COUNTERSIGN_EMBEDDED = _vendor == "sqlite3"


def _required(name: str, meaning: str, instead: str) -> str:
    value: str = env.str(name, default="").strip()
    if value:
        return value
    detail = (
        f"is not set ({meaning}). With a PostgreSQL DATABASE_URL this is a production installation "
        "and does not start without it."
    )
    return stand_in(name, detail, instead)


def _key(name: str, file_name: str) -> str:
    value: str = env.str(name, default="").strip()
    if value or not COUNTERSIGN_EMBEDDED:
        return value
    return key_from_file(COUNTERSIGN_VAR_DIR / file_name)


DEBUG = env.bool("COUNTERSIGN_DEBUG", default=False)
HOST = env.str("HOST", default="127.0.0.1")
PORT = port("PORT", env.str("PORT", default="8000"))

if COUNTERSIGN_EMBEDDED:
    make_private(COUNTERSIGN_VAR_DIR)
    _reachable = url_host(HOST)
    SECRET_KEY = _key("COUNTERSIGN_SECRET_KEY", "secret.key")
    ALLOWED_HOSTS = env.list(
        "COUNTERSIGN_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", _reachable]
    )
    _given_url = env.str("COUNTERSIGN_BASE_URL", default=f"http://{_reachable}:{PORT}")
else:
    SECRET_KEY = _required(
        "COUNTERSIGN_SECRET_KEY", "the key that signs sessions", secrets.token_urlsafe(50)
    )
    _hosts = _required("COUNTERSIGN_ALLOWED_HOSTS", "host names, by comma", "localhost")
    ALLOWED_HOSTS = [host.strip() for host in _hosts.split(",")]
    _given_url = _required(
        "COUNTERSIGN_BASE_URL", "the address that people use, for links", "http://localhost"
    )

COUNTERSIGN_SIGNING_KEY = _key("COUNTERSIGN_SIGNING_KEY", "signing.key")
COUNTERSIGN_FIELD_KEY = _key("COUNTERSIGN_FIELD_KEY", "field.key")
COUNTERSIGN_METRICS_TOKEN = env.str("COUNTERSIGN_METRICS_TOKEN", default="")

COUNTERSIGN_TIME_ZONE = time_zone(
    "COUNTERSIGN_TIME_ZONE", env.str("COUNTERSIGN_TIME_ZONE", default="UTC")
)
COUNTERSIGN_TRUSTED_PROXIES = networks(
    "COUNTERSIGN_TRUSTED_PROXIES", env.list("COUNTERSIGN_TRUSTED_PROXIES", default=[])
)

COUNTERSIGN_BASE_URL = base_url("COUNTERSIGN_BASE_URL", _given_url)
_base = urlsplit(COUNTERSIGN_BASE_URL)
_https = _base.scheme == "https"


# --- Parts ---------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # The theme's templates must be found before the ones that it replaces.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "portal",
    "releases",
    "approvals",
    "audit",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "simple_history",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_htmx",
    "django_structlog",
]

MIDDLEWARE = [
    "portal.middleware.TrustedProxies",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.RequestLog",
    "portal.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.PageHeaders",
    "portal.signed_out.SignedOut",
    "portal.middleware.PageRefusals",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.pages.shell.shell",
            ],
        },
    },
]


# --- Database, cache -----------------------------------------------------------------------------

# No ATOMIC_REQUESTS: services open their own transactions, and on SQLite every page would take the
# write lock. Isolation is fixed on both engines; what else would lose votes (findings 9 to 11 of the
# abuse catalogue), and the checks at start refuse it.
if COUNTERSIGN_EMBEDDED:
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
            "PRAGMA busy_timeout=20000;PRAGMA foreign_keys=ON;"
        ),
    }
else:
    from psycopg import IsolationLevel

    _database["OPTIONS"] = {
        **driver_options(_database.get("OPTIONS", {})),
        "isolation_level": IsolationLevel.READ_COMMITTED,
    }
    # Kept connections, no pool: forked pool connections break the worker's cluster.
    _database.setdefault("CONN_MAX_AGE", 60)
    _database["CONN_HEALTH_CHECKS"] = True

DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = cache_settings(env.str("REDIS_URL", default=""))


# --- People, sign-in, rights ---------------------------------------------------------------------

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # asked first: it refuses, and lets nobody in
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

ACCOUNT_ADAPTER = "portal.accounts.ClosedSignupAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "portal.links.ActiveAccountTokens"  # noqa: S105  (a class)
ACCOUNT_SESSION_REMEMBER = ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
vars().update(SIGN_IN)

# guardian is asked through `audit.permissions.can` alone; nothing is bolted onto user and group.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False

SIMPLE_HISTORY_REVERT_DISABLED = True
ACTOR_FROM_REQUEST = "portal.actors.actor_from_request"  # for admin pages, which lie below


# --- Web security (SEC-4): flags follow the scheme of the base URL --------------------------------

CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_NAME = "__Host-sessionid" if _https else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if _https else "csrftoken"
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failed"
SESSION_ENGINE = "portal.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_SSL_REDIRECT = _https
# Load balancers ask these over plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
if COUNTERSIGN_TRUSTED_PROXIES:
    # TrustedProxies drops the header when it comes from anyone else.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes: 2.5 MB for a request body that is no file

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
CONTENT_SECURITY_ADDITIONS = {
    "/admin/": {"script-src": [UNSAFE_EVAL], "style-src": [UNSAFE_INLINE]},
    "/api/v1/docs/": {"style-src": [UNSAFE_INLINE]},
}

SILENCED_SYSTEM_CHECKS = [
    # guardian's backend would answer permission questions beside `can()`.
    "guardian.W001",
    # Preloading is a promise about the whole domain: its owner's, not ours.
    "security.W021",
]


# --- API -----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.api.authentication.TokenAuthentication",
        "portal.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "portal.api.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "portal.api.problems.problem_response",
    "PAGE_SIZE": 50,
    "NUM_PROXIES": 0,  # REMOTE_ADDR is the client already
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Countersign",
    "DESCRIPTION": "Sign-off of software releases: releases, activities, decisions, record.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ReleaseState": "portal.api.outputs.RELEASE_STATES",
        "PhaseState": "portal.api.outputs.PHASE_STATES",
        "ActivityState": "portal.api.outputs.ACTIVITY_STATES",
        "ActivityKind": "portal.api.outputs.ACTIVITY_KINDS",
        "SourceKind": "portal.api.outputs.SOURCE_KINDS",
        "RuleKind": "portal.api.outputs.RULE_KINDS",
        "BallotVerdict": "portal.api.outputs.BALLOT_VERDICTS",
        "KeptVerdict": "portal.api.outputs.KEPT_VERDICTS",
        "ReportedOutcome": "portal.api.outputs.REPORTED_OUTCOMES",
        "KeptOutcome": "portal.api.outputs.KEPT_OUTCOMES",
        "NoticeMoment": "portal.api.notices.NOTICE_MOMENTS",
        "NoticeChannel": "portal.api.notices.NOTICE_CHANNELS",
        "NoticeResult": "portal.api.notices.NOTICE_RESULTS",
        "LinkKind": "releases.rules.release_details.LINK_KINDS",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}


# --- Worker --------------------------------------------------------------------------------------

# django-q2 only wakes us up. At most as many tasks wait as there are workers, so that the lock of a
# prefetched task can't run out; `retry` is above queue_limit × timeout ÷ workers.
Q_CLUSTER = {
    "name": "countersign",
    "orm": "default",
    "broker_class": "portal.broker.TickBroker",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 60,
    "retry": 150,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": 200,
    "recycle": 200,
    "poll": 1.0,
    "guard_cycle": 1,
}


# --- Mail, files, language, time -----------------------------------------------------------------

_mail_folder = COUNTERSIGN_VAR_DIR / "mail" if COUNTERSIGN_EMBEDDED else None
_mail = {name: env.str(name, default="") for name in ("EMAIL_URL", "COUNTERSIGN_MAIL_FROM")}
vars().update(mail_settings(_mail, folder=_mail_folder, host=str(_base.hostname)))

STATIC_URL = "/static/"
# Embedded serves the files where they lie; production collects them first.
STATIC_ROOT = None if COUNTERSIGN_EMBEDDED else COUNTERSIGN_VAR_DIR / "static"
WHITENOISE_USE_FINDERS = COUNTERSIGN_EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if COUNTERSIGN_EMBEDDED
        else "portal.static_files.NamedOnce"
    },
}
MEDIA_ROOT = COUNTERSIGN_VAR_DIR / "files"

LANGUAGE_CODE = "en"
USE_I18N = True
FORMAT_MODULE_PATH = "portal.formats"  # the administration's dates, as the portal writes them
USE_TZ = True
TIME_ZONE = "UTC"

UNFOLD = {
    "SITE_TITLE": "Countersign",
    "SITE_HEADER": "Countersign",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": UNFOLD_COLORS,
    "BORDER_RADIUS": RADIUS,
}


# --- Logs ----------------------------------------------------------------------------------------

configure_structlog()
LOGGING = logging_config(readable=COUNTERSIGN_EMBEDDED, level="DEBUG" if DEBUG else "INFO")
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line a request: its end
