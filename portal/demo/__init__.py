"""The demo: one believable company with ninety days of history, made by calling the services."""

from typing import Final

PASSWORD: Final = "demo"  # noqa: S105  (known to everyone, and only ever with demo data)
