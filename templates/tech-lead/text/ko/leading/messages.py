"""What people read, in Korean."""

# Sections of a decision record
CONTEXT = "배경과 문제"
OPTIONS = "검토한 대안"
OUTCOME = "결정"
TRADE_OFFS = "대안별 장단점"
CRITERION = "기준"
WEIGHT = "가중치"
SCORE = "점수"
PRO = "장점"
CON = "단점"
CHOSEN = "**{winner}**({score:.2f}점)을 선택합니다. 다음은 {second}({second_score:.2f}점)입니다."
PROPOSED = (
    "아직 결정하지 않았습니다. 점수로는 **{winner}**({score:.2f}점)이 "
    "{second}({second_score:.2f}점)보다 앞에 있습니다."
)
OPEN = "남은 논의"
TIE = "점수가 같은 대안이 있습니다: {options}."
APART = "{option}, {criterion}: 평가가 크게 갈립니다({marks}). 논의하고 다시 평가하세요."
TIPS = (
    "'{criterion}'의 가중치가 {weight:g}에서 {tips_at:.2f}을 지나면 결론이 바뀝니다: {winner}. "
    "이 가중치를 어떻게 보느냐가 결정을 가릅니다."
)
FIRM = "어느 한 기준의 가중치를 바꾸어도 결과는 그대로입니다."

# Debt and sprints
REFACTOR = "{path} 리팩토링"
SPRINT = (
    "스프린트 {sprint.number}: 예산 {sprint.budget:g}시간 중 {sprint.effort:g}시간 사용, "
    "이후 스프린트마다 {sprint.saved:g}시간 절약"
)
ITEM = "  - {debt.title} ({debt.effort:g}시간, 이자 {debt.interest:g}시간)"
TOO_LARGE = "  ! {debt.title}: {debt.effort:g}시간은 한 스프린트의 예산보다 큽니다. 나누세요."
ISSUE = "상환: {effort:g}시간\n스프린트마다 드는 이자: {interest:g}시간\n위치: {path}"
ISSUES_ADDED = "이슈 {count}개를 열었습니다."

# Help
HELP_DECIDE = "결정 파일로 결정 기록(ADR)을 씁니다"
HELP_LINT = "결정 기록을 검사합니다"
HELP_HOTSPOTS = "복잡하고 자주 바뀌는 파일을 보여 줍니다"
HELP_PLAN = "다음 세 스프린트의 부채 상환을 계획합니다"
HELP_ISSUES = "부채 목록을 포지의 이슈로 엽니다"

# The demonstration
DEMO_MEETING = "설계 회의: 대안을 기준별로 평가합니다."
DEMO_SCORE = "  {score:.2f}  {option}"
DEMO_TALK = "  논의할 것: '{option}'의 '{criterion}'에 대한 의견이 크게 갈립니다."
DEMO_RECORD = "결정 기록을 {lines}줄로 썼고, 모든 대안의 장단점이 들어 있습니다."
DEMO_DECIDED = (
    "{lead:.2f}점 차로 '{winner}' 선택, '{criterion}'의 가중치가 {weight:g}에서 "
    "{tips_at:.2f}을 지나면 결론이 바뀜: '{flipped}'"
)
DEMO_HISTORY = "저장소의 이력에서 핫스팟(변경 횟수 × 복잡도)을 찾습니다."
DEMO_HOTSPOT = "  {hotspot.heat:6}  {hotspot.path} ({hotspot.changes}번 × {hotspot.complexity})"
DEMO_PLANNED = (
    "가장 뜨거운 파일은 {hottest.path}({hottest.changes}번 × {hottest.complexity}), "
    "가장 많이 쓴 스프린트도 {most:g}시간으로 예산 {budget:g}시간({share} %)을 지켰고, "
    "이후 스프린트마다 {saved:g}시간을 아낍니다"
)
USE_CASES = ("아키텍처 설계 회의 주도", "기술 부채 관리")
