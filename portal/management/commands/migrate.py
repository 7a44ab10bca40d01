"""`manage.py migrate`: the cache's table, the root scope and the built-in roles besides."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from approvals.models import Role
from approvals.services.roles import ensure_builtin_roles
from portal.commands import command_actor


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        tables = connections[options["database"]].introspection.table_names()
        partly = options.get("app_label") or options.get("plan") or options.get("check_unapplied")
        if not partly and Role._meta.db_table in tables:
            # Here, since the account that serves may not be allowed to make tables.
            call_command("createcachetable", database=options["database"], verbosity=0)
            ensure_builtin_roles(actor=command_actor())
