"""Every word of the pages, in one table: key to Korean and English.

What the content says is not here; it comes from the glossary and the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping

_LANGUAGES = ("ko", "en")

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
    # --- every page
    "portal": ("용어집 포털", "Glossary Portal"),
    "skip": ("본문으로 건너뛰기", "Skip to the content"),
    "nav": ("주 메뉴", "Main"),
    "nav.glossary": ("용어집", "Glossary"),
    "nav.catalog": ("카탈로그", "Catalog"),
    "nav.api": ("API 문서", "API docs"),
    "language": ("언어", "Language"),
    "footer": (
        "모든 내용은 git 저장소에서 옵니다. 고칠 것이 있으면 저장소에 커밋하세요.",
        "Everything here comes from a git repository. To change it, commit there.",
    ),
    "page.previous": ("이전", "Previous"),
    "page.next": ("다음", "Next"),
    "page.of": ("{page} / {pages} 쪽", "Page {page} of {pages}"),
    "pages": ("쪽 이동", "Pages"),
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
    "facet.type": ("유형", "Type"),
    "facet.kind": ("종류", "Kind"),
    "facet.owner": ("관리", "Owner"),
    "facet.tag": ("태그", "Tag"),
    "facet.lifecycle": ("수명 주기", "Lifecycle"),
    # --- start
    "start.concepts": ("핵심 개념", "Core concepts"),
    "start.count": ("{total}개 개념", "{total} concepts"),
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
    "notice.stale": (
        "{source}: {since}부터 읽지 못해, 마지막으로 읽은 내용을 보여 드립니다.",
        "{source} could not be read since {since}; the last good content is shown.",
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
    "concept.useCases": ("실제 사용 용례", "In practice"),
    "concept.labels": ("다른 이름", "Also called"),
    "concept.abbreviation": ("약어", "Abbreviation"),
    "concept.alternatives": ("다른 표기", "Alternatives"),
    "concept.otherTitle": ("{language} 이름", "In {language}"),
    "starter.title": ("프로젝트 시작하기", "Begin a project"),
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
    "facts": ("한눈에", "At a glance"),
    "owner": ("관리", "Owner"),
    "type": ("유형", "Type"),
    "tags": ("태그", "Tags"),
    "json": ("JSON으로 보기", "View as JSON"),
    "missing": ("카탈로그에 없음", "not in the catalog"),
    "more": ("외 {total}개", "and {total} more"),
    # --- history
    "history": ("변경 이력", "History"),
    "history.added": ("추가", "Added"),
    "history.changed": ("수정", "Changed"),
    "history.removed": ("삭제", "Removed"),
    "history.commit": ("커밋", "commit"),
    "history.all": ("전체 이력(JSON)", "Full history (JSON)"),
    # --- catalog
    "catalog": ("카탈로그", "Catalog"),
    "catalog.lead": (
        "서비스, API, 시스템과 그것을 맡은 사람들입니다.",
        "Services, APIs and systems, and the people who look after them.",
    ),
    "catalog.all": ("전체", "All"),
    "catalog.kinds": ("종류로 좁히기", "Narrow by kind"),
    "catalog.count": ("{total}개 항목", "{total} entities"),
    "catalog.count.one": ("1개 항목", "1 entity"),
    "catalog.none": ("여기에 해당하는 항목이 없습니다.", "There are no entities here."),
    "entity.name": ("이름", "Name"),
    "entity.kind": ("종류", "Kind"),
    "entity.namespace": ("네임스페이스", "Namespace"),
    "entity.lifecycle": ("수명 주기", "Lifecycle"),
    "entity.description": ("설명", "Description"),
    "entity.relations": ("관계", "Relations"),
    "entity.noRelations": (
        "다른 항목과의 관계가 없습니다.",
        "It has no relations to other entities.",
    ),
    "entity.annotations": ("애너테이션", "Annotations"),
    "entity.links": ("링크", "Links"),
    "entity.problems": ("이 항목의 문제", "Problems of this entity"),
    "entity.concept": ("용어집에서 읽기", "Read it in the glossary"),
    "entity.ancestry": ("출처 경로(JSON)", "Where it comes from (JSON)"),
    # --- API documentation
    "api": ("API 문서", "API docs"),
    "api.lead": (
        "코드에서 만든 문서입니다. 카탈로그와 검색은 Backstage 백엔드처럼 응답합니다.",
        "The catalog and search answer like a Backstage backend. This page is made from the code.",
    ),
    "api.download": ("OpenAPI 문서(JSON)", "OpenAPI document (JSON)"),
    "api.contents": ("차례", "Contents"),
    "api.parameters": ("매개변수", "Parameters"),
    "api.parameter": ("이름", "Name"),
    "api.place": ("위치", "In"),
    "api.type": ("형식", "Type"),
    "api.description": ("설명", "Description"),
    "api.required": ("필수", "required"),
    "api.body": ("요청 본문", "Request body"),
    "api.answers": ("응답", "Answers"),
    "api.status": ("상태", "Status"),
    "api.content": ("내용", "Content"),
    "api.example": ("예시", "Example"),
    "api.schemas": ("데이터 형식", "Schemas"),
    "api.field": ("필드", "Field"),
    "place.path": ("경로", "path"),
    "place.query": ("쿼리", "query"),
    "place.header": ("헤더", "header"),
    # --- errors
    "error.404": ("찾을 수 없는 페이지입니다", "Page not found"),
    "error.404.help": (
        "주소가 바뀌었거나 삭제되었을 수 있습니다. 찾는 말로 검색해 보세요.",
        "It may have moved or been removed. Try searching for it.",
    ),
    "error.removed": (
        "{name}은(는) {time}에 {author} 님이 커밋 {commit}으로 삭제했습니다.",
        "{name} was removed by {author} with commit {commit} on {time}.",
    ),
    "error.503": ("아직 준비되지 않았습니다", "Not ready yet"),
    "error.503.help": (
        "내용을 읽고 색인을 만드는 중입니다. 잠시 뒤 새로 고쳐 주세요.",
        "The content is being read and indexed. Please reload in a moment.",
    ),
    "error.home": ("용어집으로 가기", "Go to the glossary"),
    # --- names of values
    "lang.ko": ("한국어", "Korean"),
    "lang.en": ("영어", "English"),
    "status.draft": ("초안", "Draft"),
    "status.approved": ("승인됨", "Approved"),
    "status.deprecated": ("사용 중단", "Deprecated"),
    "level.error": ("오류", "Error"),
    "level.warning": ("경고", "Warning"),
    "level.info": ("알림", "Note"),
    "type.discipline": ("분야", "Discipline"),
    "type.framework": ("프레임워크", "Framework"),
    "type.pattern": ("패턴", "Pattern"),
    "type.phenomenon": ("현상", "Phenomenon"),
    "type.platform": ("플랫폼", "Platform"),
    "type.practice": ("실천법", "Practice"),
    "type.process": ("프로세스", "Process"),
    "type.property": ("성질", "Property"),
    "type.role": ("역할", "Role"),
    "type.system": ("시스템", "System"),
    "type.technology": ("기술", "Technology"),
    "kind.API": ("API", "API"),
    "kind.Component": ("컴포넌트", "Component"),
    "kind.Concept": ("개념", "Concept"),
    "kind.Domain": ("도메인", "Domain"),
    "kind.Glossary": ("용어집", "Glossary"),
    "kind.Group": ("그룹", "Group"),
    "kind.Location": ("로케이션", "Location"),
    "kind.Resource": ("리소스", "Resource"),
    "kind.System": ("시스템", "System"),
    "kind.Template": ("템플릿", "Template"),
    "kind.User": ("사용자", "User"),
    "relation.apiConsumedBy": ("이 API를 쓰는 곳", "Consumed by"),
    "relation.apiProvidedBy": ("이 API를 제공하는 곳", "Provided by"),
    "relation.broader": ("상위 개념", "Broader"),
    "relation.childOf": ("상위 조직", "Child of"),
    "relation.conceptImplementedBy": ("구현한 곳", "Implemented by"),
    "relation.consumesApi": ("사용하는 API", "Consumes API"),
    "relation.contrastsWith": ("대비되는 개념", "Contrasts with"),
    "relation.dependencyOf": ("의존하는 곳", "Dependency of"),
    "relation.dependsOn": ("의존 대상", "Depends on"),
    "relation.hasConcept": ("담고 있는 개념", "Concepts"),
    "relation.hasMember": ("구성원", "Members"),
    "relation.hasPart": ("구성 요소", "Has part"),
    "relation.hasStarter": ("시작 템플릿", "Starter template"),
    "relation.implementsConcept": ("구현한 개념", "Implements concept"),
    "relation.inGlossary": ("용어집", "Glossary"),
    "relation.memberOf": ("소속", "Member of"),
    "relation.narrower": ("하위 개념", "Narrower"),
    "relation.ownedBy": ("관리", "Owned by"),
    "relation.ownerOf": ("관리 대상", "Owner of"),
    "relation.parentOf": ("하위 조직", "Parent of"),
    "relation.partOf": ("속한 곳", "Part of"),
    "relation.providesApi": ("제공하는 API", "Provides API"),
    "relation.relatedTo": ("관련 개념", "Related"),
    "relation.replacedBy": ("대신 쓸 개념", "Replaced by"),
    "relation.replaces": ("대체한 개념", "Replaces"),
    "relation.starterOf": ("시작할 수 있는 개념", "Starter of"),
}


def text_in(language: str, key: str, values: Mapping[str, object]) -> str:
    """Return a text of the table, filled in.

    Args:
        language: ``ko`` or ``en``.
        key: Which text; a ``total`` of 1 chooses ``key`` + ``.one`` if there is one.
        values: What stands for ``{name}`` in the text.
    """
    if values.get("total") == 1 and f"{key}.one" in TEXTS:
        key = f"{key}.one"
    text = TEXTS[key][_LANGUAGES.index(language)]
    return text.format_map(values) if values else text


def name_in(language: str, group: str, value: str) -> str:
    """Return how a value of the content is called; an unknown one names itself."""
    texts = TEXTS.get(f"{group}.{value}")
    return texts[_LANGUAGES.index(language)] if texts else value
