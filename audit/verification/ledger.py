"""Verifies the whole record: chains, rows, events, versions, personal values (AUD-3, A-105, A-110).

What can be found without a copy outside the database, and what can't: `docs/ledger.md`.
"""

from __future__ import annotations

from audit.verification.announcements import AnnouncementCollector
from audit.verification.chains import walk_streams
from audit.verification.keys import KeySet
from audit.verification.personal import OriginCollector, check_personal
from audit.verification.report import Report
from audit.verification.rows import RowCollector, protected_tables
from audit.verification.snapshot import one_snapshot
from audit.verification.versions import check_versions


def verify_ledger() -> Report:
    """Verify everything as of one moment. Reads alone; memory does not grow with the ledger.

    (But for one bit a protected row.) Never raises for what it finds, only for a database that
    can't be read.
    """
    report = Report()
    with one_snapshot():
        verify_chains(report)
        check_personal(report)
        check_versions(report)
    return report


def verify_chains(report: Report) -> None:
    """Verify every stream, and the protected rows and announced events against what entries say."""
    tables = protected_tables()
    rows = RowCollector(report, tables)
    announcements = AnnouncementCollector(report, tables)
    origins = OriginCollector(report)
    walk_streams(report, (rows, announcements, origins))
    rows.flush()
    for table in tables.values():
        existing = KeySet(table.keys())
        rows.report_uncovered(table, existing)
        announcements.report_differences(table.name, existing)
    origins.finish()
