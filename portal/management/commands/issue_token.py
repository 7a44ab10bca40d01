"""`manage.py issue_token USERNAME --name LABEL`: prints a new API token, once (SEC-3)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import BaseCommand

from audit.actor import SCOPES
from audit.errors import Refusal
from portal.commands import command_actor, refused
from portal.services.tokens import DEFAULT_DAYS, issue_token


class Command(BaseCommand):
    """Standard output is the token and nothing else, so that a script can keep it."""

    help = "Issue an API token for a person or machine user and print it; it is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For whom, called what, for which uses and how long."""
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--name", required=True, metavar="LABEL", help="what it is called")
        parser.add_argument(
            "--scope",
            action="append",
            metavar="SCOPE",
            help=f"one of {', '.join(SCOPES)}; may be repeated; all when left out",
        )
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue and print it."""
        username = options["username"]
        user = get_user_model()._default_manager.filter(username__iexact=username).first()
        if user is None:
            raise refused(f"There is no user {username!r}.")
        try:
            _, secret = issue_token(
                user=user,
                name=options["name"],
                scopes=options["scope"],
                days=options["days"],
                actor=command_actor(),
            )
        except Refusal as refusal:
            raise refused(refusal) from refusal
        self.stdout.write(secret)
