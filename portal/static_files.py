"""The names of static files in production: with the hash of their content, worked out once."""

from __future__ import annotations

from functools import cache

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class NamedOnce(ManifestStaticFilesStorage):
    """Names change with a deployment, never while one runs; every page asks for a dozen of them."""

    @cache  # noqa: B019 - there is one storage, as long as the process lives
    def url(self, name: str, force: bool = False) -> str:
        """The address of a file; ValueError for one that the manifest has not."""
        return super().url(name, force)
