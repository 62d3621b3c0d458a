"""The settings of what the portal tells of its work: logs, metrics and traces."""

from __future__ import annotations

from dataclasses import dataclass

from portal.config.declaring import setting
from portal.config.derived import DerivedSettings
from portal.config.values import SWITCH
from portal.config.values import one_of


@dataclass(frozen=True, slots=True)
class Reporting(DerivedSettings):
    """A part of ``Config``."""

    log_format: str = setting(
        "text",
        one_of("text", "json"),
        "Form of the [log](monitoring.md#logs): lines of text, or of JSON.",
    )
    log_level: str = setting(
        "info",
        one_of("debug", "info", "warning", "error"),
        "The least that is logged.",
    )
    access_log: bool = setting(
        False,
        SWITCH,
        "Log every request when its answer begins.",
    )
    metrics: str = setting(
        "permitted",
        one_of("permitted", "loopback", "off"),
        "Who reads [`/metrics`](monitoring.md#metrics): who has the permission "
        "`portal.metrics.read`; whoever connects from this machine, without credentials and not "
        "through a proxy; or nobody, and nothing is counted.",
    )
    tracing: str = setting(
        "off",
        one_of("off", "otlp"),
        "Whether [spans](monitoring.md#traces) are sent to a collector of OpenTelemetry; needs "
        "the extra `tracing`.",
    )
