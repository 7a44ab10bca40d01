"""`/config/roles/`: roles, who holds them, giving and ending them (ADM-1)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Invalid, NotFound, Refusal
from audit.permissions import require
from portal.actors import actor_from_request
from portal.forms.roles import GiveRoleForm, ReasonForm
from portal.moments import zone_for
from portal.pages.role_ending import ending_page
from portal.pages.roles import require_reader, role_of, role_page, roles_page
from releases.services.roles import Grantee, assign_role, end_role


@require_safe
@login_required
def roles(request: HttpRequest) -> HttpResponseBase:
    """Every role with its holders."""
    page = roles_page(request, actor_from_request(request, "page"), timezone.now())
    return render(request, "portal/config/roles.html", {"page": page})


@require_safe
@login_required
def role(request: HttpRequest, role_id: int) -> HttpResponseBase:
    """One role: holders, what waits on it, history, and the form to give it."""
    form = GiveRoleForm(actor=actor_from_request(request, "page"))
    return _role(request, role_id, form, 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def give(request: HttpRequest, role_id: int) -> HttpResponseBase:
    """Give the role; the form again, with what is wrong at its field, when it is refused."""
    if request.method != "POST":
        return redirect("config_role", role_id=role_id)
    actor = actor_from_request(request, "page")
    require(require_reader(actor))
    given = role_of(role_id)
    with timezone.override(zone_for(request.user)):
        form = GiveRoleForm(request.POST, actor=actor)
        if not form.is_valid() or form.holder is None:
            return _role(request, role_id, form, Invalid.status)
        try:
            assign_role(
                role=given,
                grantee=_grantee(form),
                scope=form.scope,
                valid_from=form.cleaned_data["valid_from"],
                valid_until=form.cleaned_data["valid_until"],
                actor=actor,
            )
        except NotFound:
            raise
        except Refusal as refusal:
            form.refuse(refusal)
            return _role(request, role_id, form, refusal.status)
    messages.success(request, f"{form.holder} holds the role {given}: open approvals ask at once.")
    return redirect("config_role", role_id=role_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def end(request: HttpRequest, assignment_id: int) -> HttpResponseBase:
    """Ask whether to end an assignment, saying what that does; and end it."""
    actor = actor_from_request(request, "page")
    page = ending_page(actor, assignment_id, timezone.now())
    if request.method != "POST":
        return _ending(request, page, ReasonForm(), 200)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _ending(request, page, form, Invalid.status)
    try:
        end_role(assignment_id=assignment_id, actor=actor, reason=form.cleaned_data["reason"])
    except Invalid as refusal:
        for sentence in refusal.errors.get("reason", [refusal.sentence]):
            form.add_error("reason", sentence)
        return _ending(request, page, form, refusal.status)
    messages.success(request, f"Ended: {page.holding.name} no longer holds {page.assignment.role}.")
    return redirect("config_role", role_id=page.assignment.role_id)


def _grantee(form: GiveRoleForm) -> Grantee:
    key = form.holder.pk if form.holder else None
    return Grantee(group_id=key) if isinstance(form.holder, Group) else Grantee(user_id=key)


def _role(request: HttpRequest, role_id: int, form: GiveRoleForm, status: int) -> HttpResponseBase:
    page = role_page(request, actor_from_request(request, "page"), role_id, timezone.now())
    context = {"page": page, "form": form}
    return render(request, "portal/config/role.html", context, status=status)


def _ending(request: HttpRequest, page: object, form: ReasonForm, status: int) -> HttpResponseBase:
    context = {"page": page, "form": form}
    return render(request, "portal/config/role_end.html", context, status=status)
