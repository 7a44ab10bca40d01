"""API tokens are issued, shown once, revoked (SEC-3)."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import zlib
from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from approvals.rules.texts import check_reason, unsafe_text
from audit.actor import SCOPES, Actor
from audit.canonical import canonical_text, text_digest
from audit.compiled import Compiled
from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.history import create_tracked, save_tracked, update_rows
from audit.journal import Journal
from audit.locking import database_now, lock, moment
from audit.models import PORTAL_STREAM
from audit.services.record import record
from portal.models import ApiToken, User

PREFIX = "csgn_pat_"
DEFAULT_DAYS = 90
MOST_DAYS = 3650
# Using a token is noted at most this often: a write at every request would be a lock at every one.
USE_NOTED_EVERY = dt.timedelta(minutes=1)


def new_secret() -> str:
    """A fresh secret: prefix, 256 random bits, CRC-32, so that scanners know one when they see it."""
    body = secrets.token_urlsafe(32)
    return f"{PREFIX}{body}{zlib.crc32(body.encode()):08x}"


def looks_like_token(secret: str) -> bool:
    """Whether the prefix and the check sum are right: tells a typing error without a query."""
    body, check = secret.removeprefix(PREFIX)[:-8], secret[-8:]
    return secret.startswith(PREFIX) and f"{zlib.crc32(body.encode()):08x}" == check


@transaction.atomic
def issue_token(
    *,
    user: User,
    name: str,
    actor: Actor,
    scopes: Sequence[str] | None = None,
    days: int = DEFAULT_DAYS,
    now: dt.datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token for a user; returns it with the secret, which is kept nowhere.

    People issue their own, superusers besides those of machine users: a token of somebody else
    would vote as them. Only the system (a command) issues for other people. Refusals:
    NotPermitted, Invalid (name, scopes, days, a deactivated user).
    """
    if not _may_issue(actor, user):
        raise NotPermitted(
            "not_yours", "You may issue tokens for yourself only; superusers for machine users too."
        )
    _check(user, name, scopes, days)
    journal = Journal(actor=actor, at=now or database_now())
    secret = new_secret()
    token: ApiToken = create_tracked(
        journal,
        [
            ApiToken(
                user=user,
                name=name,
                digest=text_digest(secret),
                last_four=secret[-4:],
                scopes=None if scopes is None else canonical_text(sorted(set(scopes))),
                created_at=journal.at,
                expires_at=journal.at + dt.timedelta(days=days),
            )
        ],
    )[0]
    journal.add("token.issued", token=str(token.public_id), user=user.pk, days=days)
    record(journal, stream=PORTAL_STREAM)
    return token, secret


def _may_issue(actor: Actor, user: User) -> bool:
    if actor.kind == "system" or actor.user_id == user.pk:
        return True
    return actor.is_superuser and user.kind == User.Kind.MACHINE


def _check(user: User, name: str, scopes: Sequence[str] | None, days: int) -> None:
    errors: dict[str, list[str]] = {}
    if not user.is_active:
        errors["user"] = [f"{user.username} is deactivated."]
    if not name.strip() or len(name) > 100 or unsafe_text(name):
        errors["name"] = ["Give a name of at most 100 characters."]
    unknown = sorted(set(scopes or ()) - set(SCOPES))
    if unknown:
        errors["scopes"] = [f"There is no scope {unknown[0]!r}; they are {', '.join(SCOPES)}."]
    if not 1 <= days <= MOST_DAYS:
        errors["days"] = [f"A token lasts 1 to {MOST_DAYS} days."]
    if errors:
        raise Invalid(errors=errors)


@transaction.atomic
def revoke_token(
    *, token_id: int, actor: Actor, reason: str = "", now: dt.datetime | None = None
) -> ApiToken:
    """End a token at once. Refusals: NotFound for somebody else's, Conflict `already_revoked`."""
    found = ApiToken.objects.filter(pk=token_id).first()
    mine = found is not None and found.user_id == actor.user_id
    if found is None or not (mine or actor.is_superuser or actor.kind == "system"):
        raise NotFound
    check_reason(reason, needed=False)
    token = lock(ApiToken.objects.all(), pk=token_id)
    if token.revoked_at is not None:
        raise Conflict("already_revoked", "This token is revoked already.")
    journal = Journal(actor=actor, at=moment(token, now))
    token.revoked_at = journal.at
    save_tracked(journal, [token], ["revoked_at"], reason)
    journal.add("token.revoked", token=str(token.public_id), user=token.user_id)
    record(journal, stream=PORTAL_STREAM)
    return token


def scopes_of(token: ApiToken) -> frozenset[str] | None:
    """What a token reaches; None for all. What is no known scope reaches nothing (B-16)."""
    if token.scopes is None:
        return None
    return frozenset(json.loads(token.scopes)) & frozenset(SCOPES)


# Every call of the API begins with it.
_TOKEN_THAT_HOLDS = Compiled(
    lambda digest: (
        ApiToken.objects.select_related("user")
        .annotate(read_at=Now())
        .filter(digest=digest, revoked_at__isnull=True, expires_at__gt=Now())
    ),
    digest=str,
)


def token_by_secret(secret: str) -> ApiToken | None:
    """The token with this secret that still holds, with its account; one query, by the digest.

    None for one that is unknown, revoked or expired. `read_at` is the database's time.
    """
    return _TOKEN_THAT_HOLDS.first(digest=text_digest(secret))


def note_token_use(*, token: ApiToken, actor: Actor, now: dt.datetime | None = None) -> bool:
    """Keep when a token was last used, at most once a minute; returns whether it was written.

    Bookkeeping: no version and no ledger entry. The actor must be the token's own.
    """
    if actor.user_id != token.user_id:
        raise NotPermitted("not_yours", "This is somebody else's token.")
    used_at = now or token.read_at  # type: ignore[attr-defined]
    if token.last_used_at is not None and used_at - token.last_used_at < USE_NOTED_EVERY:
        return False
    token.last_used_at = used_at
    update_rows([token], ["last_used_at"])
    return True
