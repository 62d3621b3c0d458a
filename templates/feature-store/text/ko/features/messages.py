"""What people read, in Korean."""

PRODUCTS = {
    "tea": ["보성 녹차", "얼그레이", "캐모마일"],
    "coffee": ["에티오피아 원두", "콜드브루", "디카페인"],
    "books": ["시집", "요리책", "여행기"],
    "garden": ["모종삽", "토마토 씨앗", "물뿌리개"],
}

DEMO_TRAINED = "과거 거래 {count}건과 그 시점의 피처로 모델을 학습했습니다."
DEMO_JUDGED = (
    "  {at:%d일 %H:%M} {one.amount:6.2f}  사기 확률 {decision.probability:.2f}"
    "  보류 {decision.is_held:d}"
)
DEMO_DETECTED = (
    "평소 거래 8건은 통과했고, 훔친 카드의 거래는 그 {held}번째부터 보류했습니다. "
    "마지막 거래 때 온라인 스토어의 '지난 1시간 거래 횟수'는 배치 계산과 같은 {count}, "
    "사기 확률은 {probability:.2f}이었습니다"
)
DEMO_LEARNED = "노출 {count}건과 그 시점의 관심사로 모델을 학습했습니다."
DEMO_MOVED = "이력을 온라인 스토어로 옮겼습니다. 단골 방문자의 추천: {products}"
DEMO_LIST = "  추천: {products}"
DEMO_LOOKED = "방문자가 정원 용품을 세 번 봅니다. 관심사가 온라인 스토어에 반영됩니다."
DEMO_RECOMMENDED = (
    "이력을 온라인 스토어로 옮긴 뒤 단골 방문자의 첫 추천은 '{regular}'이고, "
    "최신 피처가 반영되자 새 방문자의 첫 추천이 바뀌었습니다: '{before}' → '{after}'"
)
USE_CASES = ("금융 사기 탐지", "개인화 추천")
