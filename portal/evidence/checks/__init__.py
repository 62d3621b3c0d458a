"""Checks of a concept, how far a component passes them, and where a concept is expected.

::

    condition (rules, what evidence found, what the entity is; all, any, not)
    condition -> check (a check, its result, the level of a component), expectation (gaps)
    check, expectation -> criteria (all that concepts say about evidence)
    criteria -> proof (checks and expectations and their examples)

A caller makes ``Criteria`` of the concepts, scans with ``Criteria.rules``, and hands the
``Scan`` to ``check.grade`` and ``expectation.unmet``: both are pure and read no file.
"""
