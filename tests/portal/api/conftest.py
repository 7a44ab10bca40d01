"""A small company for the API's tests."""

from __future__ import annotations

from typing import Any

import pytest

from releases.models import Activity, Release
from tests import builders as b


class Company:
    """Tom manages, Maya and Omar approve, Ines is on her own, the pipeline reports."""

    def __init__(self) -> None:
        self.tom = b.manager("tom")
        self.maya = b.person("maya", display_name="Maya Lind")
        self.omar = b.person("omar", display_name="Omar Reyes")
        self.ines = b.person("ines", display_name="Inês Costa")
        self.pipeline = b.pipeline_user()
        self.qa = b.group("QA", self.maya)
        self.product = b.product()
        self.version = b.process(
            b.phase(
                "verify",
                b.pipeline("tests", timeout="2h"),
                b.manual(
                    "qa",
                    {"group": "QA"},
                    {"user": "omar"},
                    rule="unanimous",
                    kind="sign_off",
                    fields=[
                        {
                            "key": "summary",
                            "type": "text",
                            "label": "Summary",
                            "required": "approve",
                        }
                    ],
                    deadline={"after": "24h", "on_miss": "reject"},
                ),
            ),
            b.phase("deploy", b.pipeline("go")),
        )

    def release(self, **details: Any) -> Release:
        """A started release of Tom's."""
        return b.release(self.tom, **details)

    def waiting(self, **details: Any) -> Activity:
        """The QA sign-off of a started release, open."""
        release = self.release(**details)
        b.report(b.activity(release, "tests"), self.pipeline)
        return b.activity(release, "qa")


@pytest.fixture
def company(db: None) -> Company:
    """The company, in the database."""
    return Company()
