"""Globs over paths: what they match, and that nothing makes them slow."""

from __future__ import annotations

import pytest

from portal.scm.globs import matcher


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.yaml", "a.yaml"),
        ("catalog/*/catalog-info.yaml", "catalog/mlops/catalog-info.yaml"),
        ("*.yaml", "a.yaml"),
        ("**/c.yaml", "c.yaml"),
        ("**/c.yaml", "a/b/c.yaml"),
        ("docs/**", "docs/a/b.md"),
        ("**", "a/b"),
        ("a/**/c", "a/c"),
        ("a/**/b/**/c", "a/b/b/x/c"),
        ("a?[cd].y", "abc.y"),
        ("a[!b]c", "axc"),
        ("a[a-c]", "ab"),
        ("*ab*ab", "abab"),
        ("*a*a", "aa"),
        ("*.한국어", "용어.한국어"),
        ("a[", "a["),
        ("[z-a]", "[z-a]"),
    ],
)
def test_a_glob_matches(pattern: str, path: str) -> None:
    assert matcher(pattern)(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.yaml", "axyaml"),
        ("catalog/*/c.yaml", "catalog/a/b/c.yaml"),
        ("*.yaml", "a/b.yaml"),
        ("**/c.yaml", "xc.yaml"),
        ("docs/**", "docs"),
        ("docs/**", "docsx/a"),
        ("a[!b]c", "abc"),
        ("a?c", "a/c"),
        ("*ab*ab", "aab"),
        ("*a*a", "a"),
        ("a/**/c", "a/b"),
        ("a", "a/b"),
        ("a/b", "a"),
    ],
)
def test_a_glob_does_not_match(pattern: str, path: str) -> None:
    assert not matcher(pattern)(path)


def test_no_pattern_tries_one_way_after_another() -> None:
    assert not matcher("*a" * 40 + "*b")("a" * 250)
    assert not matcher("**/a/" * 40 + "b")("a/" * 400 + "c")
    assert not matcher("**/*a*a*a*b/" * 10 + "x")("/".join(["a" * 200] * 20))
