"""What users read."""

LANGUAGE = "ko"

PAGE = {
    "title": "개발자 플랫폼",
    "service": "새 서비스",
    "database": "새 PostgreSQL 데이터베이스",
    "name": "이름",
    "owner": "소유자",
    "environment": "환경",
    "make_service": "서비스 만들기",
    "make_database": "데이터베이스 만들기",
    "handover": "접속 정보",
    "only_once": "한 번만 보여 드립니다. 바로 비밀 저장소에 넣어 두세요.",
    "reveal": "한 번 보기",
}
PORTAL_READY = "포털 주소:"

INVALID = {
    "name": "name: a-z, 0-9, _ 중 3~40자이며 영문자로 시작해야 합니다",
    "owner": "owner: 그룹이나 사용자여야 합니다. 예: group:default/payments",
    "environment": "environment: dev 또는 prod여야 합니다",
    "connections": "connections: 1 이상의 정수여야 합니다",
    "extensions": "extensions: PostgreSQL 확장 이름의 목록이어야 합니다",
}
NO_SUCH_FIELD = "쓸 수 있는 항목: name, owner, environment, connections, extensions"
INVALID_SERVICE = "템플릿이 받을 수 없는 값입니다: {detail}"
TAKEN = "같은 이름의 저장소가 이미 있습니다."
NO_SUCH_DATABASE = "플랫폼이 만든 데이터베이스 중에 그 이름은 없습니다."
NAME_TAKEN = "서버에 이 이름의 데이터베이스나 역할이 이미 있고, 주인이 따로 있습니다."
TERRAFORM_FAILED = "Terraform이 끝내지 못했습니다. 플랫폼 팀이 포털의 로그에서 이유를 찾습니다."
LINK_GONE = "이미 열었거나, 기한이 지났거나, 없는 링크입니다. 새 비밀번호를 요청하세요."

RULES = {
    "too-many-connections": "연결 {asked}개를 요청했지만 표준은 {allowed}개까지 허용합니다.",
    "extension": "확장 {asked}은(는) 허용 목록에 없습니다: {allowed}",
    "production-needs-a-group": "운영 데이터베이스는 그룹이 소유해야 합니다. 요청: {asked}",
    "production-is-not-dropped": "{asked}은(는) 운영 중이므로 여기에서 지울 수 없습니다.",
    "owner-stays": "소유자는 {allowed}입니다. 여기에서 {asked}(으)로 넘길 수 없습니다.",
    "production-stays-production": "운영 데이터베이스를 {asked} 환경으로 바꿀 수 없습니다.",
    "too-few-replicas": "복제본 {asked}개는 너무 적습니다. 표준은 {allowed}개 이상입니다.",
    "runs-as-root": "{asked}이(가) root로 실행될 수 있습니다.",
    "no-memory-limit": "컨테이너 {asked}에 메모리 한도가 없습니다.",
    "no-readiness-probe": "컨테이너 {asked}에 준비 상태 검사가 없습니다.",
    "floating-image": "이미지 {asked}에 고정된 태그가 없습니다.",
    "no-owner": "{asked}에 소유자가 없습니다.",
}

DEMO = {
    "service": "== 1. 서비스 생성 자동화 ==",
    "press": "개발자는 이름 하나만 입력합니다: {name}",
    "made": "플랫폼이 새 git 저장소에 파일 {files}개를 만들었습니다:",
    "pipeline": "새로 복제한 저장소에서 CI의 명령을 실행했습니다: 테스트 {tests}개 모두 통과",
    "deployed": "Deployment대로 띄웠더니(클러스터에서는 {replicas}개) 이렇게 응답합니다: {answer}",
    "dashboard": "대시보드 패널 {all}개 중 {good}개가 서비스가 내보내는 지표를 보여 줍니다",
    "again": "같은 이름으로 한 번 더: 거절 ({status})",
    "fact_1": (
        "이름 하나로 {seconds}초 만에 파일 {files}개, 매니페스트 {manifests}개, 저장소를 생성. "
        "CI 테스트 {tests}개 통과, 패널 {all}개 중 {good}개에 데이터가 있음"
    ),
    "database": "== 2. 데이터베이스 프로비저닝 ==",
    "greedy": "연결 {connections}개와 확장 {extension}을(를) 요청하면:",
    "pressed": "{name}의 버튼을 눌렀고, Terraform이 {seconds}초 동안 일했습니다",
    "link": "접속 정보 링크를 처음 열었을 때: {first}, 두 번째로 열었을 때: {second}",
    "migrator": "{role} 역할: 테이블을 만들었습니다",
    "app": "{role} 역할: {rows}개 행을 쓰고 읽었습니다",
    "refused": "{role} 역할, PostgreSQL이 거절함: {deed}",
    "make": "테이블 만들기",
    "drop": "테이블 지우기",
    "stray": "다른 데이터베이스 접속",
    "leaks": "상태, 계획, 서버 로그 {bytes}바이트에서 두 비밀번호를 찾았습니다: {found}번 나옴",
    "unchanged": "같은 요청을 다시 보내면 바뀌는 자원: {changed}개",
    "rotated": "새 비밀번호를 요청하니 옛 비밀번호는 거절되고 새 비밀번호는 통합니다",
    "dropped": "데이터베이스를 다시 지웠습니다",
    "fact_2": (
        "버튼에서 데이터베이스까지 {seconds}초, 금지된 행동 {deeds}개 중 {refused}개 거절, "
        "{bytes}바이트에서 비밀번호 {found}번 발견, 두 번째 요청으로 바뀐 자원 {changed}개"
    ),
}
TITLES = ("서비스 생성 자동화", "데이터베이스 프로비저닝")
