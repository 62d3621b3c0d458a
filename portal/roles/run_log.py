"""Logs runs of sources and lists of providers, one line each."""

from __future__ import annotations

import logging

from portal.catalog.outcomes import RunOutcome
from portal.catalog.processing.run_report import RunReport
from portal.catalog.sources.discovery import ListingReport

_LOG = logging.getLogger(__name__)


def log_listing(report: ListingReport) -> None:
    """Log the result of listing a provider's repositories; nothing if it is unchanged."""
    if report.outcome is RunOutcome.FAILED:
        _LOG.warning("provider %s: %s; its last list stays", report.provider, report.error)
    elif report.outcome is RunOutcome.HELD:
        _LOG.warning(
            "provider %s: its list would remove %d repositories and is held; accept it "
            "with 'portal sync --confirm %s'",
            report.provider,
            len(report.removed),
            report.held_id,
        )
    elif report.outcome is RunOutcome.CHANGED:
        counts = (len(report.added), len(report.removed))
        _LOG.info("provider %s: %d repositories added, %d removed", report.provider, *counts)


def log_run(report: RunReport) -> None:
    """Log the result of a run; nothing if it changed nothing and found no problems."""
    if report.outcome is RunOutcome.FAILED:
        _LOG.warning("source %s: %s", report.source, report.error)
    elif report.outcome is RunOutcome.HELD:
        _LOG.warning(
            "source %s: %d entities would be removed, which is held; accept it with "
            "'portal sync --confirm %s'",
            report.source,
            len(report.removed),
            report.confirm or report.commit[:12],
        )
    elif report.added or report.changed or report.removed or report.items:
        _LOG.info(
            "source %s at %s: %d added, %d changed, %d removed, %d problems, %.1f s",
            report.source,
            report.commit[:12],
            len(report.added),
            len(report.changed),
            len(report.removed),
            len(report.items),
            report.seconds,
        )
