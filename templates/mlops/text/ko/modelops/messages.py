"""What people read: answers of the service and lines of the commands, in Korean."""

REFUSED = "중단했습니다: {reason}"
RETRAINED = "{night} 로그로 재학습해 버전 {version} 등록(적중률 {hit_rate:.0%})"
KNOWN = "{night} 로그는 이미 버전 {version}으로 학습했습니다. 새로 등록하지 않습니다"
NIGHT_FAILED = "{night} 밤의 작업이 실패했습니다. 다음 시도 {again:%Y-%m-%d %H:%M}: {reason}"
NIGHT_GIVEN_UP = (
    "{night} 밤의 작업이 실패해 그만둡니다. 나중에 실행하세요: "
    "python -m modelops nightly --night {night}: {reason}"
)
BAD_OUTCOME = "{place}: 이 줄은 테스트 결과가 아니어서 뺐습니다"
NEXT_NIGHT = "다음 재학습: {start:%Y-%m-%d %H:%M}"
SWEPT = (
    "{found.runs}개 조합 가운데 최고 평균 정밀도 {found.validation:.3f} "
    "(테스트 {found.test:.3f}) → 버전 {found.version} 등록: {found.params}"
)
DEPLOYED = "{model}: 이제부터 응답하는 버전은 {version}입니다"

_NUMBERS = (
    "챔피언 v{it.trial.champion} 클릭률 {it.champion.rate:.1%}({it.champion.users:,}명), "
    "챌린저 v{it.trial.challenger} 클릭률 {it.challenger.rate:.1%}({it.challenger.users:,}명)"
)
VERDICTS = {
    "undecided": "아직 판정하지 않습니다. 표본이 부족합니다: " + _NUMBERS,
    "unbalanced": "무효입니다. 그룹 크기가 계획과 다릅니다: " + _NUMBERS,
    "better": "승격합니다. z = {it.z:.1f}: " + _NUMBERS,
    "not_better": "승격하지 않습니다. z = {it.z:.1f}: " + _NUMBERS,
}

NO_LOG = "{file}: 그런 파일이 없습니다"
BAD_EVENT = '{place}: {{"user": ..., "item": ...}} 형식이 아닙니다'
FEW_USERS = "{file}: 사용자가 {users}명뿐입니다. {needed}명 이상이어야 합니다"
NO_COLUMN = "{file}: 열이 없습니다: {names}"
BAD_ROW = "{place}: 숫자가 아닌 값이 있습니다"
NO_VERSION = "{model}: 레지스트리에 없는 버전입니다: {version}"
NOTHING_EARLIER = "{model}: 되돌릴 이전 배포가 없습니다"
BAD_TEST = "{name!r}: 테스트 이름이 아닙니다. 1-2처럼 씁니다"
BAD_PROJECT = "{file}: project에는 이름이 있어야 합니다"
BAD_NUMBER = "{place}: {lowest} 이상 {highest} 이하의 수({kind})여야 합니다"

BAD_JSON = "본문은 JSON 객체여야 합니다."
BAD_PAYMENTS = "payments는 결제의 목록이고, 결제마다 다음 숫자가 있어야 합니다: {names}"
BAD_HISTORIES = "histories는 사용자마다 상품 목록을 담은 객체여야 합니다."
BAD_OUTCOMES = "test는 진행 중인 테스트의 이름(예: 1-2), clicked는 사용자마다 클릭 여부여야 합니다."
NOT_DEPLOYED = "{model}: 아직 배포된 버전이 없습니다."

HELP = "추천 모델과 사기 탐지 모델의 생애 주기"
HELP_HOME = "데이터와 MLflow 저장소를 두는 폴더(기본값: MODELOPS_HOME 또는 var)"
HELP_NIGHTLY = "진행 중인 A/B 테스트를 판정하고 어제 로그로 재학습합니다"
HELP_SCHEDULE = "정해진 시각에 매일 nightly를 실행합니다"
HELP_SWEEP = "사기 탐지 모델을 여러 조합으로 학습하고 가장 나은 것을 등록합니다"
HELP_DEPLOY = "버전을 배포합니다"
HELP_ROLLBACK = "직전에 배포한 버전으로 되돌립니다"
HELP_SERVE = "모델을 HTTP로 서빙합니다"
