"""One company, small: a release with a decision, a comment and a result, and people at the admin's door."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from releases.services.activities import write_comment
from tests import builders as b


def client_for(user: Any) -> Client:
    """A browser in which a person is signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """A product with a release under way: "verify" has passed, "qa" is approved by Maya."""
    maya, tom, robot = b.person("maya", display_name="Maya"), b.manager(), b.pipeline_user()
    qa = b.group("qa", maya)
    b.product()
    version = b.process(
        b.phase(
            "main",
            b.pipeline("verify"),
            b.manual("qa", {"group": "qa"}, {"user": "tom"}, separation={"requester": False}),
        )
    )
    release = b.release(tom)
    b.report(b.activity(release, "verify"), robot)
    gate = b.activity(release, "qa")
    b.vote(gate, maya, comment="Looks right.")
    write_comment(activity_id=gate.pk, text="All well.", actor=b.actor_for(maya))
    return SimpleNamespace(
        maya=maya, tom=tom, robot=robot, qa=qa, version=version, release=release, gate=gate,
        product=release.product, process=version.process,
    )  # fmt: skip


@pytest.fixture
def ada(world: SimpleNamespace) -> Client:
    """A superuser's browser."""
    return client_for(b.superuser())


@pytest.fixture
def olga(world: SimpleNamespace) -> Client:
    """The browser of staff who may configure, and is no superuser."""
    user = b.person("olga", is_staff=True)
    b.give("process-admin", user)
    return client_for(user)


@pytest.fixture
def vera(world: SimpleNamespace) -> Client:
    """The browser of staff who may see releases, and nothing else."""
    user = b.person("vera", is_staff=True)
    b.role("viewer", rights=["view"])
    b.give("viewer", user)
    return client_for(user)


@pytest.fixture
def aud(world: SimpleNamespace) -> Client:
    """The browser of staff who audit."""
    user = b.person("aud", is_staff=True)
    b.give("auditor", user)
    return client_for(user)


@pytest.fixture
def nora(world: SimpleNamespace) -> Client:
    """The browser of staff without any right."""
    return client_for(b.person("nora", is_staff=True))


@pytest.fixture
def pete(world: SimpleNamespace) -> Client:
    """The browser of a person who is signed in and no staff, whatever else he may."""
    user = b.person("pete")
    b.give("process-admin", user)
    b.give("auditor", user)
    return client_for(user)
