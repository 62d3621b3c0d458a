"""An engineering glossary served as a Backstage-compatible developer portal.

Data flows down one road, and imports point back up it::

    forges (what is known of each kind), kernel -> config (settings)
    kernel -> scm (git)
    kernel, config, model (what an entity is) -> web
    kernel -> jobs (who hands out what is to be done) -> links, roles
    scm, model -> evidence
    web -> audit (who did what) -> auth, permission
    config, web -> auth -> settings, notifications, permission (who may do what)
    notifications (what open pages are told) -> roles
    permission -> catalog, search
    permission, server -> quotas (how many requests are answered) -> roles, app
    web -> server (processes, connections, threads) -> roles, app
    config, scm -> integrations (forges: hosts, tokens, APIs) -> catalog
    scm, catalog -> search
    catalog -> glossary, scaffolder, webhooks
    search, glossary, scaffolder, settings, webhooks -> roles (what a process is made of)
    catalog, search, glossary -> techdocs (documentation) -> roles, ui
    search, glossary -> mentions (of concepts in texts) -> roles, ui
    scaffolder, search, server -> health (whether work is done) -> roles, app, cli
    evidence, scaffolder -> links (concepts and services) -> roles, ui
    search, glossary, scaffolder -> ui (pages)
    auth -> signals, ui
    audit, health, links, notifications, webhooks -> retention (what is kept how long) -> roles
    roles, ui, notifications, signals -> app
    roles -> reports -> authoring
    evidence, authoring -> evidence_command
    links, authoring -> coverage_command
    audit, auth, roles -> token_command
    kernel -> backup, roles -> backup_command
    app, authoring, backup_command, coverage_command, evidence_command -> cli
    token_command -> cli -> __main__

The same arrows, stage by stage: ``docs/contributors/architecture.md``.
"""

__version__ = "0.1.0"
