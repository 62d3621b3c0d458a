"""Schemas of requests and answers about links."""

from __future__ import annotations

from portal.links.reading.coverage import GROUPINGS
from portal.model.schema import Anything
from portal.model.schema import DescriptorSchema
from portal.model.schema import Flag
from portal.model.schema import ListOf
from portal.model.schema import MapOf
from portal.model.schema import ObjectOf
from portal.model.schema import Text
from portal.model.schema import Whole
from portal.web.requests import QuerySchema
from portal.web.requests import QueryText
from portal.web.requests import QueryTexts
from portal.web.requests import QueryWhole
from portal.web.requests import StrictBodySchema

_NUMBER = {"type": "number"}


class CoverageParameters(QuerySchema):
    """What of the coverage is asked for; each of the first four may be repeated."""

    concept = QueryTexts(metadata={"description": "Names or refs of concepts."})
    owner = QueryTexts(metadata={"description": "Refs of owners; group is the default kind."})
    system = QueryTexts(metadata={"description": "Names or refs of systems."})
    domain = QueryTexts(metadata={"description": "Names or refs of domains."})
    at = QueryText(metadata={"description": "A time, or the beginning of a commit's id."})
    by = QueryText(choices=tuple(GROUPINGS), metadata={"description": "How services are grouped."})
    format = QueryText(choices=("json", "csv"))


class ChangesParameters(QuerySchema):
    """Which changes are asked for."""

    since = QueryText(metadata={"description": "A time: only later changes."})
    concept = QueryText(metadata={"description": "The name or ref of a concept."})
    entity = QueryText(metadata={"description": "The ref of a service."})
    limit = QueryWhole()


class PullRequestBody(StrictBodySchema):
    """With whose rights a pull request is opened."""

    token = Text(metadata={"description": "A token for the forge; the operator's if not given."})


class PullRequestAnswer(DescriptorSchema):
    """A claim that was proposed; ``url`` is null where the portal could open no request."""

    branch = Text(required=True)
    target = Text(required=True)
    patch = Text(required=True)
    url = Text(allow_none=True)
    note = Text(allow_none=True)


class FindingAnswer(DescriptorSchema):
    """A place that a rule matches; ``url`` is the page of the forge at that commit and line."""

    path = Text(required=True)
    line = Whole(required=True)
    commit = Text(required=True)
    url = Text(allow_none=True)
    rule = Text(required=True)
    form = Text(required=True)
    scope = Text(required=True, choices=("runtime", "optional", "development", "test"))
    strength = Text(required=True, choices=("strong", "supporting"))
    weakened = Text(allow_none=True)
    matched = Text(required=True)
    message = MapOf(Text(), required=True)


class JudgmentAnswer(DescriptorSchema):
    """What a person said of a link; ``reopenedBy`` names the rule that it does not hold for."""

    status = Text(required=True, choices=("confirmed", "refuted"))
    reason = Text(required=True)
    by = Text(required=True)
    date = Text(required=True)
    commit = Text()
    rules = ListOf(Text)
    path = Text(required=True)
    line = Whole(required=True)
    reopenedBy = Text()


class LinkAnswer(DescriptorSchema):
    """A concept and a service; ``level`` is null where the concept has no checks."""

    id = Text(required=True)
    concept = Text(required=True)
    entity = Text(required=True)
    status = Text(
        required=True,
        choices=("verified", "confirmed", "declared", "suggested", "template", "refuted"),
    )
    confidence = Anything(required=True, metadata=_NUMBER)
    level = Whole(allow_none=True)
    commit = Text(allow_none=True)
    declared = Flag(required=True)
    since = Text(required=True)
    template = Text(allow_none=True)
    judgment = ObjectOf(JudgmentAnswer, allow_none=True)


