"""The settings of what is kept for how long, and where."""

from __future__ import annotations

from dataclasses import dataclass

from portal.config.declaring import setting
from portal.config.reporting import Reporting
from portal.config.values import TEXT
from portal.config.values import WEB_ADDRESS
from portal.config.values import number
from portal.config.values import optional

_DAYS = number(0, 36_500)


@dataclass(frozen=True, slots=True)
class Keeping(Reporting):
    """A part of ``Config``; see also ``audit_retention``."""

    history_retention: float = setting(
        1_095.0,
        _DAYS,
        "Days for which [changes of entities](retention.md#what-is-never-removed) are kept; the "
        "newest of each, and so the last version of what was removed, always is. 0 keeps all.",
    )
    link_history_retention: float = setting(
        1_095.0,
        _DAYS,
        "The same for changes of the links between concepts and services.",
    )
    run_retention: float = setting(
        90.0,
        _DAYS,
        "Days for which the reports of runs are kept; the last one of each source always is. 0 "
        "keeps all.",
    )
    delivery_retention: float = setting(
        30.0,
        _DAYS,
        "Days for which a [webhook](webhooks.md) that was delivered is remembered and not taken "
        "again; forges repeat them for three days. 0 remembers all for good.",
    )
    task_retention: float = setting(
        90.0,
        _DAYS,
        "Days after their end for which [tasks are kept](running.md#how-long-tasks-are-kept), "
        "with all they told; 0 keeps them for good.",
    )
    task_files_retention: float = setting(
        7.0,
        _DAYS,
        "Days after its end for which the files of a task can be downloaded; 0 keeps them as "
        "long as the task.",
    )
    notification_retention: float = setting(
        365.0,
        _DAYS,
        "Days for which [notifications](running.md#notifications) are kept after they were "
        "sent; 0 keeps them for good.",
    )
    files_bucket: str = setting(
        "",
        TEXT,
        "Bucket of S3, or of a server that speaks its protocol, that [files of tasks]"
        "(cluster.md#files-of-tasks-in-a-bucket) are kept in; empty keeps them in the database.",
    )
    files_endpoint: str = setting(
        "",
        optional(WEB_ADDRESS),
        "Address of that server; empty means Amazon's.",
    )
    files_prefix: str = setting(
        "",
        TEXT,
        "What the names of objects in the bucket begin with.",
    )
