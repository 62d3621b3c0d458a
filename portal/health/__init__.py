"""Whether the portal does its work, and what to do where it does not.

::

    tables -> heartbeats (which processes live) -> pulse (says that this one does)
    heartbeats -> observation (what there is to know, read at once) -> findings (what is wrong)
    findings, observation, pulse -> service (what ``doctor`` and metrics ask) -> api (health checks)
    findings -> api
    service -> gauges (the state as metrics) -> metrics_api
"""
