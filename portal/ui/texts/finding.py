"""Texts of the pages that find and explain: start, search, concepts."""

from __future__ import annotations

from collections.abc import Mapping

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
    # --- search
    "search": ("검색", "Search"),
    "search.label": ("용어집과 카탈로그에서 찾기", "Search the glossary and the catalog"),
    "search.placeholder": (
        "예: 피처 스토어, 서킷 브레이커, Kafka",
        "e.g. feature store, idempotency, Kafka",
    ),
    "search.title": ("“{term}” 검색 결과", "Results for “{term}”"),
    "search.count": ("{total}건을 찾았습니다", "{total} results"),
    "search.count.one": ("1건을 찾았습니다", "1 result"),
    "search.none": ("“{term}”에 맞는 결과가 없습니다", "Nothing found for “{term}”"),
    "search.none.help": (
        "다른 표기나 더 짧은 말로, 또는 영어로 다시 찾아보세요. 아래 개념에서 고를 수도 있습니다.",
        "Try another spelling, a shorter word, or Korean. Or pick one of the concepts below.",
    ),
    "search.empty": ("무엇을 찾으시나요?", "What are you looking for?"),
    "search.empty.help": (
        "낱말을 입력하거나 아래 개념에서 고르세요.",
        "Type a word, or pick one of the concepts below.",
    ),
    "search.cut": (
        "검색어가 너무 길어 앞의 {limit}자만으로 찾았습니다.",
        "The query was too long; only its first {limit} characters were used.",
    ),
    "search.concepts": ("개념", "Concepts"),
    "search.others": ("카탈로그", "Catalog"),
    "search.narrow": ("결과 좁히기", "Narrow the results"),
    "search.undo": ("{value} 조건 풀기", "No longer only {value}"),
    "search.docs": ("문서", "Documentation"),
    "search.meant": ("혹시 이것을 찾으셨나요?", "Did you mean"),
    "search.why": ("찾은 이유", "Why this"),
    "search.recent": ("최근에 찾은 말", "Recent searches"),
    "search.forget": ("기록 지우기", "Forget them"),
    "why.name": ("이름이 같거나 비슷합니다: {value}", "The name fits: {value}"),
    "why.keyboard": (
        "다른 자판으로 입력한 말로 읽었습니다: {value}",
        "Read as typed on the other keyboard: {value}",
    ),
    "why.initials": ("초성으로 읽었습니다: {value}", "Read as Korean initials: {value}"),
    "why.spelling": (
        "오타를 고쳐 읽었습니다: {value}",
        "Read with its spelling corrected: {value}",
    ),
    "why.compound": ("합성어의 뒷부분입니다: {value}", "It ends a compound word: {value}"),
    "why.related": ("관련된 말이 있습니다: {value}", "It has a related word: {value}"),
    "why.tool": ("이 도구로 구현합니다: {value}", "It is done with this tool: {value}"),
    "why.text": ("글에 이 말이 있습니다: {value}", "Its text has: {value}"),
    "facet.type": ("유형", "Type"),
    "facet.kind": ("종류", "Kind"),
    "facet.owner": ("관리", "Owner"),
    "facet.tag": ("태그", "Tag"),
    "facet.lifecycle": ("수명 주기", "Lifecycle"),
    # --- start
    "start.concepts": ("핵심 개념", "Core concepts"),
    "start.count": ("{total}개 개념", "{total} concepts"),
    "start.by": ("개념을 보는 방법", "Order of the concepts"),
    "start.by.order": ("용어집 순서", "In order"),
    "start.by.theme": ("주제별", "By theme"),
    "start.by.name": ("가나다순", "A–Z"),
    "start.changes": ("최근 변경", "Changed lately"),
    "start.changes.all": ("이력 보기", "History"),
    "start.care": ("살펴볼 것", "Needs care"),
    "start.care.problems": ("내용의 문제 {total}건", "{total} problems in the content"),
    "start.care.problems.one": ("내용의 문제 1건", "1 problem in the content"),
    "start.care.sources": ("모든 소스의 상태", "State of all sources"),
    "start.create": (
        "바로 시작할 수 있는 프로젝트 템플릿이 있습니다.",
        "There are templates for projects that run at once.",
    ),
    "start.create.link": ("프로젝트 만들기", "Start a project"),
    "start.noConcepts": ("아직 개념이 없습니다.", "There are no concepts yet."),
    "start.none": (
        "아직 읽어 온 내용이 없습니다. 잠시 뒤 새로 고치거나 portal sync를 실행하세요.",
        "There is nothing here yet. Reload in a moment, or run portal sync.",
    ),
    "start.catalog": (
        "이 개념을 구현한 서비스와 그 소유자는 카탈로그에 있습니다.",
        "The services that implement these concepts, and their owners, are in the catalog.",
    ),
    "start.catalog.link": ("카탈로그 보기", "Browse the catalog"),
    "start.api": (
        "모든 내용은 REST API로도 읽을 수 있습니다.",
        "Everything can be read through the REST API as well.",
    ),
    "start.api.link": ("API 문서 보기", "Read the API docs"),
    # --- the state of the content
    "notice": ("내용의 상태", "State of the content"),
    "notice.stale.source": (
        "{name}: {since}부터 읽지 못해, 마지막으로 읽은 내용을 보여 드립니다.",
        "{name} could not be read since {since}; the last good content is shown.",
    ),
    "notice.unread.source": (
        "{name}: {since}부터 읽지 못했습니다. 읽은 적이 없어 보여 드릴 내용이 없습니다.",
        "{name} could not be read since {since}, and never before: there is nothing of it to show.",
    ),
    "notice.reason": ("이유", "Reason"),
    "notice.sources": ("소스의 상태 보기", "State of the sources"),
    "notice.stale.provider": (
        "{name}: {since}부터 저장소 목록을 읽지 못해, 마지막 목록을 씁니다.",
        "The repositories of {name} could not be read since {since}; the last list is used.",
    ),
    "notice.stale.pages": (
        "{name}: {since}부터 문서를 모두 읽지는 못해, 검색에 빠진 문서가 있습니다.",
        "Not all documentation of {name} could be read since {since}; the search lacks some.",
    ),
    "notice.stale.index": (
        "{name}: {since}부터 새 내용을 색인하지 못해, 검색 결과가 오래되었습니다.",
        "The {name} could not be brought up to date since {since}; its results are older.",
    ),
    "notice.stale.mirror": (
        "{name}: {since}부터 로컬 사본을 정리하지 못하고 있습니다.",
        "The local copy of {name} could not be tidied since {since}.",
    ),
    "notice.stale.schedule": (
        "{name}: {since}부터 정기 읽기를 시작하지 못하고 있습니다.",
        "The reading of {name} could not be scheduled since {since}.",
    ),
    "notice.stale.tasks": (
        "{since}부터 작업을 실행하는 과정에 문제가 있어({name}) 다시 시도하고 있습니다.",
        "Running tasks has failed ({name}) since {since}; it is tried again.",
    ),
    "notice.stale.sign-in": (
        "{name}: {since}부터 로그인이 되지 않습니다.",
        "Signing in with {name} has not worked since {since}.",
    ),
    "notice.stale.retention": (
        "{since}부터 오래된 기록을 지우지 못했습니다({name}).",
        "What is old could not be removed ({name}) since {since}.",
    ),
    "notice.stale.evidence": (
        "{name}: {since}부터 코드를 살펴보지 못해, 개념과의 연결이 오래되었습니다.",
        "{name} could not be scanned since {since}; its links to concepts are older.",
    ),
    "notice.held": (
        "{source}: 커밋 {commit}이 {removals}개를 삭제하려 해서 확인을 기다립니다.",
        "{source}: commit {commit} would remove {removals} entities and waits to be confirmed.",
    ),
    "notice.problems": ("내용에서 문제 {total}건을 찾았습니다", "{total} problems in the content"),
    "notice.problems.one": ("내용에서 문제 1건을 찾았습니다", "1 problem in the content"),
    "notice.more": ("그 밖에 {total}건", "and {total} more"),
    # --- a concept
    "concept.overview": ("세 줄 요약", "In three lines"),
    "concept.explanation": ("심층 설명", "In depth"),
    "concept.relevance": ("Vibe Coder에게 왜 중요한가", "Why it matters to a vibe coder"),
    "concept.symptoms": ("이런 고민이 있다면", "You may be looking for this when…"),
    "concept.useCases": ("실제 사용 용례", "In practice"),
    "concept.labels": ("다른 이름", "Also called"),
    "concept.abbreviation": ("약어", "Abbreviation"),
    "concept.alternatives": ("다른 표기", "Alternatives"),
    "concept.otherTitle": ("{language} 이름", "In {language}"),
    "starter.title": ("프로젝트 시작하기", "Begin a project"),
    "starter.open": ("여기에서 시작하기", "Start it here"),
    "starter.terminal": ("터미널에서 시작하기", "From a terminal"),
    "starter.how": (
        "터미널에서 프로젝트를 만듭니다. 필요한 것은 하나씩 묻습니다.",
        "Makes a project, from the terminal. It asks for what it needs.",
    ),
    "concept.links": ("이어지는 개념", "Connected concepts"),
    "concept.implementers": ("이 개념을 구현한 곳", "Who implements it"),
    "concept.noImplementers": (
        "아직 이 개념을 구현했다고 선언한 서비스가 없습니다.",
        "No service has declared that it implements this concept.",
    ),
    "concept.sources": ("더 읽을거리", "Read more"),
    "concept.neighbours": ("앞뒤 개념", "Neighbouring concepts"),
    "concept.previous": ("이전 개념", "Previous concept"),
    "concept.next": ("다음 개념", "Next concept"),
    "concept.entity": ("카탈로그 항목으로 보기", "As a catalog entity"),
    "concept.fallback": (
        "이 개념은 아직 한국어로 쓰이지 않아 {language} 글을 보여 드립니다.",
        "This concept has not been written in English yet; the {language} text is shown.",
    ),
    "concept.picture": ("개념의 관계", "How it relates"),
    "concept.edit": ("이 개념 고치기", "Edit this concept"),
    "concept.copy": ("주소 복사", "Copy the address"),
    "concept.print": ("인쇄", "Print"),
    "concept.tools": ("도구", "Tools"),
    "facts": ("한눈에", "At a glance"),
    "owner": ("관리", "Owner"),
    "type": ("유형", "Type"),
    "tags": ("태그", "Tags"),
    "json": ("JSON으로 보기", "View as JSON"),
    "missing": ("카탈로그에 없음", "not in the catalog"),
    "more": ("외 {total}개", "and {total} more"),
}
