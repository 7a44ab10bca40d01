"""The history of Django's own groups, kept in this app so that its migration stays in the project."""

from __future__ import annotations

from django.contrib.auth.models import Group
from simple_history import register

from audit.models import tracked

register(Group, app="portal", records_class=lambda **_: tracked(app="portal"))
