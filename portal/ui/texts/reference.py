"""Texts of the API documentation."""

from __future__ import annotations

from collections.abc import Mapping

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
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
}
