"""Personal values and secrets stand nowhere in the record; what may be erased can be (A-096, I13)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from audit.models import LedgerEntry, PersonalRecord
from audit.triggers import protected_models
from audit.verification import verify_ledger
from portal.models import ApiToken
from portal.services.people import change_user
from releases.services.activities import write_comment
from releases.services.decisions import record_refused_decision
from tests import builders as b
from tests.audit.records import complete_record

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

CANARIES = {
    "ip": "203.0.113.213",
    "user_agent": "Canary-Browser/9.9",
    "session": "canary-session-5f2e",
}
SECRETS = ["canary.mail@example.com", "+49 170 1234567", "Canary-Pass-Phrase-1"]


def _texts() -> dict[str, str]:
    """Everything that the record holds, by table."""
    found = {}
    for model in protected_models():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            found[model._meta.db_table] = repr(cursor.fetchall())
    return found


def _live(actor: Any) -> str:
    """Everything that a person can do, and a token."""
    release = complete_record()
    maya = get_user_model().objects.get(username="maya")
    change_user(
        user_id=maya.pk, actor=b.SYSTEM, display_name="Maya Okafor", email=SECRETS[0],
        phone=SECRETS[1],
    )  # fmt: skip
    maya.refresh_from_db()
    maya.set_password(SECRETS[2])
    maya.save()
    write_comment(
        activity_id=b.activity(release, "cab").pk, text="Hm.", actor=b.actor_for(maya, **actor)
    )
    record_refused_decision(
        activity_id=b.activity(release, "qa").pk, verdict="reject", code="already_decided",
        actor=b.actor_for(maya, **actor),
    )  # fmt: skip
    return b.token_for(maya)


@pytest.mark.req("A-096", "I13", "AUD-1")
def test_no_personal_value_and_no_secret_stands_in_the_record() -> None:
    secret = _live(CANARIES)
    for table, text in _texts().items():
        for canary in (*CANARIES.values(), *SECRETS, secret, secret[9:], "192.0.2.7"):
            assert canary not in text, table
        for hashed in get_user_model().objects.values_list("password", flat=True):
            assert not hashed or hashed not in text, table
        for digest in ApiToken.objects.values_list("digest", flat=True):
            assert digest not in text, table


@pytest.mark.req("AUD-1")
def test_whoever_may_see_them_finds_the_personal_values_behind_the_digest() -> None:
    _live(CANARIES)
    documents = [json.loads(text) for text in LedgerEntry.objects.values_list("text", flat=True)]
    origins = {one["origin"] for one in documents if one["kind"] == "activity.commented"}
    kept = PersonalRecord.objects.filter(digest__in=origins)
    assert CANARIES in [json.loads(record.text) for record in kept]


@pytest.mark.req("AUD-3")
def test_the_chain_verifies_after_personal_values_are_erased() -> None:
    _live(CANARIES)
    before = verify_ledger()
    assert before.ok
    assert before.note_count == 0
    mine = PersonalRecord.objects.filter(text__contains=CANARIES["ip"])
    assert mine.delete()[0] == 2
    after = verify_ledger()
    assert after.ok
    assert [note.code for note in after.notes] == ["personal_erased"]
    assert "2 entries" in after.notes[0].detail
