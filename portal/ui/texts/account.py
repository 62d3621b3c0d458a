"""Texts of signing in and out, and of the signed-in user."""

from __future__ import annotations

from collections.abc import Mapping

#: Korean, English. ``{name}`` is filled in by the page.
TEXTS: Mapping[str, tuple[str, str]] = {
    "nav.account": ("내 계정", "Account"),
    # --- signing in
    "signIn": ("로그인", "Sign in"),
    "signIn.lead": ("이 포털을 보려면 로그인하세요.", "Sign in to use this portal."),
    "signIn.with": ("{provider} 계정으로 로그인", "Sign in with {provider}"),
    "signIn.guest": ("손님으로 계속하기", "Continue as guest"),
    "signIn.none": (
        "여기에는 로그인 방법이 설정되어 있지 않습니다. 관리자에게 문의하세요.",
        "No way to sign in is set up here. Ask the portal's operator.",
    ),
    "signIn.failing": (
        "마지막 시도에서 {provider} 서비스가 응답하지 않았습니다.",
        "{provider} did not answer at the last attempt.",
    ),
    "signIn.problem.unavailable": (
        "로그인 서비스가 지금 응답하지 않습니다. 잠시 뒤 다시 시도해 주세요.",
        "The sign-in service does not answer now. Try again in a moment.",
    ),
    "signIn.problem.email-not-verified": (
        "로그인 서비스에서 확인되지 않은 이메일 주소입니다. 그곳에서 확인한 뒤 다시 시도하세요.",
        "The sign-in service has not verified your e-mail address. Verify it there, then try again.",
    ),
    "signIn.problem.email-domain": (
        "이 도메인의 이메일 주소로는 로그인할 수 없습니다.",
        "E-mail addresses of this domain may not sign in here.",
    ),
    "signIn.problem.no-user": (
        "카탈로그에 회원님에 해당하는 사용자가 없습니다. 관리자에게 등록을 요청하세요.",
        "The catalog has no user for you. Ask the portal's operator to add you.",
    ),
    "signIn.problem.several-users": (
        "카탈로그에 회원님에 해당하는 사용자가 여럿이어서 로그인할 수 없습니다. 관리자에게 알려 주세요.",
        "The catalog has several users that could be you. Tell the portal's operator.",
    ),
    "signIn.problem.nothing-to-find": (
        "로그인 서비스가 회원님을 찾는 데 필요한 정보를 보내지 않았습니다. 관리자에게 알려 주세요.",
        "The sign-in service sent nothing to find you by. Tell the portal's operator.",
    ),
    "signIn.problem.too-late": (
        "이 로그인은 시간이 지났거나 이미 쓰였습니다. 다시 로그인하세요.",
        "This sign-in took too long, or was used already. Sign in again.",
    ),
    "signIn.problem.other-browser": (
        "이 로그인은 다른 브라우저에서 시작되었습니다. 여기서 다시 로그인하세요.",
        "This sign-in was begun in another browser. Sign in again here.",
    ),
    "signIn.problem.cancelled": ("로그인을 취소했습니다.", "You cancelled the sign-in."),
    "signIn.problem.invalid-token": (
        "로그인 서비스의 응답을 믿을 수 없어 로그인하지 않았습니다. 다시 시도해 주세요.",
        "The answer of the sign-in service could not be trusted. Please try again.",
    ),
    # --- who one is
    "account": ("내 계정", "Account"),
    "account.user": ("{name} 님으로 로그인했습니다.", "You are signed in as {name}."),
    "account.program": (
        "프로그램의 토큰({name})으로 보고 있습니다.",
        "You are looking with a program's token ({name}).",
    ),
    "account.nobody": ("로그인하지 않았습니다.", "You are not signed in."),
    "account.ref": ("사용자", "User"),
    "account.guest": ("손님", "Guest"),
    "account.email": ("이메일", "E-mail"),
    "account.groups": ("그룹", "Groups"),
    "account.noGroups": ("속한 그룹이 없습니다.", "You are in no group."),
    "account.method": ("로그인 방법", "Signed in by"),
    "account.method.session": ("이 브라우저의 세션", "the session of this browser"),
    "account.method.proxy": ("앞단 프록시", "the proxy in front"),
    "account.method.user-token": ("사용자 토큰", "a user token"),
    "account.method.backstage-token": ("Backstage의 토큰", "a token of a Backstage"),
    "account.until": ("로그인 유지 기한", "Signed in until"),
    "account.signOut": ("로그아웃", "Sign out"),
    "account.method.anonymous": ("로그인하지 않음", "not signed in"),
    "account.tab.account": ("나", "Me"),
    "account.tab.tokens": ("프로그램 토큰", "Tokens"),
    "account.tab.audit": ("감사 기록", "Audit log"),
    "account.settings": ("설정", "Settings"),
    "account.language": ("화면 언어:", "Language of pages:"),
    "account.language.help": (
        "고른 언어는 이 브라우저에 기억됩니다.",
        "This browser remembers the language you choose.",
    ),
    "account.sessions": ("로그인한 곳", "Where you are signed in"),
    "account.sessions.pages": ("포털 페이지", "Pages of the portal"),
    "account.sessions.frontend": ("Backstage 화면", "A Backstage frontend"),
    "account.sessions.end": ("다른 곳에서 모두 로그아웃", "Sign out everywhere else"),
    "account.rights": ("할 수 있는 일", "What you may do"),
    "account.rights.lead": (
        "포털의 정책이 정합니다. '일부'는 대상에 따라 다르다는 뜻입니다.",
        "The portal's policy decides. “Some” depends on what it is done to.",
    ),
    "account.rights.what": ("일", "What"),
    "account.rights.result": ("허용", "Allowed"),
    "account.rights.ALLOW": ("모두", "Yes"),
    "account.rights.CONDITIONAL": ("일부", "Some"),
    "account.rights.DENY": ("아니요", "No"),
    # --- signing out
    "signedOut": ("로그아웃했습니다", "You are signed out"),
    "signedOut.lead": (
        "이 브라우저는 더 이상 로그인 상태가 아닙니다.",
        "This browser is not signed in any more.",
    ),
    "signedOut.provider": (
        "로그인 서비스에서도 로그아웃합니다.",
        "Signing out of the sign-in service, too.",
    ),
    "signedOut.provider.link": ("바로 이동", "Go there now"),
    "signedOut.again": ("다시 로그인", "Sign in again"),
}
