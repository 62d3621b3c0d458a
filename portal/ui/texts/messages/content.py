"""What is wrong with the glossary, with links, documentation and repositories, in Korean: see ``korean``."""

from __future__ import annotations

from collections.abc import Mapping

#: The English form, and the Korean one.
MESSAGES: Mapping[str, str] = {
    # --- the glossary
    "label '{text}' ({language}) stands twice in {ref}": (
        "이름 '{text}'({language})이(가) {ref}에 두 번 있습니다."
    ),
    "label '{text}' ({language}) is also a label of {ref}": (
        "이름 '{text}'({language})은(는) {ref}의 이름이기도 합니다."
    ),
    "Keep it in one place.": "한 곳에만 두세요.",
    "{ref} names itself in {field}": "{ref}: {field}에서 자기 자신을 가리킵니다.",
    "Correct the name, or write the concept.": "이름을 고치거나 그 개념을 쓰세요.",
    "{field}: {target} does not exist": "{field}: {target}이(가) 없습니다.",
    "{field} goes round in a circle: {ring}": "{field} 관계가 돌아서 제자리로 옵니다: {ring}",
    "Remove one of the links.": "관계 하나를 지우세요.",
    "{target} is related to {ref} and also above or below it": (
        "{target}은(는) {ref}의 관련 개념이면서 상위나 하위 개념입니다."
    ),
    "Keep one of the two.": "둘 가운데 하나만 남기세요.",
    "'{text}' has {count} characters": "'{text}': {count}자입니다.",
    "Write a sentence of {least} to {most} characters.": "{least}자에서 {most}자까지의 문장으로 쓰세요.",
    "'{text}' stands twice": "'{text}': 두 번 있습니다.",
    "'{text}' names the concept ('{name}')": "'{text}': 개념의 이름('{name}')이 들어 있습니다.",
    "Say it as one who does not know the name.": "이름을 모르는 사람의 말로 쓰세요.",
    "the summaries of {ref} and {other} define each by the other": (
        "{ref}와(과) {other}의 요약이 서로를 써서 설명합니다."
    ),
    "{target} does not exist": "{target}이(가) 없습니다.",
    # --- rules of evidence and checks
    "evidence: two rules have the id {id}": "evidence: 두 규칙의 ID가 {id}(으)로 같습니다.",
    "Give each rule of a concept an id of its own: findings carry it.": (
        "한 개념의 규칙마다 서로 다른 ID를 주세요. 찾은 것에 이 ID가 붙습니다."
    ),
    "evidence: rule {id} lacks an example it matches, or one it does not": (
        "evidence: 규칙 {id}에 맞는 예나 맞지 않는 예가 없습니다."
    ),
    "Write examples: one with found: true and one with found: false, each with its files.": (
        "예를 쓰세요. found: true인 것과 found: false인 것 하나씩, 각각 파일과 함께 적습니다."
    ),
    "evidence: rule {id} does not match example {number}": (
        "evidence: 규칙 {id}이(가) 예 {number}에 맞지 않습니다."
    ),
    "evidence: rule {id} matches example {number}": "evidence: 규칙 {id}이(가) 예 {number}에 맞습니다.",
    "Correct the rule, or the example's found.": "규칙이나 예의 found를 고치세요.",
    "{list}: the id {id} is used twice": "{list}: ID {id}을(를) 두 번 썼습니다.",
    "{list}: {id} has no {member} in {language}": "{list}: {id}에 {language}로 된 {member}이(가) 없습니다.",
    "{list}: {id} asks for the evidence {wanted}, which no rule has": (
        "{list}: {id}이(가) 요구하는 근거 {wanted}을(를) 가진 규칙이 없습니다."
    ),
    "{list}: {id} lacks an example of one kind": (
        "{list}: {id}에 통과하는 예나 통과하지 않는 예가 없습니다."
    ),
    "{list}: {id} does not hold for example {number}": "{list}: {id}이(가) 예 {number}에서 성립하지 않습니다.",
    "{list}: {id} holds for example {number}": "{list}: {id}이(가) 예 {number}에서 성립합니다.",
    "Give each check and expectation of a concept an id of its own: results carry it.": (
        "한 개념의 점검과 기대마다 서로 다른 ID를 주세요. 결과에 이 ID가 붙습니다."
    ),
    "Name rules of the concept's own evidence.": "그 개념이 가진 근거 규칙의 이름을 쓰세요.",
    "Write title, description, remedy and because in every language of the concept.": (
        "title, description, remedy, because를 개념의 모든 언어로 쓰세요."
    ),
    "Write examples: one that passes and one that does not, each with its files.": (
        "예를 쓰세요. 통과하는 것과 통과하지 않는 것 하나씩, 각각 파일과 함께 적습니다."
    ),
    "Correct the rule, or what the example says.": "규칙이나 예에 적은 결과를 고치세요.",
    # --- what persons said of links
    "Each entry has entity (or concept), status, reason, by and date; see docs/users/links.md.": (
        "항목마다 entity(또는 concept), status, reason, by, date를 적으세요. docs/ko/users/links.md를 보세요."
    ),
    "spec.{name} must be a list": "spec.{name}은(는) 목록이어야 합니다.",
    "{file} must be a mapping with a list 'links'": "{file}은(는) 목록 'links'가 있는 매핑이어야 합니다.",
    "{file}.yaml: {why}": "{file}.yaml: {why}",
    "{name} stands twice, with the same date": "{name}: 같은 날짜로 두 번 있습니다.",
    "an entry must be a mapping": "항목은 매핑이어야 합니다.",
    "{name} is missing: expected is {why}": "{name}이(가) 없습니다. 있어야 할 값: {why}",
    "{name} is missing: expected is {what}": "{name}이(가) 없습니다. 있어야 할 값: {what}",
    "'{name}' is not known": "'{name}'은(는) 알 수 없는 이름입니다.",
    "{name} must be {what}": "{name}의 값이 맞지 않습니다. 있어야 할 값: {what}",
    "a ref": "항목 참조",
    "a sentence": "문장",
    "the ref of a user, or a name": "사용자의 참조나 이름",
    "a date such as 2026-11-30": "2026-11-30과 같은 날짜",
    "seven or more digits of a commit's id": "커밋 ID의 일곱 자리 이상",
    "a list of ids of rules": "규칙 ID의 목록",
    # --- documentation
    "its documentation cannot be shown whole: {why}": "문서를 모두 보여 줄 수는 없습니다. {why}",
    "its documentation cannot be shown: {why}": "문서를 보여 줄 수 없습니다. {why}",
    "the folder '{folder}' has no Markdown pages": "폴더 '{folder}'에 Markdown 페이지가 없습니다.",
    "the folder '{folder}' does not exist": "폴더 '{folder}'이(가) 없습니다.",
    "{path} is left out: {why}": "{path}이(가) 빠집니다. {why}",
    "it is left out: {why}": "빠집니다. {why}",
    "Rename it with git mv.": "git mv로 이름을 바꾸세요.",
    "Use git mv.": "git mv로 이름을 바꾸세요.",
    "Correct backstage.io/techdocs-ref, or docs_dir in mkdocs.yml.": (
        "backstage.io/techdocs-ref나 mkdocs.yml의 docs_dir을 고치세요."
    ),
    "No {name} annotation provided in entity: {ref}": "{ref}: 애너테이션 {name}이(가) 없습니다.",
    "Failure to parse {name} annotation: '{text}'": "애너테이션 {name}을(를) 읽을 수 없습니다: '{text}'",
    "'{text}' in {name} is no entity ref": "{name}의 '{text}'은(는) 항목 참조가 아닙니다.",
    "the snippet '{target}' does not exist": "끼워 넣을 파일 '{target}'이(가) 없습니다.",
    "Name a file of the documentation.": "문서에 있는 파일을 가리키세요.",
    "the link '{target}' is broken: {why}": "링크 '{target}'이(가) 깨졌습니다. {why}",
    "there is no such heading": "그런 제목이 없습니다.",
    "there is no such file": "그런 파일이 없습니다.",
    "it leads outside of the repository": "저장소 밖을 가리킵니다.",
    "it leads outside of the documentation": "문서 밖을 가리킵니다.",
    "Correct the link: it names a file, relative to the page.": (
        "링크를 고치세요. 페이지에서 본 상대 경로로 파일을 가리킵니다."
    ),
    "Name a heading of that page.": "그 페이지에 있는 제목을 가리키세요.",
    "it is no mapping": "매핑이 아닙니다.",
    "Write site_name: …": "site_name: …을 쓰세요.",
    "nav is no list": "nav가 목록이 아닙니다.",
    "Write a list of pages.": "페이지의 목록을 쓰세요.",
    "the navigation names '{value}', which does not exist": (
        "내비게이션이 가리키는 '{value}'이(가) 없습니다."
    ),
    "Correct the path, which begins below docs_dir.": "경로를 고치세요. docs_dir 아래에서 시작합니다.",
    # --- repositories
    "it asks for credentials: set token_env": "인증 정보가 필요합니다. token_env를 설정하세요.",
    "it refuses the credentials: check token_env": "인증 정보를 거부합니다. token_env를 확인하세요.",
    "it refuses access: check what the token may read": (
        "접근을 거부합니다. 토큰이 읽을 수 있는 범위를 확인하세요."
    ),
    "it refuses access: check the ssh key or folder rights": (
        "접근을 거부합니다. ssh 키나 폴더의 권한을 확인하세요."
    ),
    "its ssh host key is not known": "ssh 호스트 키를 알 수 없습니다.",
    "it redirects, which is not followed": "다른 주소로 넘기며, 따라가지 않습니다.",
    "its host name is not known": "호스트 이름을 찾을 수 없습니다.",
    "it refuses the connection": "연결을 거부합니다.",
    "it ended the connection": "연결을 끊었습니다.",
    "it sends too slowly": "너무 느리게 보냅니다.",
    "it does not answer": "응답이 없습니다.",
    "its certificate is not trusted": "인증서를 신뢰할 수 없습니다.",
    "its objects are named by another hash: SHA-256 instead of SHA-1, or the reverse": (
        "객체의 해시가 다릅니다(SHA-256과 SHA-1)."
    ),
    "its objects are named by SHA-256, which this git cannot read": (
        "객체의 해시가 SHA-256이며, 이 git은 읽을 수 없습니다."
    ),
    "it has no such branch or tag": "그런 브랜치나 태그가 없습니다.",
    "it has no branch or tag '{name}'": "브랜치나 태그 '{name}'이(가) 없습니다.",
    "it has no commit yet": "아직 커밋이 없습니다.",
    "its HEAD names a branch that does not exist: set ref (there are: {names})": (
        "HEAD가 없는 브랜치를 가리킵니다. ref를 설정하세요(있는 것: {names})."
    ),
    "there is no such repository, or no right to see it": "저장소가 없거나 볼 권한이 없습니다.",
    "it is not a git repository": "git 저장소가 아닙니다.",
    "the branch is protected there": "보호된 브랜치입니다.",
    "a rule of the repository refuses it": "저장소의 규칙이 거부합니다.",
    "the branch has other commits by now; nothing was overwritten": (
        "그 사이 브랜치에 다른 커밋이 생겼습니다. 덮어쓴 것은 없습니다."
    ),
    "it refuses what was pushed": "푸시한 것을 거부합니다.",
    "its folder belongs to another user": "폴더의 소유자가 다른 사용자입니다.",
    "the portal's disk is full": "포털의 디스크가 가득 찼습니다.",
    "the portal's disk quota is used up": "포털의 디스크 할당량을 다 썼습니다.",
    "a file of its local copy would be larger than the portal may write": (
        "로컬 사본의 파일이 포털이 쓸 수 있는 크기를 넘습니다."
    ),
    "the portal's data folder can only be read": "포털의 데이터 폴더가 읽기 전용입니다.",
    "the portal may not read or write its local copy": "포털이 로컬 사본을 읽거나 쓸 권한이 없습니다.",
    "the portal has too many open files": "포털이 연 파일이 너무 많습니다.",
    "the portal's machine has no memory left": "포털이 있는 컴퓨터의 메모리가 부족합니다.",
    # --- what leads to a fault of another
    "{target}: {why}": "{target}: {why}",
}
