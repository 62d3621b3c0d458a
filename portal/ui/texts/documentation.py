"""Texts of documentation."""

from __future__ import annotations

from collections.abc import Mapping

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
    "nav.docs": ("문서", "Docs"),
    "docs": ("문서", "Documentation"),
    "docs.lead": (
        "코드 옆에 쓴 문서를, 카탈로그가 읽은 커밋 그대로 보여 드립니다.",
        "Pages written beside the code, at the commit the catalog is at.",
    ),
    "docs.none": (
        "문서가 있는 항목이 없습니다. backstage.io/techdocs-ref: dir:. 와 docs/index.md를 더하세요.",
        "No entity has documentation yet: add backstage.io/techdocs-ref: dir:. and docs/index.md.",
    ),
    "docs.read": ("문서 읽기", "Read the documentation"),
    "docs.all": ("모든 문서", "All documentation"),
    "docs.pages": ("이 문서의 페이지", "Pages of this documentation"),
    "docs.search": ("이 문서에서 찾기", "Search this documentation"),
    "docs.none.found": (
        "이 문서에는 “{term}”에 맞는 곳이 없습니다.",
        "Nothing in this documentation matches “{term}”.",
    ),
    "docs.diagrams": ("도표를 그리는 틀", "The frame in which diagrams are drawn"),
    "docs.contents": ("이 페이지의 차례", "On this page"),
    "docs.neighbours": ("앞뒤 페이지", "Neighbouring pages"),
    "docs.changed": ("마지막 수정: {author},", "Last changed by {author},"),
    "docs.edit": ("이 페이지 고치기", "Edit this page"),
    "docs.entity": ("카탈로그에서 보기", "In the catalog"),
    "docs.old": (
        "지난 커밋 {commit}의 문서입니다.",
        "This is the documentation of the older commit {commit}.",
    ),
    "docs.preview": (
        "미리 보기입니다: {ref}, 커밋 {commit}. 카탈로그가 읽는 문서가 아닙니다.",
        "This is a preview of {ref} at the commit {commit}, not the documentation in force.",
    ),
    "docs.preview.other": (
        "다른 브랜치나 풀 리퀘스트 미리 보기",
        "Preview a branch or pull request",
    ),
    "docs.preview.of": (
        "브랜치, 태그, 또는 풀 리퀘스트 번호",
        "A branch, a tag, or the number of a pull request",
    ),
    "docs.preview.show": ("미리 보기", "Preview"),
    "docs.unavailable.at": (
        "“{at}”의 문서를 보여 드릴 수 없습니다. 이름이나 번호를 확인하세요. 이유는 다음과 같습니다.",
        "The documentation of “{at}” cannot be shown: look at the name or number. This is why:",
    ),
    "docs.current": ("지금 문서 보기", "See the current one"),
    "docs.unavailable": ("보여 드릴 문서가 없습니다", "There is no documentation to show"),
    "docs.unavailable.help": (
        "문서를 찾지 못했거나 지금 읽을 수 없습니다. 이유는 다음과 같습니다.",
        "It was not found, or cannot be read now. This is why:",
    ),
}
