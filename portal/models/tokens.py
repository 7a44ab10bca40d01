"""API tokens: prefixed, stored as a digest, scoped, expiring, shown once (SEC-3)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from audit.models import Guarded, tracked


class ApiToken(Guarded):
    """A credential of one person or machine user.

    The secret has 256 bits of randomness, so a plain SHA-256 keeps it (no slow hash is needed).
    `scopes` is a canonical JSON list; `null` means all that the person may do, and an empty list
    nothing at all.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_tokens"
    )
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    last_four = models.CharField(max_length=4)
    scopes = models.TextField(null=True, blank=True)  # noqa: DJ001  (null and [] differ)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    history = tracked(excluded_fields=["digest", "last_used_at"])

    class Meta(Guarded.Meta):
        verbose_name = "API token"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="token_expires_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_four})"
