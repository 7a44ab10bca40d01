"""The ledger in the admin, to be read by who holds `view_audit` (AUD-3)."""

from __future__ import annotations

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from audit.admin.actors import answered_once
from audit.admin.base import ReadOnlyAdmin
from audit.admin.display import NO_VALUE, json_block, once_per_row
from audit.models import LedgerEntry, LedgerStream, PersonalRecord
from releases.admin.visible import streams_seen


class VisibleToAuditors(ReadOnlyAdmin):
    """For who may read the audit trail of anything; which streams, the rights say."""

    def may_view(self, request: HttpRequest) -> bool:
        return bool(answered_once(request, "audits", streams_seen(request).exists))


@admin.register(LedgerStream)
class LedgerStreamAdmin(VisibleToAuditors):
    """The heads of the streams."""

    list_display = ("key", "seq", "short_hash")
    search_fields = ("=key",)
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerStream]:
        return streams_seen(request)

    @admin.display(description="Hash")
    def short_hash(self, obj: LedgerStream) -> str:
        return obj.hash[:12]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(VisibleToAuditors):
    """The entries, as they were written and hashed; with the address behind the digest."""

    fields = (
        "stream", "seq", "kind", "at", "recorded_at", "format", "former", "hash", "shown_text",
        "shown_origin",
    )  # fmt: skip
    list_display = ("shown_stream", "seq", "kind", "at", "short_hash")
    list_select_related = ("stream",)
    search_fields = ("=stream__key", "=kind")
    search_help_text = "A stream (release:12, portal) or a kind (approval.decision_cast), in full."
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        seen = streams_seen(request).values("pk")
        return LedgerEntry.objects.filter(stream_id__in=seen)

    @admin.display(description="Stream", ordering="stream")
    def shown_stream(self, obj: LedgerEntry) -> str:
        return obj.stream.key

    @admin.display(description="Hash")
    def short_hash(self, obj: LedgerEntry) -> str:
        return obj.hash[:12]

    @admin.display(description="Entry")
    def shown_text(self, obj: LedgerEntry) -> SafeString:
        return json_block(obj.text)

    @admin.display(description="Address, browser, session")
    @once_per_row
    def shown_origin(self, obj: LedgerEntry) -> SafeString:
        """What lies behind the entry's digest, unless it was erased."""
        origin = json.loads(obj.text).get("origin")
        found = PersonalRecord.objects.filter(digest=origin).first() if origin else None
        return json_block(found.text) if found else NO_VALUE
