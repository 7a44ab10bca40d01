"""`manage.py serve`: web, worker and scheduler together (contract.md, Commands)."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command

from portal.demo import PASSWORD
from portal.demo.company import MACHINE, PEOPLE, SIGN_INS, SUPERUSER
from portal.reach import is_private, is_this_machine
from portal.schedule import ensure_schedule
from portal.serve import Plan, PortTaken, Supervisor, listen, web_child, worker_child
from portal.startup import NotReady, run_startup_checks

_OPEN_DEMO = (
    f"\nWARNING: other machines reach this demo, and everybody knows its password. As “{SUPERUSER}” they "
    f"may do everything.\nFor a demo of your own leave HOST out; for others run manage.py changepassword "
    f"{SUPERUSER} first; for work use a new database."
)


class Command(BaseCommand):
    """Starts everything, watches over it, ends it on Ctrl-C."""

    help = "Start web, worker and scheduler together; Ctrl-C ends them. HOST and PORT are honoured."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What an installation may want to set."""
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--web-processes", type=int, default=Plan.web_processes)
        parser.add_argument("--threads", type=int, default=Plan.threads, help="in each web process")
        parser.add_argument(
            "--stale-after",
            type=float,
            default=Plan.stale_after,
            help="seconds without a heartbeat after which the worker is started anew",
        )
        parser.add_argument(
            "--beat-every", type=float, default=Plan.beat_every, help="seconds between ticks"
        )
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="migrate first, and load the demo when an embedded database is empty",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare when asked, check, then supervise until told to stop."""
        plan = Plan(
            host=options["host"],
            port=options["port"],
            web_processes=options["web_processes"],
            threads=options["threads"],
            beat_every=options["beat_every"],
            stale_after=options["stale_after"],
        )
        os.environ["HOST"] = plan.host  # the children's settings say the same
        try:
            listener = listen(plan)
        except PortTaken as error:
            raise CommandError(str(error)) from error
        if options["prepare"]:
            self._prepare()
        try:
            run_startup_checks()
        except NotReady as error:
            raise CommandError(str(error)) from error
        ensure_schedule()
        supervisor = Supervisor(
            plan, web_child(plan, listener), worker_child(), lambda: self._announce(plan)
        )
        status = supervisor.run()
        listener.close()
        if status:
            raise CommandError("The web server did not start; its output above says why.")

    def _prepare(self) -> None:
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        empty = not get_user_model()._default_manager.exists()
        if empty and settings.COUNTERSIGN_EMBEDDED:
            self.stdout.write("Loading the demo …")
            call_command("seed_demo", verbosity=0)

    def _announce(self, plan: Plan) -> None:
        self.stdout.write(f"\nCountersign is at {plan.address}   (Ctrl-C ends it)")
        shown = {one.username: one.does for one in (*PEOPLE, MACHINE) if one.username in SIGN_INS}
        people = get_user_model()._default_manager.filter(username__in=shown, is_active=True)
        if any(person.check_password(PASSWORD) for person in people.order_by("username")[:1]):
            self.stdout.write(f"Demo sign-ins, password “{PASSWORD}”:")
            known = {person.username for person in people}
            for username in SIGN_INS:
                if username in known:
                    self.stdout.write(f"  {username:<10}{shown[username]}")
            if not (is_this_machine(plan.host) and is_private()):
                self.stdout.write(self.style.WARNING(_OPEN_DEMO))
        self.stdout.write("")
        self.stdout.flush()
