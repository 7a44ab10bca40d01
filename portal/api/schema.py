"""How our views are told in OpenAPI: the setting DEFAULT_SCHEMA_CLASS."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema

from portal.api.documented import IDEMPOTENCY_KEY


class ApiSchema(AutoSchema):
    """Names each operation by method and view, and knows that every POST takes a key."""

    def get_operation_id(self) -> str:
        """`get_release_detail`, `post_decisions` …"""
        view = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.view).__name__).lower()
        return f"{self.method.lower()}_{view}"

    def get_override_parameters(self) -> list[Any]:
        """The idempotency key."""
        return [IDEMPOTENCY_KEY] if self.method == "POST" else []
