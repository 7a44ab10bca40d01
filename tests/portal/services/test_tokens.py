"""Tokens: shown once, kept as a digest, narrowed by scopes, ended by time or by hand (SEC-3, B-16)."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from audit.canonical import text_digest
from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.models import LedgerEntry
from portal.models import ApiToken
from portal.services.people import set_user_active
from portal.services.tokens import (
    DEFAULT_DAYS,
    PREFIX,
    issue_token,
    looks_like_token,
    revoke_token,
    scopes_of,
)
from tests import builders as b
from tests.refusals import refused
from tests.scenes import instant, people, pipe

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.mark.req("SEC-3", "A-096")
def test_the_secret_is_kept_nowhere() -> None:
    ann = people("ann").ann
    token, secret = issue_token(user=ann, name="laptop", actor=b.actor_for(ann), now=instant())
    token.refresh_from_db()
    assert secret.startswith(PREFIX)
    assert looks_like_token(secret)
    assert token.digest == text_digest(secret)
    assert token.last_four == secret[-4:]
    assert token.expires_at == instant() + dt.timedelta(days=DEFAULT_DAYS)
    body = secret.removeprefix(PREFIX)
    kept = json.dumps([list(ApiToken.objects.values()), list(token.history.values())], default=str)
    told = " ".join(LedgerEntry.objects.values_list("text", flat=True))
    assert body not in kept + told
    assert token.digest not in told
    assert "digest" not in {field.name for field in token.history.model._meta.fields}


@pytest.mark.req("SEC-3")
def test_every_secret_is_another_and_a_typing_error_is_known_as_one() -> None:
    ann = people("ann").ann
    secrets = [issue_token(user=ann, name="t", actor=b.SYSTEM)[1] for _ in range(20)]
    assert len(set(secrets)) == 20
    assert len(secrets[0]) >= len(PREFIX) + 43 + 8
    wrong = secrets[0][:-9] + ("a" if secrets[0][-9] != "a" else "b") + secrets[0][-8:]
    for mistyped in (wrong, "", PREFIX, secrets[0][:-1], secrets[0].removeprefix(PREFIX)):
        assert not looks_like_token(mistyped)


@pytest.mark.req("SEC-3", "B-16")
def test_no_scopes_are_no_rights_and_left_out_scopes_are_all() -> None:
    ann = people("ann").ann

    def scopes(given: list[str] | None) -> frozenset[str] | None:
        return scopes_of(issue_token(user=ann, name="t", actor=b.SYSTEM, scopes=given)[0])

    assert scopes(None) is None
    assert scopes([]) == frozenset()
    assert scopes(["read", "decide", "read"]) == {"read", "decide"}
    token = issue_token(user=ann, name="t", actor=b.SYSTEM, scopes=["read"])[0]
    token.scopes = '["gone"]'
    assert scopes_of(token) == frozenset()
    assert not b.actor_for(ann, scopes=frozenset()).has_scope("read")
    assert b.actor_for(ann, scopes=frozenset({"report"})).has_scope("read")
    assert not b.actor_for(ann, scopes=frozenset({"report"})).has_scope("decide")


@pytest.mark.req("SEC-3", "CAP-3")
@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": -1}, "days"),
        ({"days": 3651}, "days"),
    ],
)
def test_a_token_that_cannot_be_is_refused(values: dict[str, object], field: str) -> None:
    ann = people("ann").ann
    with refused("invalid", Invalid) as caught:
        issue_token(**{"user": ann, "name": "t", "actor": b.SYSTEM, **values})
    assert set(caught.refusal.errors) == {field}


@pytest.mark.req("SEC-3", "A-060")
def test_tokens_are_for_oneself_and_for_active_accounts() -> None:
    who = people("ann", "ben")
    with refused("not_yours", NotPermitted):
        issue_token(user=who.ben, name="t", actor=b.actor_for(who.ann))
    root = b.superuser()
    with refused("not_yours", NotPermitted):  # or a superuser would vote as anybody
        issue_token(user=who.ben, name="t", actor=b.actor_for(root))
    issue_token(user=root, name="mine", actor=b.actor_for(root))
    robot = pipe()
    with refused("not_yours", NotPermitted):
        issue_token(user=robot, name="ci", actor=b.actor_for(who.ann))
    issue_token(user=robot, name="ci", actor=b.actor_for(root))
    set_user_active(user_id=who.ben.pk, active=False, actor=b.SYSTEM)
    who.ben.refresh_from_db()
    with refused("invalid", Invalid):
        issue_token(user=who.ben, name="t", actor=b.SYSTEM)


@pytest.mark.req("SEC-3")
def test_a_token_is_revoked_once_by_its_owner() -> None:
    who = people("ann", "ben")
    token = issue_token(user=who.ann, name="t", actor=b.SYSTEM)[0]
    with refused("not_found", NotFound):
        revoke_token(token_id=token.pk, actor=b.actor_for(who.ben))
    with refused("not_found", NotFound):
        revoke_token(token_id=token.pk + 1000, actor=b.SYSTEM)
    with refused("invalid", Invalid):
        revoke_token(token_id=token.pk, reason="\x00", actor=b.actor_for(who.ann))
    revoked = revoke_token(token_id=token.pk, actor=b.actor_for(who.ann), reason="Lost.")
    assert revoked.revoked_at is not None
    assert token.history.first().history_change_reason == "Lost."
    with refused("already_revoked", Conflict):
        revoke_token(token_id=token.pk, actor=b.actor_for(who.ann))
