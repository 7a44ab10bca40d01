"""The product's settings, with what only tests may switch on. Used by tests and the processes they start."""

from __future__ import annotations

from portal.settings import *  # noqa: F403
from portal.settings import COUNTERSIGN_EMBEDDED, DATABASES, STORAGES

FAULT_POINTS = True

# The real hasher takes a third of a second a password, by design.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Nothing is collected before a test run.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

if COUNTERSIGN_EMBEDDED:
    # A file: with an in-memory database, threads of one test would not see each other's locks.
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.test"}
