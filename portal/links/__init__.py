"""Links between concepts and services: with a status, what shows it, and how it changed.

::

    tables, link (the types) -> store
    store -> scanning (services are read, links are made), reading (what clients see)
    reading -> schemas, answers -> api
    reading -> proposing (a suggestion becomes a claim) -> api

Pages and other readers use ``reading.service.Links`` (``Services.links``), which returns frozen
dataclasses and shows a caller only what they may see:

- ``links.of_entity("component:default/payments")``: ``EntityLinks``, its scan, links and gaps;
- ``links.of_concept("concept:default/retry")``: its links, that is services with a status;
- ``links.gaps_of_concept(…)``: of which services it is expected that do not implement it;
- ``links.detail(link.id)``: ``LinkDetail``, with findings, checks, and what was looked for;
- ``links.coverage(CoverageQuery(by="owner"))``: ``Coverage``, concepts by services;
- ``links.changes(since="2026-11-30")``: ``LinkChange``, the newest first.

Every ``LinkFinding`` has a ``place`` with ``path``, ``line``, ``commit`` and ``url``, the page of
the forge that shows that line at that commit, and a ``message`` in Korean and English. ``link``
explains statuses and members.
"""
