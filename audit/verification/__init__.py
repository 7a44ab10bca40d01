"""Verification of the record: chains, rows, versions, personal values (AUD-3; `docs/ledger.md`)."""

from audit.verification.ledger import verify_ledger
from audit.verification.report import Place, Problem, Report

__all__ = ["Place", "Problem", "Report", "verify_ledger"]
