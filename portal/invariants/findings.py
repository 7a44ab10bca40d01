"""One thing that does not hold, and how it is mended."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass

# The schedule alone gives a tick about every minute and a half.
TWO_TICKS = dt.timedelta(minutes=3)

LOOK = (
    "No service does this: find out who wrote to the database (the ledger says what should be "
    "there), and restore what was changed."
)
TICK = (
    "Run manage.py tick and see that a worker runs; if this comes back, it is a mistake to report."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not hold: the rule (`I2`), a stable code, about what, a sentence, and its mend."""

    rule: str
    code: str
    subject: str
    detail: str
    mend: str = LOOK

    def __str__(self) -> str:
        return f"{self.rule} {self.subject}: {self.detail}"

    def as_document(self) -> dict[str, str]:
        """For `--json`."""
        return asdict(self)
