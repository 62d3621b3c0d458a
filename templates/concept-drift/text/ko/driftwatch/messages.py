"""What people read: lines of the commands, the report and the alerts, in Korean."""

LANGUAGE = "ko"

REFUSED = "중단했습니다: {reason}"
GATHERING = "{month}: 아직 잴 모델이 없습니다. 학습에는 {needed}개월 치 거래가 필요합니다"
MONTH = (
    "{it.month}: 재학습한 모델의 오차 {it.served_error:.1f}%, "
    "멈춘 모델의 오차 {it.frozen_error:.1f}%. 재학습했습니다"
)
MONTH_DRIFT = MONTH + ". 개념 드리프트를 감지했습니다"
NO_RECEIVER = "새 경고 {new}건을 적어 두었습니다. 받을 곳(DRIFT_WEBHOOK_URL)이 없습니다"
DELIVERED = "새 경고 {new}건, 전달한 경고 {taken}건"
REPORTED = "보고서: {path}"

SUMMARY = {
    "surge": "{product} 수요 급증: 하루 {before} → {after}개({change_percent:+}%)",
    "drop": "{product} 수요 감소: 하루 {before} → {after}개({change_percent:+}%)",
}
KINDS = {"surge": "급증", "drop": "감소"}

BAD_PROJECT = "{file}: project에는 이름이 있어야 합니다"
BAD_NUMBER = "{place}: {lowest} 이상 {highest} 이하의 수여야 합니다"
BAD_MONTH = "{month}: 달은 2026-01처럼 씁니다"
NO_FILE = "{file}: 그런 파일이 없습니다"
BAD_ROW = "{place}: 열이 없거나 쓸 수 없는 값이 있습니다"
FEW_SALES = "{file}: 거래가 {count}건뿐입니다. {needed}건 이상이어야 합니다"
DAY_ORDER = "{place}: 날짜가 순서대로가 아닙니다"
BAD_URL = "경고를 받을 주소는 {schemes} 가운데 하나로 시작해야 합니다"
NOT_TAKEN = "경고를 전달하지 못했습니다. 다음 실행에서 다시 보냅니다({reason})"

REPORT_HOUSING = "주택 가격 예측"
REPORT_DEMAND = "상품 수요 경고"
REPORT_FROZEN = "멈춘 모델의 오차"
REPORT_SERVED = "매월 재학습한 모델의 오차"
REPORT_MARK = "● 드리프트 감지"
REPORT_DRIFT = "드리프트를 감지한 달: {months}"
REPORT_NONE = "없음"
REPORT_NOTHING = "아직 잰 달이 없습니다."
REPORT_STABILITY_COLUMNS = ("입력", "PSI", "분포")
REPORT_CHANGED, REPORT_STABLE = "달라짐", "그대로"
REPORT_DEMAND_COLUMNS = ("상품", "날짜", "변화", "크기", "전달")
REPORT_YES, REPORT_NO = "예", "아니요"

HELP = "주택 가격 모델과 수요 예측 모델의 개념 드리프트를 지켜봅니다"
HELP_HOME = "데이터와 결과를 두는 폴더(기본값: DRIFTWATCH_HOME 또는 var)"
HELP_MONTHLY = "한 달의 오차를 재고 재학습합니다(기본값: 지난달)"
HELP_DAILY = "수요의 드리프트를 찾아 경고를 보냅니다"
HELP_REPORT = "HTML 보고서를 씁니다"
