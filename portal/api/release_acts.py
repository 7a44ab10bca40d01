"""What a release manager does with a release: start, hold, resume, put off, give up (REL-4, EXE-6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.response import Response

from audit.actor import Actor, Answer
from audit.permissions import require
from portal.api.base import ActView, Values
from portal.api.documented import acting
from portal.api.fields import Strict
from portal.api.inputs import Deferral, OptionalReason, Reason, Start
from portal.api.outputs import ReleaseShown
from portal.api.show_releases import release_page
from releases.models import Release
from releases.permissions import can_abort_release, can_manage_release, can_start_release
from releases.selectors import release_for
from releases.services.lifecycle import (
    abort_release,
    defer_release,
    hold_release,
    resume_release,
    start_release,
)
from releases.shown import release_to_show


class ReleaseAct(ActView):
    """One act on one release; answers with the release."""

    takes: ClassVar[type[Strict]] = OptionalReason
    service: ClassVar[Callable[..., Release]]

    def may(self, actor: Actor, release: Release) -> Answer:
        """Who may do this, for when the body is not valid; the service asks the same."""
        return can_manage_release(actor, release)

    def act(self, **kwargs: Any) -> Response:
        """Do it and show the release."""
        release_id: int = kwargs["release_id"]

        def first() -> None:
            require(self.may(self.actor, release_for(self.actor, release_id)))

        given: Values = self.read(self.takes, first)
        type(self).service(release_id=release_id, actor=self.actor, **given)
        shown = release_to_show(self.actor, release_id)
        return Response(release_page(self.actor, shown))


@extend_schema_view(
    post=extend_schema(
        summary="Start a release, now or later",
        request=Start,
        responses=acting({200: ReleaseShown}, 404),
    )
)
class StartRelease(ReleaseAct):
    """`start/ {at}`: an instant in the future schedules it."""

    takes = Start
    service = staticmethod(start_release)

    def may(self, actor: Actor, release: Release) -> Answer:
        """`start` or `manage`."""
        return can_start_release(actor, release)


@extend_schema_view(
    post=extend_schema(
        summary="Let nothing new start",
        request=OptionalReason,
        responses=acting({200: ReleaseShown}, 404),
    )
)
class HoldRelease(ReleaseAct):
    """`hold/ {reason}`."""

    service = staticmethod(hold_release)


@extend_schema_view(
    post=extend_schema(
        summary="End a hold", request=OptionalReason, responses=acting({200: ReleaseShown}, 404)
    )
)
class ResumeRelease(ReleaseAct):
    """`resume/ {reason}`: ends what `hold/` began, and nothing else."""

    service = staticmethod(resume_release)


@extend_schema_view(
    post=extend_schema(
        summary="Give a release up", request=Reason, responses=acting({200: ReleaseShown}, 404)
    )
)
class AbortRelease(ReleaseAct):
    """`abort/ {reason}`: aborted once it has started, cancelled before."""

    takes = Reason
    service = staticmethod(abort_release)

    def may(self, actor: Actor, release: Release) -> Answer:
        """Whoever manages it, and the owner of a failed phase."""
        return can_abort_release(actor, release, list(release.phases.all()))


@extend_schema_view(
    post=extend_schema(
        summary="Put a release off", request=Deferral, responses=acting({200: ReleaseShown}, 404)
    )
)
class DeferRelease(ReleaseAct):
    """`defer/ {until, reason}`."""

    takes = Deferral
    service = staticmethod(defer_release)
