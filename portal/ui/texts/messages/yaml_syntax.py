"""What libyaml says of a text that is no YAML, in Korean: see ``korean``.

A message is what is wrong, often after what was being read when that was found.
"""

from __future__ import annotations

from collections.abc import Mapping

#: What is read, and how it is called in Korean.
_READ = {
    "a block mapping": "블록 매핑",
    "a block collection": "블록 목록",
    "a flow mapping": "흐름 매핑",
    "a flow sequence": "흐름 목록",
    "a block node": "값",
    "a flow node": "값",
    "a node": "값",
    "a simple key": "키",
    "a plain scalar": "따옴표 없는 값",
    "a quoted scalar": "따옴표로 감싼 값",
    "a block scalar": "블록 스칼라(| 또는 >)",
    "a directive": "지시자(%)",
    "a %YAML directive": "%YAML 지시자",
    "a %TAG directive": "%TAG 지시자",
    "a tag": "태그(!)",
    "a tag directive": "%TAG 지시자",
    "an anchor": "앵커(&)",
    "an alias": "별칭(*)",
    "for the next token": "다음 값",
}
#: What is wrong.
_WRONG = {
    "mapping values are not allowed in this context": "여기에는 매핑의 값을 쓸 수 없습니다.",
    "mapping keys are not allowed in this context": "여기에는 매핑의 키를 쓸 수 없습니다.",
    "block sequence entries are not allowed in this context": "여기에는 블록 목록의 항목을 쓸 수 없습니다.",
    "found character that cannot start any token": "이 글자로는 값을 시작할 수 없습니다.",
    "could not find expected ':'": "':'이 있어야 합니다.",
    "did not find expected key": "키가 있어야 합니다.",
    "did not find expected node content": "값이 있어야 합니다.",
    "did not find expected '-' indicator": "'-'로 시작하는 항목이 있어야 합니다.",
    "did not find expected ',' or ']'": "','나 ']'가 있어야 합니다.",
    "did not find expected ',' or '}'": "','나 '}}'가 있어야 합니다.",
    "did not find expected <document start>": "문서의 시작('---')이 있어야 합니다.",
    "did not find expected <stream-start>": "글의 시작이 있어야 합니다.",
    "did not find expected alphabetic or numeric character": "영문자나 숫자로 된 이름이 있어야 합니다.",
    "did not find expected hexdecimal number": "16진수가 있어야 합니다.",
    "did not find expected comment or line break": "주석이나 줄바꿈이 있어야 합니다.",
    "could not find expected directive name": "지시자의 이름이 있어야 합니다.",
    "did not find expected version number": "버전 번호가 있어야 합니다.",
    "did not find expected digit or '.' character": "숫자나 '.'이 있어야 합니다.",
    "did not find expected whitespace": "공백이 있어야 합니다.",
    "did not find expected whitespace or line break": "공백이나 줄바꿈이 있어야 합니다.",
    "did not find expected '!'": "'!'가 있어야 합니다.",
    "did not find expected tag URI": "태그의 URI가 있어야 합니다.",
    "did not find the expected '>'": "'>'가 있어야 합니다.",
    "did not find URI escaped octet": "%로 시작하는 두 자리 16진수가 있어야 합니다.",
    "found an incorrect leading UTF-8 octet": "UTF-8의 첫 바이트가 올바르지 않습니다.",
    "found an incorrect trailing UTF-8 octet": "UTF-8의 이어지는 바이트가 올바르지 않습니다.",
    "found a tab character where an indentation space is expected": (
        "들여쓰기에 탭이 있습니다. 공백으로 바꾸세요."
    ),
    "found a tab character that violates indentation": "들여쓰기에 탭이 있습니다. 공백으로 바꾸세요.",
    "found an indentation indicator equal to 0": "들여쓰기 지정이 0입니다. 1부터 9까지 쓸 수 있습니다.",
    "found duplicate %TAG directive": "%TAG 지시자가 두 번 있습니다.",
    "found duplicate %YAML directive": "%YAML 지시자가 두 번 있습니다.",
    "found extremely long version number": "버전 번호가 너무 깁니다.",
    "found incompatible YAML document": "읽을 수 없는 버전의 YAML입니다.",
    "found invalid Unicode character escape code": "올바른 유니코드 문자의 번호가 아닙니다.",
    "found undefined tag handle": "정의하지 않은 태그 핸들입니다.",
    "found unexpected ':'": "':'을 여기에 쓸 수 없습니다. 값을 따옴표로 감싸세요.",
    "found unexpected document indicator": "끝나지 않은 채 다음 문서가 시작됩니다.",
    "found unexpected end of stream": "끝나지 않은 채 파일이 끝납니다.",
    "found unexpected non-alphabetical character": "영문자가 아닌 글자가 있습니다.",
    "found unknown directive name": "알 수 없는 지시자입니다.",
    "found unknown escape character": "알 수 없는 이스케이프 문자입니다.",
}

#: The English form, and the Korean one.
MESSAGES: Mapping[str, str] = {
    **_WRONG,
    **{
        f"while {doing} {read} {{why}}": f"{korean}: {{why}}"
        for read, korean in _READ.items()
        for doing in ("parsing", "scanning")
    },
}