class ScanAnswer(DescriptorSchema):
    """How the files of a service were read last."""

    completeness = Text(required=True, choices=("complete", "partial", "failed", "unreadable"))
    repository = Text()
    folder = Text()
    commit = Text()
    tree = Text()
    ruleSet = Text()
    scannedAt = Text()
    checkedAt = Text()
    seconds = Anything(metadata=_NUMBER)
    files = Whole()
    read = Whole()
    gaps = ListOf(MapOf(Text()))
    error = Text()
    failingSince = Text()


class GapAnswer(DescriptorSchema):
    """A concept that is expected of a service and not there, and why."""

    concept = Text(required=True)
    entity = Text(required=True)
    expectation = Text(required=True)
    message = MapOf(Text(), required=True)
    findings = ListOf(ObjectOf(FindingAnswer))


class CheckAnswer(DescriptorSchema):
    """The result of a check of the concept."""

    id = Text(required=True)
    level = Whole(required=True)
    result = Text(required=True, choices=("passed", "failed", "skipped", "unimplemented"))
    reason = Text(allow_none=True)
    title = MapOf(Text())
    description = MapOf(Text())
    remedy = MapOf(Text())
    findings = ListOf(ObjectOf(FindingAnswer))


class ConceptServicesAnswer(DescriptorSchema):
    """The services of a concept, and those it is expected of."""

    concept = Text(required=True)
    items = ListOf(ObjectOf(LinkAnswer), required=True)
    gaps = ListOf(ObjectOf(GapAnswer), required=True)


class EntityConceptsAnswer(DescriptorSchema):
    """The concepts of a service, and those expected of it."""

    entity = Text(required=True)
    scan = ObjectOf(ScanAnswer, allow_none=True)
    items = ListOf(ObjectOf(LinkAnswer), required=True)
    gaps = ListOf(ObjectOf(GapAnswer), required=True)


class LinkDetailAnswer(LinkAnswer):
    """A link with all that shows it."""

    scan = ObjectOf(ScanAnswer, allow_none=True)
    findings = ListOf(ObjectOf(FindingAnswer), required=True)
    checks = ListOf(ObjectOf(CheckAnswer), required=True)
    lookedFor = ListOf(MapOf(Text()), required=True)


class CellAnswer(DescriptorSchema):
    """One concept and one service of the coverage."""

    link = Text(required=True)
    concept = Text(required=True)
    entity = Text(required=True)
    status = Text(required=True)
    level = Whole(allow_none=True)
    confidence = Anything(required=True, metadata=_NUMBER)


class ServiceAnswer(DescriptorSchema):
    """A service of the coverage; refs that the caller may not see are null."""

    ref = Text(required=True)
    title = Text(required=True)
    owner = Text(allow_none=True)
    system = Text(allow_none=True)
    domain = Text(allow_none=True)
    completeness = Text(allow_none=True)


class CoverageAnswer(DescriptorSchema):
    """Which services implement which concepts; ``counts`` is by concept and status."""

    at = Text(allow_none=True)
    concepts = MapOf(MapOf(Text()), required=True)
    services = ListOf(ObjectOf(ServiceAnswer), required=True)
    cells = ListOf(ObjectOf(CellAnswer), required=True)
    counts = MapOf(MapOf(Whole()), required=True)
    groups = ListOf(MapOf(Anything()))


class ChangeAnswer(DescriptorSchema):
    """A change of a link; before and after are null where there was, or is, none."""

    link = Text(required=True)
    concept = Text(required=True)
    entity = Text(required=True)
    before = Text(allow_none=True)
    after = Text(allow_none=True)
    levelBefore = Whole(allow_none=True)
    levelAfter = Whole(allow_none=True)
    checks = MapOf(MapOf(Text()), required=True)
    commit = Text(allow_none=True)
    committedAt = Text(allow_none=True)
    recordedAt = Text(required=True)


class ChangesAnswer(DescriptorSchema):
    """What changed, the newest first."""

    items = ListOf(ObjectOf(ChangeAnswer), required=True)
