"""A new installation: who sees what it still needs, and who may press something there (SEC-1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings

from portal.demo.loading import load_demo
from portal.models import User
from tests import builders as b
from tests.permissions.test_matrix import row_counts, undone

WHO = ("anonymous", "outsider", "manager", "admin", "auditor", "pipeline", "superuser", "both")
# Whoever sets things up sees it; an auditor who may configure besides writes nothing, so sets nothing up.
SETS_UP = "in 404 404 200 404 404 200 404"
SENDS = "in 404 404 302 404 404 302 404"
SUPERUSERS = "in 404 404 404 404 404 200 404"
NO_DEMO = "in 404 404 404 404 404 409 404"

CASES = (
    ("GET", "/setup/", SETS_UP),
    ("GET", "/setup/test-mail/", SENDS),
    ("POST", "/setup/test-mail/", SENDS),
    ("GET", "/setup/demo/load/", SUPERUSERS),
    ("POST", "/setup/demo/load/", SUPERUSERS.replace("200", "302")),
    ("GET", "/setup/demo/remove/", NO_DEMO),
    ("POST", "/setup/demo/remove/", NO_DEMO),
    ("POST", "/demo/see-as/", "404 " * len(WHO)),
)


@pytest.fixture
def clients(db: None) -> Iterator[dict[str, Client]]:
    """A browser for each of them; nobody has tried anything yet."""
    people = {name: b.person(name, email=f"{name}@example.com") for name in WHO[1:5]}
    for role, name in (
        ("release-manager", "manager"), ("process-admin", "admin"), ("auditor", "auditor"),
    ):  # fmt: skip
        b.give(role, people[name])
    people["pipeline"] = b.pipeline_user("robot")
    people["superuser"] = b.superuser("root")
    people["both"] = b.person("both", email="both@example.com")
    b.give("auditor", people["both"])
    b.give("process-admin", people["both"])
    cache.clear()
    found = {"anonymous": Client()}
    for name, user in people.items():
        found[name] = Client()
        found[name].force_login(user)
    yield found
    cache.clear()


@pytest.mark.django_db
@pytest.mark.req("SEC-1", "ADM-1", "A-070")
@override_settings(COUNTERSIGN_EMBEDDED=True, COUNTERSIGN_BASE_URL="http://localhost")
def test_set_up_answers_everybody_as_the_table_says(clients: dict[str, Client]) -> None:
    wrong = []
    before = row_counts()
    for method, path, line in CASES:
        for who, expected in zip(WHO, line.split(), strict=True):
            mail.outbox.clear()
            with undone():
                answer = clients[who].generic(method, path)
                done = method == "POST" and answer.status_code == 302 and expected == "302"
                kept = done or (row_counts() == before and mail.outbox == [])
            leads_in = answer.headers.get("Location", "").startswith("/accounts/login/")
            got = "in" if leads_in or answer.status_code == 401 else str(answer.status_code)
            if got != expected or not kept:
                wrong.append(f"{method} {path} as {who}: {got}, not {expected}; kept: {kept}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
@pytest.mark.req("SEC-1", "MON-5")
@override_settings(COUNTERSIGN_EMBEDDED=True, COUNTERSIGN_BASE_URL="http://localhost")
def test_with_the_demo_set_up_is_for_superusers_alone(clients: dict[str, Client]) -> None:
    load_demo(actor=b.actor_for(User.objects.get(username="root")))
    for who, client in clients.items():
        if who != "anonymous":
            expected = 200 if who == "superuser" else 404
            assert client.get("/setup/").status_code == expected, who
            assert client.get("/setup/demo/remove/").status_code == expected, who
