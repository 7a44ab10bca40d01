"""The architecture holds in the whole tree, and the rules catch what they are meant to catch."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tools.architecture import (
    APPS,
    BOOKKEEPING,
    LONGEST_MODULE,
    ROOT,
    UPWARD_ALLOWED,
    findings_in,
    findings_in_tree,
)

PLANTED = {
    "app order": [
        ("audit/services/x.py", "from approvals.models import Approval"),
        ("approvals/services/x.py", "import releases.models"),
        ("releases/selectors.py", "from portal.models import User"),
        ("audit/permissions.py", "from releases import selectors"),
        ("approvals/facts.py", "def f():\n    from releases.facts import g\n    return g"),
    ],
    "layer order": [
        ("approvals/models/x.py", "from approvals.services.decisions import cast_decision"),
        ("approvals/rules/x.py", "from approvals.models import Approval"),
        ("releases/rules/x.py", "from audit.locking import lock"),
        ("releases/facts.py", "from approvals.services import decisions"),
        ("audit/events.py", "from audit import history"),
        ("portal/models/x.py", "from releases.services.lifecycle import start_release"),
        ("releases/services/x.py", "from releases.admin.releases import ReleaseAdmin"),
    ],
    "pure": [
        ("approvals/rules/x.py", "from django.db import models"),
        ("audit/actor.py", "import django"),
        ("releases/rules/deep/x.py", "from django.utils import timezone"),
        ("audit/errors.py", "from rest_framework import status"),
    ],
    "clock": [
        ("approvals/rules/x.py", "import datetime as dt\nmoment = dt.datetime.now(dt.UTC)"),
        ("releases/rules/x.py", "import time\nstarted = time.time()"),
        ("releases/rules/x.py", "from datetime import date\nday = date.today()"),
    ],
    "absolute": [("approvals/services/x.py", "from .decisions import cast_decision")],
    "write in a door": [
        ("portal/views/x.py", "def view(request, activity):\n    activity.save()"),
        ("portal/api/x.py", "Activity.objects.create(state='completed')"),
        ("portal/api/x.py", "queryset.filter(pk=1).update(state='completed')"),
        ("portal/api/x.py", "activity.delete()"),
        ("portal/forms/x.py", "form.save(commit=True)"),
        ("portal/tasks.py", "Release.objects.bulk_update(releases, ['state'])"),
        ("approvals/admin/x.py", "Role.objects.get_or_create(slug='qa')"),
        ("approvals/admin/x.py", "super().save_model(request, obj, form, change)"),
        ("releases/management/commands/x.py", "queryset._raw_delete('default')"),
        ("portal/management/commands/x.py", "user.groups.add(group)"),
        ("portal/views/x.py", "async def view(request, activity):\n    await activity.asave()"),
    ],
    "bulk write": [
        ("releases/services/x.py", "Release.objects.filter(pk=1).update(state='running')"),
        ("approvals/services/x.py", "Decision.objects.bulk_create(rows)"),
        ("releases/selectors.py", "Release.objects.bulk_update(rows, ['state'])"),
    ],
    "actor": [
        ("releases/services/x.py", "def start(*, release_id):\n    save_tracked(rows, ['state'])"),
        ("releases/services/x.py", "def start(release_id, actor):\n    release.save()"),
        (
            "approvals/services/x.py",
            "@transaction.atomic\ndef start(*, release_id):\n    return other(release_id)",
        ),
    ],
    "signal": [
        ("releases/services/x.py", "@receiver(post_save)\ndef react(sender, **kwargs): ..."),
        (
            "approvals/apps.py",
            "from django.db.models.signals import post_save\npost_save.connect(react)",
        ),
        ("portal/apps.py", "something.connect(react, dispatch_uid='x')"),
        ("releases/models/x.py", "@dispatch.receiver(signal)\ndef react(sender, **kwargs): ..."),
    ],
    "save writes more": [
        (
            "releases/models/x.py",
            """
            class Activity(Model):
                def save(self, *args, **kwargs):
                    super().save(*args, **kwargs)
                    self.phase.save()
            """,
        ),
        (
            "approvals/models/x.py",
            """
            class Role(Model):
                def delete(self):
                    Seat.objects.filter(role=self).delete()
            """,
        ),
    ],
    "manager": [
        ("portal/views/x.py", "release = Release.objects.get(pk=key)"),
        ("portal/api/x.py", "class View:\n    queryset = Release._default_manager.all()"),
        ("portal/forms/x.py", "field = ModelChoiceField(Group.objects.all())"),
    ],
    "guardian": [
        ("approvals/permissions.py", "from guardian.shortcuts import get_objects_for_user"),
        ("portal/api/x.py", "import guardian.core"),
        ("releases/models/x.py", "from guardian.shortcuts import assign_perm"),
        ("audit/services/x.py", "from guardian.models import UserObjectPermission"),
    ],
    "name": [
        ("releases/utils.py", "X = 1"),
        ("approvals/rules/helpers.py", "X = 1"),
        ("portal/api/common.py", "X = 1"),
    ],
    "layer": [("releases/miscellany.py", "X = 1")],
    "size": [("releases/services/x.py", "X = 1\n" * (LONGEST_MODULE + 1))],
}

ALLOWED = [
    ("portal/views/x.py", "context.update({'title': title})"),
    ("portal/api/x.py", "cache.delete(key)"),
    ("portal/api/x.py", "digest.update(data)"),
    ("portal/views/x.py", "from releases.services.lifecycle import start_release"),
    ("releases/services/x.py", "from approvals.services.decisions import cast_decision"),
    ("releases/services/x.py", "def start(*, release_id, actor):\n    save_tracked(rows)"),
    ("releases/services/x.py", "def settle(release, journal):\n    save_tracked(rows)"),
    ("releases/services/x.py", "def _part(rows):\n    save_tracked(rows)"),
    ("releases/services/x.py", "def facts_of(rows):\n    return [row.pk for row in rows]"),
    ("approvals/rules/x.py", "import re2\nfrom audit.errors import Invalid"),
    ("approvals/rules/x.py", "import datetime as dt\nlater = dt.timedelta(hours=1)"),
    ("audit/permissions.py", "from guardian.utils import get_user_obj_perms_model"),
    ("releases/models/permission_rows.py", "from guardian.models import UserObjectPermissionBase"),
    ("audit/apps.py", "post_migrate.connect(install, dispatch_uid='triggers')"),
    ("audit/history.py", "model.objects.bulk_create(rows)"),
    ("portal/health.py", "psycopg.connect(url)"),
    ("releases/migrations/0001_initial.py", "from portal.models import User"),
    (
        "releases/models/x.py",
        "class A(Model):\n    def save(self, *args):\n        super().save(*args)",
    ),
]


def test_the_tree_keeps_to_the_architecture() -> None:
    assert [str(finding) for finding in findings_in_tree()] == []


@pytest.mark.req("B-11")
@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [(rule, path, source) for rule, planted in PLANTED.items() for path, source in planted],
)
def test_a_planted_breach_is_caught(rule: str, path: str, source: str) -> None:
    assert rule in {finding.rule for finding in findings_in(path, dedent(source))}


@pytest.mark.parametrize(("path", "source"), ALLOWED)
def test_what_is_right_is_left_alone(path: str, source: str) -> None:
    assert findings_in(path, dedent(source)) == []


def test_every_exception_names_a_file_that_exists_and_says_why() -> None:
    excepted = {**BOOKKEEPING, **{path: why for (path, _), why in UPWARD_ALLOWED.items()}}
    for place, why in excepted.items():
        path, _, function = place.partition("::")
        assert (ROOT / path).is_file(), place
        assert f"def {function}" in (ROOT / path).read_text(encoding="utf-8"), place
        assert why


def test_every_app_is_looked_at() -> None:
    assert [app for app in APPS if not (ROOT / app / "apps.py").is_file()] == []
