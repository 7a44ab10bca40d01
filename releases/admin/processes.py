"""Processes in the admin: their YAML as a draft, then published as a version (REL-5, REL-6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from approvals.admin.base import Configuration
from audit.admin.actors import actor_of
from audit.admin.base import ReadOnlyAdmin, ServiceAdmin
from audit.admin.display import NO_VALUE, instant, link, once_per_row, table, text_block
from audit.admin.forms import ServiceForm
from audit.errors import Refusal
from releases.admin.archived import Archivable
from releases.documents import document_of, export_version
from releases.models import Process, ProcessVersion
from releases.rules.process_diff import diff_processes
from releases.rules.process_errors import ProcessErrors
from releases.rules.process_grammar import parse_process, publishable
from releases.selectors import newest_version
from releases.services.processes import publish_draft, publish_process, save_draft

PUBLISH = "_publish"


class ProcessForm(ServiceForm):
    """The YAML of a process. What is wrong with it stands at the text, by line and key."""

    draft = forms.CharField(
        label="Process (YAML)",
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 36, "spellcheck": "false"}),
        help_text="Publishing makes a version that never changes; running releases keep theirs.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["draft"].widget.attrs["class"] += " cs-source"
        if self.instance.pk and not self.instance.draft:
            newest = newest_version(self.instance.slug)
            self.initial["draft"] = export_version(newest) if newest else ""

    def clean_draft(self) -> str:
        """The text with the line ends that it had before the browser sent it."""
        return str(self.cleaned_data["draft"]).replace("\r\n", "\n")

    def sentences(self, refusal: Refusal) -> Iterator[tuple[str | None, str]]:
        """Every finding at the text: its line, its key, what is wrong."""
        if not isinstance(refusal, ProcessErrors):
            yield from super().sentences(refusal)
            return
        for item in refusal.items:
            where = f"Line {item.line}, {item.key}" if item.key else f"Line {item.line}"
            yield "draft", f"{where}: {item.sentence}"


def problems_of(text: str) -> SafeString:
    """What stands between a draft and its publishing, as far as the text alone tells."""
    try:
        publishable(parse_process(text))
    except ProcessErrors as errors:
        rows = [(item.line, item.key, item.sentence) for item in errors.items]
        return table(["Line", "Key", "What is wrong"], rows)
    return SafeString("None that the text alone shows; publishing also looks up everyone it names.")


@admin.register(Process)
class ProcessAdmin(Archivable, Configuration, ServiceAdmin):
    """Processes: "Save draft" keeps the text, right or wrong; "Publish" makes a version of it."""

    addable = changeable = True
    form = add_form = ProcessForm
    add_fieldsets = ((None, {"fields": ("draft",)}),)
    fieldsets = (
        (None, {"fields": ("name", "slug", "shown_problems", "draft")}),
        ("Versions", {"fields": ("shown_versions",)}),
    )
    readonly_fields = ("name", "slug", "shown_problems", "shown_versions")
    change_form_template = "admin/process.html"
    list_display = ("name", "slug", "shown_newest", "shown_use")
    list_filter = ("is_archived",)
    search_fields = ("slug", "name")

    def add_through(self, request: HttpRequest, data: dict[str, Any]) -> Process:
        text, actor = data["draft"], actor_of(request)
        if PUBLISH not in request.POST:
            return save_draft(process_id=None, text=text, actor=actor)
        return self._published(request, publish_process(text=text, actor=actor))

    def change_through(self, request: HttpRequest, obj: Process, data: dict[str, Any]) -> Process:
        text, actor = data["draft"], actor_of(request)
        if PUBLISH not in request.POST:
            return save_draft(process_id=obj.pk, text=text, actor=actor)
        return self._published(request, publish_draft(process_id=obj.pk, text=text, actor=actor))

    def _published(self, request: HttpRequest, published: Any) -> Process:
        number = published.version.number
        request.outcome = (  # type: ignore[attr-defined]
            f"Published as version {number}."
            if published.created
            else f"Nothing has changed: this is version {number} already."
        )
        process: Process = published.version.process
        return process

    def response_add(
        self, request: HttpRequest, obj: Process, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._response(request, obj)

    def response_change(self, request: HttpRequest, obj: Process) -> HttpResponse:
        return self._response(request, obj)

    def _response(self, request: HttpRequest, obj: Process) -> HttpResponse:
        messages.success(request, getattr(request, "outcome", "The draft is saved."))
        return HttpResponseRedirect(reverse("admin:releases_process_change", args=[obj.pk]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Process]:
        rows: QuerySet[Process] = super().get_queryset(request)
        return rows.annotate(newest=Max("versions__number"))

    @admin.display(description="Newest version")
    def shown_newest(self, obj: Any) -> str:
        return str(obj.newest or "draft only")

    @admin.display(description="Problems of the draft")
    @once_per_row
    def shown_problems(self, obj: Process) -> SafeString:
        return problems_of(obj.draft) if obj.draft else SafeString("There is no draft.")

    @admin.display(description="Published")
    @once_per_row
    def shown_versions(self, obj: Process) -> SafeString:
        """Every version, the way to read it and to have it as YAML."""
        rows = [
            (
                link(
                    reverse("admin:releases_processversion_change", args=[one.pk]), str(one.number)
                ),
                instant(one.published_at),
                one.published_by,
                one.digest[:12],
                link(reverse("admin:releases_processversion_export", args=[one.pk]), "Export"),
            )
            for one in obj.versions.defer("document")
        ]
        return table(["Version", "At", "By", "Digest", "YAML"], rows) if rows else NO_VALUE


@admin.register(ProcessVersion)
class ProcessVersionAdmin(Configuration, ReadOnlyAdmin):
    """Published versions: for ever as they are."""

    fields = (
        "process", "number", "digest", "published_at", "published_by", "shown_changes",
        "shown_text",
    )  # fmt: skip
    list_display = ("process", "number", "published_at", "published_by")
    list_filter = ("process",)
    list_select_related = ("process",)
    search_fields = ("process__slug", "process__name", "digest")
    ordering = ("-pk",)

    def get_urls(self) -> list[URLPattern]:
        export = path(
            "<path:object_id>/export/",
            self.admin_site.admin_view(self.export_view),
            name="releases_processversion_export",
        )
        return [export, *super().get_urls()]

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The version as a YAML file."""
        version = self.get_object(request, unquote(object_id))
        if version is None:
            raise Http404
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        name = f"{version.process.slug}-{version.number}.yaml"
        return HttpResponse(
            export_version(version),
            content_type="application/yaml; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @admin.display(description="YAML, with the names of today")
    @once_per_row
    def shown_text(self, obj: ProcessVersion) -> SafeString:
        address = reverse("admin:releases_processversion_export", args=[obj.pk])
        return format_html("{}<p>{}</p>", text_block(export_version(obj)), link(address, "Export"))

    @admin.display(description="Changes from the version before")
    @once_per_row
    def shown_changes(self, obj: ProcessVersion) -> SafeString:
        before = obj.process.versions.filter(number__lt=obj.number).order_by("-number").first()
        if before is None:
            return SafeString("This is the first version.")
        changes = diff_processes(document_of(before).data, document_of(obj).data)  # type: ignore[arg-type]
        rows = [(each.path, each.kind, _brief(each.before), _brief(each.after)) for each in changes]
        return table(["Key", "", "Before", "After"], rows)


def _brief(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 200 else text[:200] + "…"
