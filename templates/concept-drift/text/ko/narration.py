"""What the demo tells, in Korean."""

TITLE_1 = "주택 가격 예측 모델"
TITLE_2 = "상품 수요 예측 모델"

MARKET = (
    "주택 거래 44개월을 재생합니다. 매월 오차를 재고 최근 {window}개월로 재학습합니다.\n"
    "{rise}부터 금리가 오르며 같은 집의 값이 달라집니다. 멈춘 모델은 처음 학습한 그대로입니다."
)
MONTHS_HEAD = "    달        재학습 모델   멈춘 모델"
DRIFT = "← 드리프트 감지"
LOST_SALES = (
    "\n다음 달 거래 파일이 도착하지 않았습니다. 재학습을 멈추고 서빙 중인 모델은 그대로 둡니다."
)
FACT_1 = (
    "멈춘 모델의 오차 {first.frozen_error:.1f}% → {last.frozen_error:.1f}%, "
    "매월 재학습({trained}회) {last.served_error:.1f}%, {rise} 금리 인상을 {drift}에 감지, "
    "입력 분포는 그대로(PSI 최대 {moved:.2f})"
)

SHOP = (
    "상품 세 가지의 수요를 날마다 지켜봅니다. {day}에 한 상품이 유행을 타 {surge}배로 팔리고 "
    "80일 뒤 돌아옵니다.\n다른 하나는 그대로, 또 하나는 하루만 반짝 행사를 합니다."
)
KINDS = {"surge": "급증", "drop": "감소"}
ALERT = "    웹훅 수신: {product} {what} {before} → {after}개/일({change_percent:+}%), {day}"
AGAIN = "\n같은 날 작업을 한 번 더 실행합니다. 이미 알린 국면은 다시 알리지 않습니다."
STOCK = "\n재고 시스템의 품절일: 경고가 없었다면 {blind}일, 경고를 받아서 {alerted}일"
FACT_2 = (
    "급증 {delay}일 만에 경고, 국면 2개에 경고 {alerts}건, 변화 없는 상품과 하루 행사에는 0건, "
    "품절 {blind}일 → {alerted}일"
)
NOT_SHOWN = "보이지 않았습니다"
