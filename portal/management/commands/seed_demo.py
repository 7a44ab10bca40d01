"""`manage.py seed_demo [--remove]`: one company with ninety days of history (contract.md, Commands)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from audit.errors import Refusal
from portal.commands import command_actor, refused
from portal.demo import PASSWORD
from portal.demo.company import MACHINE, PEOPLE
from portal.demo.seeding import remove, seed
from releases.selectors import releases_for


class Command(BaseCommand):
    """Makes the demo, or takes it out of sight; either of them twice changes nothing more."""

    help = "Load the demo into an installation without releases, or remove it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to load or to remove."""
        parser.add_argument(
            "--remove",
            action="store_true",
            help="deactivate the demo people, revoke their tokens, archive the demo products",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what was done."""
        try:
            said = self._remove() if options["remove"] else self._seed()
        except Refusal as refusal:
            raise refused(refusal) from refusal
        if options["verbosity"] > 0:
            self.stdout.write("\n".join(said))

    def _seed(self) -> list[str]:
        if not seed():
            return ["The demo is here already; nothing was changed."]
        states = sorted(releases_for(command_actor()).values_list("state", flat=True))
        counted = ", ".join(
            f"{states.count(state)} {state.replace('_', ' ')}" for state in dict.fromkeys(states)
        )
        sign_ins = [f"  {one.username:<10}{one.name}, {one.does}" for one in (*PEOPLE, MACHINE)]
        return [
            f"Made {len(PEOPLE)} people and {len(states)} releases: {counted}.",
            f"Sign-ins, password “{PASSWORD}”:",
            *sign_ins,
        ]

    def _remove(self) -> list[str]:
        done = remove(actor=command_actor())
        return [
            f"Accounts deactivated: {done.people}. Tokens revoked: {done.tokens}. "
            f"Products archived: {done.products}. Their record stays."
        ]
