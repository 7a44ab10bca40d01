"""`/processes/`: what releases are made from, as YAML (REL-6)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from audit.errors import NotFound
from portal.api.base import ActView, ApiView, NoParameters
from portal.api.documented import PAGING, acting, page_of, reading
from portal.api.inputs import ProcessText, VersionQuery
from portal.api.outputs import ProcessRow, ProcessShown, ProcessValidated
from portal.api.parsers import LARGEST_PROCESS_BODY
from portal.api.shown import instant
from releases.documents import document_of, export_version
from releases.models import Process, ProcessVersion
from releases.rules.process_grammar import parse_process, publishable
from releases.selectors import newest_versions, processes_for, version_of
from releases.services.processes import publish_process


def show_processes(processes: list[Process]) -> list[dict[str, Any]]:
    """Processes as rows of a list."""
    newest = newest_versions(processes)
    return [
        {
            "id": process.pk,
            "slug": process.slug,
            "name": process.name,
            "version": newest[process.pk].number if process.pk in newest else None,
            "published_at": instant(newest[process.pk].published_at)
            if process.pk in newest
            else None,
        }
        for process in processes
    ]


def show_version(version: ProcessVersion) -> dict[str, Any]:
    """One version with its YAML, in which everybody has today's name."""
    return {
        "slug": version.process.slug,
        "name": document_of(version).data["name"],
        "version": version.number,
        "digest": version.digest,
        "published_at": instant(version.published_at),
        "published_by": version.published_by,
        "yaml": export_version(version),
    }


@extend_schema_view(
    get=extend_schema(
        summary="The processes in use", parameters=PAGING, responses=reading(page_of(ProcessRow))
    ),
    post=extend_schema(
        summary="Publish a process",
        description="200 when the text is the newest version already; nothing is written then.",
        request=ProcessText,
        responses=acting({201: ProcessShown, 200: ProcessShown}, 413),
    ),
)
class Processes(ActView):
    """Processes; publishing one needs `configure`."""

    largest_body = LARGEST_PROCESS_BODY

    def get(self, request: Request) -> Response:
        """One page of processes, the oldest first."""
        self.query(NoParameters)
        return self.page(processes_for(self.actor), show_processes, ("pk",))

    def act(self, **kwargs: Any) -> Response:
        """Publish a version."""
        given = self.read(ProcessText, self.require_configure)
        published = publish_process(text=given["yaml"], actor=self.actor)
        status = 201 if published.created else 200
        return Response(show_version(published.version), status=status)


@extend_schema_view(
    get=extend_schema(
        summary="A version of a process as YAML",
        parameters=[OpenApiParameter("version", int, description="The newest when left out.")],
        responses=reading(ProcessShown, 404),
    )
)
class ProcessDetail(ApiView):
    """One process."""

    def get(self, request: Request, slug: str) -> Response:
        """The version asked for, or the newest."""
        wanted = self.query(VersionQuery).get("version")
        process = processes_for(self.actor).filter(slug=slug).first()
        version = version_of(slug, wanted) if process is not None else None
        if version is None:
            raise NotFound
        return Response(show_version(version))


@extend_schema_view(
    post=extend_schema(
        summary="Check a process without publishing it",
        description="422 with the line and key of every finding, as publishing would answer.",
        request=ProcessText,
        responses=acting({200: ProcessValidated}, 413),
    )
)
class ProcessValidation(ActView):
    """What is wrong with a process, for whoever may publish one."""

    largest_body = LARGEST_PROCESS_BODY

    def act(self, **kwargs: Any) -> Response:
        """Parse it; names of people are looked up when it is published."""
        given = self.read(ProcessText, self.require_configure)
        self.require_configure()
        parsed = parse_process(given["yaml"])
        publishable(parsed)
        return Response({"valid": True, "slug": parsed.document["slug"]})
