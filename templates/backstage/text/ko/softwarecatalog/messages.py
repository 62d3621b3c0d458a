"""What users read."""

LANGUAGE = "ko"

PAGE = {
    "catalog": "소프트웨어 카탈로그",
    "service": "서비스",
    "health": "상태",
    "healthy": "정상",
    "look": "확인 필요",
    "owner": "소유 팀",
    "repository": "저장소",
    "build": "CI/CD",
    "deployment": "프로덕션",
    "ready": "{wanted}개 중 {ready}개 준비됨",
    "api": "API",
    "uses": "사용하는 것",
    "docs": "문서",
    "unknown": "알 수 없음",
}
OUTCOMES = {"success": "통과", "failure": "실패", "in_progress": "실행 중"}

RULES = {
    "model": "Backstage가 받지 않습니다: {said}",
    "unresolved": "카탈로그에 없는 것을 가리킵니다: {said}",
    "twice": "두 번 이상 있습니다: {said}",
    "no-repository": "코드를 찾을 수 없습니다. 애너테이션이 없습니다: {said}",
    "no-deployment": "어디에서 도는지 찾을 수 없습니다. 애너테이션이 없습니다: {said}",
    "no-docs": "문서가 없습니다. {said} 또는 mkdocs.yml이 없습니다",
    "no-api": "API를 밝히지 않았습니다: {said}",
    "openapi": "API 설명이 잘못되었습니다: {said}",
    "unregistered": "등록되지 않은 서비스입니다",
}
JUDGED = "항목 {entities}개, 문제 {problems}개"
INVALID = "템플릿이 받을 수 없는 값입니다: {said}"
TAKEN = "저장소 {said}이(가) 이미 있습니다."

DEMO = {
    "services": "== 1. 마이크로서비스 관리 ==",
    "valid": "항목 {entities}개를 Backstage의 모델 패키지로 판정했습니다: 문제 {problems}개",
    "wrong": "없는 팀을 소유자로 적으면: {said}",
    "pipeline": "{service}의 테스트를 실제로 실행했습니다: {outcome}",
    "deployed": "{service} 프로세스 {copies}개를 실제로 띄웠습니다",
    "page": "{service} 페이지: {owner} | {repository} | {build} | {ready} | {api}",
    "broken": "orders 하나를 죽이고, payments의 테스트를 망가뜨렸습니다",
    "after": "이제 페이지에는: orders {ready}, payments {build}",
    "site": "직접 보세요: {site}",
    "fact_1": (
        "서비스 {services}개의 페이지에서 답 {all}개 중 {answers}개 확인, "
        "카탈로그 문제 {problems}개, 장애 2건 중 {noticed}건이 페이지에 나타남"
    ),
    "frontend": "== 2. 신규 프로젝트 생성 ==",
    "enter": 'React Frontend Template: 개발자는 "{name}" 하나만 입력합니다',
    "made": "파일 {files}개가 든 git 저장소가 나왔습니다",
    "install": "새로 복제한 저장소에서 npm ci ({seconds}초)",
    "tests": "npm test: 테스트 {tests}개 통과, 줄 커버리지 {covered}% (기준 {floor}%)",
    "build": "npm run build: 파일 {files}개, 번들 속 브랜드 색 {color}: {found}",
    "raw": "디자인 시스템 대신 <button>을 직접 쓰면 npm test의 종료 코드: {code}",
    "fact_2": (
        "이름 하나로 파일 {files}개 생성, 테스트 {tests}개 통과(줄 커버리지 {covered}%), "
        "브랜드 색 {color}(으)로 빌드, 디자인 시스템을 벗어나면 알아챔"
    ),
}
TITLES = ("마이크로서비스 관리", "신규 프로젝트 생성")
