"""What the demonstration says."""

TITLES = {"sales": "일일 매출 리포트", "logs": "로그 데이터 분석"}

DEMO = {
    "airflow": "Airflow를 준비합니다. 처음에는 몇 초 걸립니다.",
    "shop": "쇼핑몰 데이터베이스에 주문 {orders}건이 있습니다. 하루는 {zone} 시간대로 나눕니다.",
    "night": "{hour}시의 야간 실행: {state}. {day}의 주문 {good}건을 적재했습니다.",
    "category": "  {category:<8} 주문 {orders:>3}건  매출 {revenue:>11,}원",
    "rejected": "  격리 {number}건: {reason}",
    "again": "같은 밤을 다시 실행했습니다. 웨어하우스의 행: 전 {before}, 후 {after}.",
    "late": (
        "{day} 주문 하나({amount:,}원)가 적재 후에 들어왔습니다. 다음 날 밤이 지난 {back}일을"
        " 다시 읽어 매출이 {before:,}원에서 {after:,}원이 되었습니다."
    ),
    "broken": (
        "상품 목록 {products}건이 사라졌습니다. 격리 비율이 {percent}%를 넘어 실행은 {state}로"
        " 끝났고, 웨어하우스는 그대로입니다."
    ),
    "lake": "로그 파일 {files}개에서 요청 {visits:,}건을 저장하고 {rejected}줄을 따로 두었습니다.",
    "bytes": "한 시간의 크기: JSON {raw:,} kB, Parquet {parquet:,} kB.",
    "question": "{hour:%Y-%m-%d %H}시(UTC)에 어떤 경로를 많이 보았는지 묻습니다.",
    "path": "  {path:<10} 요청 {requests:>4}건  평균 체류 {dwell}초",
}

REASONS = {
    "double_submit": "두 번 눌린 주문",
    "unknown_user": "없는 사용자",
    "unknown_product": "없는 상품",
    "bad_quantity": "잘못된 수량",
    "bad_price": "잘못된 가격",
}

FAILURES = {
    "night": "야간 실행이 성공하지 못했습니다",
    "hour": "매시간 실행이 성공하지 못했습니다",
    "revenue": "보고서의 매출이 주문의 합과 다릅니다",
    "quarantine": "격리된 것이 심어 둔 것과 다릅니다",
    "doubled": "다시 실행하자 내용이 바뀌었습니다",
    "late": "늦은 주문이 반영되지 않았습니다",
    "broken": "망가진 원본이 걸러지지 않았습니다",
    "partition": "한 시간을 묻는데 다른 파일도 읽었습니다",
}

RESULTS = {
    "sales": (
        "{day} 주문 {count}건 적재, 재실행으로 늘어난 행 0, 잘못된 주문 모두 격리,"
        " 늦은 주문까지 매출 {revenue:,}원"
    ),
    "logs": "요청 {visits:,}건 저장, {rejected}줄 격리, 한 시간 쿼리가 읽은 파일 {scanned}/{there}",
}
