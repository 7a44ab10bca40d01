"""Where short-lived facts are kept: limits of sign-in, the worker's statistics, parts of pages."""

from __future__ import annotations

from typing import Any, Final

# Beyond it Django throws entries away unseen: by as many tries a limit could be washed out.
MOST_ENTRIES: Final = 100_000
# In each process, of some kilobytes each. Beyond it a third of them goes: with Django's 300 the pages of a
# hundred readers, four parts each, would push each other's parts out before they were looked at again.
MOST_PARTS: Final = 3_000


def cache_settings(redis: str) -> dict[str, Any]:
    """Django's caches: the Redis of that address, else a table of the database, which `migrate` makes.

    Parts of pages are kept in the process: to fetch them elsewhere would take as long as to make them.
    """
    parts = {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "parts",
        "OPTIONS": {"MAX_ENTRIES": MOST_PARTS},
    }
    if redis:
        return {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": redis,
            },
            "template_fragments": parts,  # Django's name for what {% cache %} keeps
        }
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "countersign_cache",
            "OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES},
        },
        "template_fragments": parts,
    }
