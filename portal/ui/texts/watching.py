"""Texts of the pages of sources and of problems."""

from __future__ import annotations

from collections.abc import Mapping

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
    "sources": ("소스", "Sources"),
    "sources.lead": (
        "내용을 읽어 오는 저장소와 그 상태입니다.",
        "The repositories that the content is read from, and how each is doing.",
    ),
    "sources.none": ("아직 읽은 소스가 없습니다.", "No source has been read yet."),
    "sources.state.current": ("최신", "Up to date"),
    "sources.state.failing": ("읽지 못함", "Cannot be read"),
    "sources.state.held": ("확인 대기", "Waits to be confirmed"),
    "sources.state.unread": ("아직 읽지 않음", "Not read yet"),
    "sources.commit": ("커밋", "Commit"),
    "sources.readAt": ("내용이 바뀐 때", "Content read"),
    "sources.checkedAt": ("마지막 확인", "Last look"),
    "sources.next": ("다음 확인", "Next look"),
    "sources.error": ("마지막 오류", "Last error"),
    "sources.since": ("{since}부터", "since {since}"),
    "sources.held": (
        "커밋 {commit}이 {removals}개를 삭제하려 해서 확인을 기다립니다. portal sync --confirm으로 확인합니다.",
        "Commit {commit} would remove {removals} entities; confirm it with portal sync --confirm.",
    ),
    "sources.problems": ("문제 {total}건", "{total} problems"),
    "sources.problems.one": ("문제 1건", "1 problem"),
    "sources.now": ("지금 읽기", "Read now"),
    "sources.asked": (
        "{name}을(를) 곧 읽습니다. 잠시 뒤 새로 고치세요.",
        "{name} is read soon. Reload in a moment.",
    ),
    "sources.other": ("그 밖에 되지 않는 일", "What else does not work"),
    "problems": ("문제", "Problems"),
    "problems.lead": (
        "내용에서 찾은 문제와 고치는 방법입니다. 고쳐서 커밋하면 사라집니다.",
        "What is wrong with the content, and what to do. Commit a fix and it goes away.",
    ),
    "problems.none": ("문제가 없습니다.", "There are no problems."),
    "problems.source": ("소스", "Source"),
    "problems.owner": ("관리", "Owner"),
    "problems.filter": ("문제 좁히기", "Narrow the problems"),
    "problems.count": ("문제 {total}건", "{total} problems"),
    "problems.count.one": ("문제 1건", "1 problem"),
    "problems.since": ("{since}부터", "since {since}"),
}
