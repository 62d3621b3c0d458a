"""Evidence: what in a component's files shows which concepts it implements.

::

    finding (what was found, and where) -> rule (what to look for), scopes (which paths count)
    finding -> judging (findings become a status and a confidence)
    languages (source code), finding -> manifests (declared packages)
    manifests -> configuration (keys and values), analyses (reports: SARIF, Scorecard)
    languages -> wiring (is it used?)
    languages, manifests, analyses, rule -> matching (which rules may match a file)
    finding -> facts (what one file shows, and the memory of it)
    matching, configuration, facts, scopes, wiring -> reading (a file becomes facts)
    reading -> scanning (a component's files become findings)
    scanning -> proof (rules and their examples)
    proof -> checks (graded checks, levels, where a concept is expected)
    judging, checks -> formats (text, JSON, SARIF)

``scanning.scan.scan(tree, folder, rules)`` reads a component at a commit (or a working tree: any
``portal.scm.snapshot.FileTree``) and returns a ``Scan``: findings with path, line, commit,
rule, scope, strength and a sentence in Korean and English. ``judging.judge`` makes statuses of
it, ``checks.criteria.Criteria.grade`` a level, and ``checks.expectation.unmet`` the gaps; both
read ``Scan.observations``, what the rules of ``Criteria.rules`` that are no evidence found.
The caller keeps ``Scan.memory``, and may keep ``scanning.seen.Seen``, and hands it to the next
scan; besides that, everything here is pure.
"""
