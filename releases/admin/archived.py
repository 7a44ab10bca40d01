"""How lists show that something is archived: in words, not as a red cross beside what is in use."""

from __future__ import annotations

from typing import Any

from django.contrib import admin


class Archivable:
    """A column for admins of models with `is_archived`."""

    @admin.display(description="Use", ordering="is_archived")
    def shown_use(self, obj: Any) -> str:
        return "Archived" if obj.is_archived else "In use"
