"""Texts of the frame of every page, and of errors."""

from __future__ import annotations

from collections.abc import Mapping

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
    # --- errors
    "error.404": ("찾을 수 없는 페이지입니다", "Page not found"),
    "error.404.help": (
        "주소가 바뀌었거나 삭제되었을 수 있습니다. 찾는 말로 검색해 보세요.",
        "It may have moved or been removed. Try searching for it.",
    ),
    "error.gone": ("삭제된 항목입니다", "This has been removed"),
    "error.gone.help": (
        "내용은 git 이력에 남아 있습니다. 찾는 말로 검색해 보세요.",
        "What it was is in the history of git. Try searching for something like it.",
    ),
    "error.removed": (
        "{name}은(는) {time}에 {author} 님이 커밋 {commit}으로 삭제했습니다.",
        "{name} was removed by {author} with commit {commit} on {time}.",
    ),
    "error.400": ("요청을 이해하지 못했습니다", "The request was not understood"),
    "error.400.help": (
        "주소나 입력한 값을 확인해 주세요.",
        "Please check the address, or what you typed.",
    ),
    "error.401": ("로그인이 필요합니다", "You need to sign in"),
    "error.401.help": (
        "이 포털은 누구인지 알아야 엽니다. 새로 고친 뒤 브라우저가 묻는 비밀번호에 운영자에게 받은 토큰을 넣으세요. 사용자 이름은 비워 두어도 됩니다.",
        "This portal opens for those it knows. Reload, and give the token that its operator gave you as the password your browser asks for; the user name may be empty.",
    ),
    "error.who": ("지금 사용자", "You are"),
    "error.missing": ("없는 권한", "What is missing"),
    "error.ask": ("문의할 곳", "Whom to ask"),
    "error.ask.operator": ("포털 운영자", "The portal's operator"),
    "error.signIn": ("로그인", "Sign in"),
    "error.403": ("이 페이지를 볼 권한이 없습니다", "You may not see this page"),
    "error.403.help": (
        "필요하다면 포털 운영자에게 권한을 요청하세요.",
        "Ask the portal's operator if you need it.",
    ),
    "error.409": ("지금은 할 수 없습니다", "This cannot be done now"),
    "error.409.help": (
        "그사이 상태가 바뀌었을 수 있습니다. 새로 고쳐 확인하세요.",
        "The state may have changed meanwhile. Reload to see.",
    ),
    "error.429": ("잠시 쉬었다가 다시 해 주세요", "Please take a short break"),
    "error.429.help": (
        "1분 동안 보낼 수 있는 요청을 모두 쓰셨습니다. 1분 안에 다시 열립니다.",
        "You have sent as many requests as you may in a minute. The page opens again within one.",
    ),
    "error.500": ("포털에 문제가 생겼습니다", "Something went wrong in the portal"),
    "error.500.help": (
        "잠시 뒤 다시 해 보세요. 계속되면 포털 운영자에게 알려 주세요.",
        "Try again in a moment. If it stays, tell the portal's operator.",
    ),
    "error.moved": ("이름이 바뀌었습니다", "It has another name now"),
    "error.moved.help": ("지금은 여기에 있습니다:", "It is here now:"),
    "error.503": ("아직 준비되지 않았습니다", "Not ready yet"),
    "error.503.help": (
        "내용을 읽고 색인을 만드는 중입니다. 잠시 뒤 새로 고쳐 주세요.",
        "The content is being read and indexed. Please reload in a moment.",
    ),
    "error.folder": ("이 노드에서는 볼 수 없습니다", "Not on this node"),
    "error.folder.help": (
        "이 노드에는 쓸 수 있는 데이터 폴더가 없어 저장소의 내용을 읽지 못합니다.",
        "This node has no data folder that it can write to, and cannot read repositories.",
    ),
    "error.home": ("용어집으로 가기", "Go to the glossary"),
}
