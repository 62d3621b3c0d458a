"""What the demonstration says."""

TITLES = {"review": "분기별 비즈니스 리뷰", "feature": "제품 기능 분석"}

CHANNELS = {
    "search_ads": "검색 광고",
    "social_ads": "소셜 광고",
    "organic": "자연 유입",
    "referral": "추천",
}
CATEGORIES = {
    "kitchen": "주방",
    "books": "도서",
    "home": "생활",
    "outdoor": "야외",
    "refill": "리필",
}
FEATURES = {"use wishlist": "위시리스트", "use theme": "테마"}
OUTCOMES = {"retained": "리텐션", "converted": "구매 전환율"}
VERDICTS = {True: "차이가 있습니다", False: "차이가 있다고 할 수 없습니다"}

DEMO = {
    "shop": (
        "고객 {customers:,}명, 주문 항목 {lines:,}건, 행동 로그 {events:,}건이 있는 쇼핑몰입니다."
    ),
    "built": (
        "{today} 기준으로 적재하고 dbt로 모델 {models}개를 만들었습니다."
        " 데이터 검사 {checks}개를 통과했습니다."
    ),
    "quarter": (
        "  {year} 회계연도 {quarter}분기({start}부터)"
        "  매출 {revenue:>9,}천 원  이익 {margin:>9,}천 원"
    ),
    "channel": (
        "  {channel}: 고객 {customers:,}명, 매출 {revenue:,}천 원, 고객당 이익 {profit:,}원"
    ),
    "best_channel": (
        "매출은 {largest} 채널이 가장 크지만, 가장 수익성 높은 고객은 {best} 채널로 왔습니다."
    ),
    "category": "  {category}: 전 분기보다 {on_quarter:+.0%}, 전년 같은 분기보다 {on_year:+.0%}",
    "season": "전 분기와 비교하면 {seasonal} 카테고리가 가장 빨라 보입니다. 철을 탔을 뿐입니다.",
    "segment": (
        "프로 고객의 매출: 주문 당시의 등급으로 {then:,}천 원."
        " 지금의 등급으로 조인하면 {now:,}천 원이 되어 틀립니다."
    ),
    "columns": (
        "질문 하나가 열 {whole}개 중 {asked}개를, {all_size:,} kB 중 {size:,} kB를 읽었습니다."
    ),
    "difference": (
        "  {name} {outcome}: 사용자 {users:.1%}, 비사용자 {others:.1%}, 차이 {points}%p → {verdict}"
    ),
    "trap": "같은 테마를 '언제든 써 본 사람'으로 나누면 없는 효과가 보입니다(불멸 시간 편향).",
    "chance": (
        "A/A 검사: 같은 사용자를 무작위로 {splits}번 나누어 {alarms}번 차이가 나왔습니다."
        " 우연만으로 {expected}번쯤 나옵니다."
    ),
}

FAILURES = {
    "quarters": "회계 분기 12개가 나오지 않았습니다",
    "channel": "가장 수익성 높은 채널을 찾지 못했습니다",
    "category": "가장 빠르게 성장하는 카테고리를 찾지 못했습니다",
    "segment": "등급별 매출이 주문 당시의 사실과 다릅니다",
    "columns": "필요한 열보다 많이 읽었습니다",
    "effect": "있는 효과를 찾지 못했습니다",
    "no_effect": "없는 효과를 찾았습니다",
    "trap": "잘못된 비교가 잘못된 답을 내지 않았습니다",
    "chance": "우연이 설명하는 것보다 자주 차이가 나왔습니다",
}

RESULTS = {
    "review": (
        "12개 분기, 가장 수익성 높은 고객은 {best} 채널(고객당 {profit:,}원),"
        " 가장 빠르게 성장하는 카테고리는 {fastest}(전년 대비 {growth:+.0%}),"
        " 읽은 바이트 {read:.1%}"
    ),
    "feature": (
        "위시리스트의 D{days} 리텐션 차이 {retained}%p, 구매 전환율 차이 {converted}%p,"
        " 효과 없는 테마는 차이 없음, A/A 검사 {alarms}/{splits}"
    ),
}
