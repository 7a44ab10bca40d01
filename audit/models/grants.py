"""What every object-permission row of django-guardian has here besides: its time."""

from __future__ import annotations

from django.db import models


class Timed(models.Model):
    """Valid from `valid_from` (null: ever) until before `valid_until` (null: for good)."""

    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
