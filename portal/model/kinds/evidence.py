"""Rules of evidence: the members of ``spec.evidence`` of a concept.

Each rule has exactly one form, which says what is looked for in a repository;
``docs/users/evidence.md`` describes them for authors.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError
from marshmallow import fields

from portal.model.schema import DescriptorSchema
from portal.model.schema import Flag
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole

STRENGTHS = ("strong", "supporting")
#: Package-url types a dependency may be of.
ECOSYSTEMS = (
    "pypi",
    "npm",
    "maven",
    "golang",
    "nuget",
    "cargo",
    "gem",
    "docker",
    "helm",
    "github",
    "terraform",
)
#: ``java`` stands for the languages of the JVM, ``javascript`` for TypeScript too.
LANGUAGES = ("python", "javascript", "java", "go", "csharp", "rust", "ruby", "php")


class _Dependency(DescriptorSchema):
    ecosystem = Text(required=True, choices=ECOSYSTEMS)
    names = ListOf(Text, required=True)


class _Import(DescriptorSchema):
    """Imported modules; in files that have a word of every list of ``words``, if it is given."""

    language = Text(required=True, choices=LANGUAGES)
    names = ListOf(Text, required=True)
    words = ListOf(ListOf(Text))


class _Code(DescriptorSchema):
    """Syntax patterns of ast-grep; in files that import one of ``imports``, if it is given."""

    language = Text(required=True, choices=LANGUAGES)
    pattern = Text()
    patterns = ListOf(Text)
    imports = ListOf(Text)


class _Definition(DescriptorSchema):
    """A class or function of the component's own, which another place of it uses.

    ``names`` are globs over its name; its file holds a word of every list of ``words``.
    """

    names = ListOf(Text, required=True)
    words = ListOf(ListOf(Text))


class _Text(DescriptorSchema):
    """Words in files, outside of comments: one of ``words``, and one of each list of ``also``.

    Without ``files`` these are all files of source code; documentation is read only where
    ``documentation`` is true. With ``near`` the words of ``also`` stand at most so many lines
    above or below; without it anywhere in the file.
    """

    files = ListOf(Text)
    documentation = Flag()
    words = ListOf(Text, required=True)
    also = ListOf(ListOf(Text))
    near = Whole()


class _Configuration(DescriptorSchema):
    """Keys in configuration files; with a value among ``values`` and not among ``without``."""

    files = ListOf(Text, required=True)
    keys = ListOf(Text, required=True)
    values = ListOf(Text)
    without = ListOf(Text)


class _File(DescriptorSchema):
    """Files by glob, at least ``least`` of them.

    With ``beside``, only where a name of each list (globs) is in the file's folder or beside
    that folder.
    """

    paths = ListOf(Text, required=True)
    beside = ListOf(ListOf(Text))
    least = Whole()


class _Report(DescriptorSchema):
    """Results of an analysis, by a SARIF file or OpenSSF Scorecard's JSON in the repository.

    ``results`` are globs over the ids of rules or checks, ``tools`` over the name of the tool;
    ``least`` is the least score of a check of Scorecard, 10 when it is absent.
    """

    results = ListOf(Text, required=True)
    tools = ListOf(Text)
    least = Whole()


#: The forms of evidence in a repository; each rule has exactly one.
FORMS = ("dependency", "import", "code", "definition", "text", "configuration", "file", "report")


class _Example(DescriptorSchema):
    found = Flag(required=True)
    files = MapOf(Text(min_length=0), required=True, min_size=1)


class _RuleMembers(DescriptorSchema):
    id = Text()
    dependency = ObjectOf(_Dependency)
    code = ObjectOf(_Code)
    definition = ObjectOf(_Definition)
    text = ObjectOf(_Text)
    configuration = ObjectOf(_Configuration)
    file = ObjectOf(_File)
    report = ObjectOf(_Report)
    strength = Text(choices=STRENGTHS)
    because = MapOf(Text())
    examples = ListOf(ObjectOf(_Example))


class RuleMembers(
    _RuleMembers.from_dict({"import": ObjectOf(_Import)}, name="Evidence")  # type: ignore[misc]
):
    """The members of a rule: its forms, of which one is given, and what all have."""


class EvidenceRule(fields.Field[dict[str, Any]]):
    """A rule of evidence: exactly one form, and its strength."""

    _schema = RuleMembers()

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            msg = "must be object - type: object"
            raise ValidationError(msg)
        forms = [form for form in FORMS if form in value]
        if len(forms) != 1:
            msg = f"must have exactly one of {', '.join(FORMS)}"
            raise ValidationError(msg)
        if errors := self._schema.validate(value):
            raise ValidationError(errors)
        return value
