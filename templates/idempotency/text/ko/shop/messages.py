"""What clients and readers are told."""

# Idempotency keys
KEY_MISSING = {
    "uuid": "Idempotency-Key 헤더에 UUID를 넣어 보내야 합니다.",
    "any": "Idempotency-Key 헤더에 고유한 키를 넣어 보내야 합니다.",
}
KEY_REUSED = "이 Idempotency-Key는 내용이 다른 요청에 이미 사용되었습니다."
KEY_BUSY = "이 Idempotency-Key로 보낸 요청을 아직 처리하고 있습니다."

# Payments
BAD_PAYMENT = (
    "결제에는 card(card_로 시작), amount(1~{most}의 정수), "
    "currency({currencies} 중 하나)가 필요합니다."
)
DECLINED = "은행이 결제를 거절했습니다."
BANK_UNCLEAR = "은행이 응답하지 않습니다. 같은 Idempotency-Key로 다시 시도해 주세요."
NO_SUCH_PAYMENT = "없는 결제입니다."

# Users
BAD_ID = "사용자의 ID는 클라이언트가 만든 UUID여야 합니다."
BAD_USER = "사용자에게는 name과 email이 필요하고, 각각 {longest}자까지입니다."
NO_SUCH_USER = "없는 사용자입니다."

# The demo, use case 1
PAYMENTS_TITLE = "결제 API 설계"
GAVE_UP = "은행이 느려서 클라이언트가 기다리다 포기합니다. 결제되었는지 알 수 없습니다."
ASKED_TOO_EARLY = "같은 키로 바로 다시 요청하면 아직 처리 중이라고 답합니다(HTTP {status})."
REPLAYED = "처리가 끝난 뒤에는 첫 응답을 바이트까지 그대로 돌려줍니다(HTTP {status}, {charge})."
AT_ONCE = "같은 요청 {count}건이 동시에 오면: 201 {created}건, 409 {busy}건"
OTHER_PAYLOAD = '같은 키에 다른 금액: HTTP {status}, "{title}"'
NO_KEY = '키가 없는 요청: HTTP {status}, "{title}"'
CRASHED = "은행이 청구한 직후 기록하기 전에 프로세스를 죽입니다. 바로 재시도하면: HTTP {status}"
RECOVERED = "{seconds:.0f}초가 지나면 재시도가 이어받습니다: HTTP {status}, 은행의 청구 {charges}건"
FORGOTTEN = "{hours:.0f}시간 동안은 첫 응답을 돌려주고, 그 뒤에는 키를 잊습니다."
PAYMENTS_FACT = (
    "동시 요청 {crowd}건에 201 {created}건과 409 {busy}건, "
    "시간 초과와 강제 종료를 겪고도 결제 시도 {attempts}건에 청구 {charges}건"
)

# The demo, use case 2
USERS_TITLE = "데이터 생성 API"
PUT_AGAIN = "응답을 받기 전에 연결이 끊깁니다. 같은 PUT을 다시 보냅니다: HTTP {status}, 같은 상태"
PUT_AT_ONCE = "같은 PUT {count}건이 동시에 오면: 201 {created}건, 200 {updated}건"
DELETED = "DELETE를 두 번 보내면: HTTP {first}, {second}. 그 뒤 GET은 HTTP {gone}입니다."
USERS_FACT = (
    "동시 PUT {count}건에 201 {created}건과 200 {updated}건, 결과 상태 {states}가지, "
    "끊긴 뒤 재시도해도 같은 상태, DELETE 두 번도 같은 결과"
)
