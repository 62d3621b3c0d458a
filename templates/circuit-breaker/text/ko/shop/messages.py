"""What customers and readers are told."""

# The order service
STOCK_DELAYED = "재고 확인이 지연되고 있습니다. 잠시 후 다시 시도해주세요."
SOLD_OUT = "재고가 부족합니다."
NO_SUCH_ITEM = "없는 상품입니다."
BAD_ORDER = "주문에는 item(영문 소문자, 숫자, 하이픈)과 quantity(1 이상의 정수)가 필요합니다."

# The gateway
OLD_WEATHER = "날씨 서비스가 응답하지 않아 {minutes}분 전에 받은 날씨를 보여 드립니다."
NO_WEATHER = "지금은 날씨를 알 수 없습니다. 잠시 후 다시 시도해주세요."
NO_SUCH_CITY = "없는 도시입니다."

# The demo, use case 1
ORDERS_TITLE = "주문 서비스"
ORDER_TAKEN = "재고 서비스가 정상입니다. 주문이 접수되었습니다(HTTP {status})."
INVENTORY_HANGS = (
    "재고 서비스가 응답을 멈춥니다. 고객 {count}명이 주문하고 {deadline:g}초까지 기다립니다."
)
ORDERS_WAITED = "가장 오래 기다린 고객: {seconds:.2f}초. 서킷 상태: {state}"
ORDERS_REFUSED = (
    "다음 주문 {count}건: 가장 느린 응답이 {slowest:.0f} ms, 재고 서비스 호출은 {asked}번입니다."
)
ORDER_TOLD = '고객이 받은 메시지: "{message}"'
RETRY_AFTER = "Retry-After: {seconds}"
TIME_PASSES = "시계를 {seconds}초 앞으로 돌립니다. 고객 {crowd}명이 동시에 주문합니다."
PROBED = "재고 서비스에 도달한 시험 요청: {probes}건. 성공했습니다. 서킷 상태: {state}"
PROCESSES_REFUSED = "프로세스 {processes}개가 Redis로 서킷을 공유합니다. 실패가 쌓인 뒤: {said}"
PROCESSES_PROBED = "차단 시간이 지난 뒤 동시에 주문하면: {said}"
ORDERS_FACT = (
    "실패 {failures}번에 열림, "
    "주문 {count}건을 최대 {slowest:.0f} ms 만에 거절(재고 호출 {asked}번), "
    "시험 요청은 스레드 {crowd}개 중 {probes}건, 프로세스 {processes}개 중 {process_probes}건"
)

# The demo, use case 2
GATEWAY_TITLE = "API 게이트웨이"
WEATHER_FRESH = "날씨 서비스가 정상입니다. 서울 {celsius}도(X-Cache: {cache})."
WEATHER_HANGS = (
    "{minutes}분 뒤 날씨 서비스가 응답을 멈춥니다. 게이트웨이의 스레드는 {threads}개뿐입니다."
)
PRODUCTS_WAITED = (
    "모든 스레드가 날씨를 기다려 /products도 {seconds:.2f}초 걸렸습니다. 서킷 상태: {state}"
)
PRODUCTS_QUICK = (
    "이제 날씨 요청 {count}건이 한꺼번에 와도 /products는 {milliseconds:.0f} ms입니다. "
    "날씨 서비스 호출: {asked}번"
)
WEATHER_STALE = '캐시된 날씨를 대신 보여 줍니다: "{message}" (Age: {age})'
WEATHER_NONE = '캐시가 없는 도시: HTTP {status}, "{message}"'
WEATHER_BACK = "날씨 서비스가 돌아왔습니다(X-Cache: {cache}). 서킷 상태: {state}"
GATEWAY_FACT = (
    "{age}초 전 날씨를 캐시로 응답, 외부 호출 {asked}번, "
    "/products는 {waited:.2f}초에서 {milliseconds:.0f} ms로"
)
