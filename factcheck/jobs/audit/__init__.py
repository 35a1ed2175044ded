"""The audit of a run: every quote re-read from its source, every verdict derived again from its evidence.

It trusts the ledger in nothing, changes nothing, and does not run the model: that a probability is the model's is shown
by a new run, which gives the same bytes.
"""

from factcheck.jobs.audit.findings import AuditReport, Finding, Kind, Standing
from factcheck.jobs.audit.job import audit

__all__ = ["AuditReport", "Finding", "Kind", "Standing", "audit"]
