"""What people read, in Korean."""

HELP_SYSTEM = "실행할 시스템"
HELP_BOOTSTRAP = "클러스터의 주소"
HELP_TOPIC = "읽을 토픽"
HELP_DATABASE = "시스템이 결과를 두는 파일"
HELP_STATE = "로그의 어디까지 읽었는지 두는 폴더"
HELP_SHOP = "변경을 보낼 상점의 데이터베이스"
HELP_EVERY = "이벤트 사이, 또는 아웃박스를 보는 간격(초)"
FEED_SENT = "이벤트 {count}개를 보냈습니다."
HELP_UNTIL = "이만큼의 이벤트를 받으면 끝내기 (0: 끝내지 않음)"

# The demonstration
DEMO_CLUSTER = "브로커는 {address}에 있고, 토픽은 파티션 {partitions}개로 나뉩니다."
DEMO_SENT = "이벤트 {count}개를 {topic} 토픽에 보냈고, 세 시스템이 각자의 프로세스에서 읽습니다."
DEMO_STOPPED = "{system} 시스템을 멈춥니다. 그동안에도 사용자는 계속 클릭합니다."
DEMO_BEHIND = "다른 시스템은 다 읽었고 {system} 시스템은 {missing}개 뒤처졌습니다. 다시 켭니다."
DEMO_COUNT = "  {system}: 이벤트 {count}개"
DEMO_REPLAYED = "새 그룹이 처음부터 다시 읽었습니다: {count}개"
DEMO_TRACKED = (
    "세 시스템이 이벤트 {count}개를 각각 모두 받았고, 멈췄던 {system} 시스템은 놓친 {missing}개를 "
    "이어서 읽었으며, 새 그룹은 {count}개를 처음부터 다시 읽었습니다"
)
PRODUCTS = [(1, "따뜻한 녹차", 4000), (2, "진한 커피", 3500), (3, "레모네이드", 5000)]
FOUND, DELETED, GHOST = "녹차", "커피", "유령"
DEMO_PROCESSES = "릴레이, 검색 색인, 캐시가 저마다 프로세스로 돌며 {topic} 토픽으로 이어집니다."
DEMO_CHANGED = "상품 1의 가격이 바뀌었지만, 변경을 받기 전까지 캐시는 {before}원이라고 답했습니다."
DEMO_FOLLOWED = "캐시가 무효화되어 이제 {after}원이라고 답합니다."
DEMO_SEARCHED = "  검색 '{word}': {hit}"
DEMO_LATE = "변경은 모두 {late} ms 안에 색인과 캐시에 닿았습니다."
DEMO_CAPTURED = (
    "변경 {count}건이 모두 {late} ms 안에 다른 프로세스의 검색 색인과 캐시에 반영되어 가격이 "
    "{before}원에서 {after}원으로 바뀌고, 지운 상품은 검색되지 않으며, 취소된 변경은 나가지 "
    "않았습니다"
)
USE_CASES = ("사용자 활동 추적", "데이터베이스 변경 감지(CDC)")
