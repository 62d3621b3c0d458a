"""What clients and readers are told."""

# Idempotency keys
KEY_MISSING = {
    "uuid": "The Idempotency-Key header with a UUID is missing.",
    "any": "The Idempotency-Key header with a unique key is missing.",
}
KEY_REUSED = "This Idempotency-Key is already used for a request with another content."
KEY_BUSY = "A request with this Idempotency-Key is still being processed."

# Payments
BAD_PAYMENT = (
    "A payment needs a card (card_...), an amount (an integer from 1 to {most}) "
    "and a currency (one of {currencies})."
)
DECLINED = "The bank declined the payment."
BANK_UNCLEAR = "The bank does not answer. Please try again with the same Idempotency-Key."
NO_SUCH_PAYMENT = "There is no such payment."

# Users
BAD_ID = "The id of a user must be a UUID that the client has made."
BAD_USER = "A user needs a name and an email of up to {longest} characters each."
NO_SUCH_USER = "There is no such user."

# The demo, use case 1
PAYMENTS_TITLE = "Payment API design"
GAVE_UP = "The bank is slow and the client gives up waiting. Nobody can tell whether it has paid."
ASKED_TOO_EARLY = "Asked again at once under the same key, it is still busy (HTTP {status})."
REPLAYED = "When it is done, the first answer comes byte for byte (HTTP {status}, {charge})."
AT_ONCE = "The same request {count} times at once: {created} x 201, {busy} x 409"
OTHER_PAYLOAD = 'Another amount under the same key: HTTP {status}, "{title}"'
NO_KEY = 'No key at all: HTTP {status}, "{title}"'
CRASHED = "The process is killed between charge and record. A retry at once: HTTP {status}"
RECOVERED = "{seconds:.0f} s later a retry takes over: HTTP {status}, charges: {charges}"
FORGOTTEN = "For {hours:.0f} hours the first answer is given again; then the key is forgotten."
PAYMENTS_FACT = (
    "{crowd} requests at once: {created} x 201, {busy} x 409; "
    "through a timeout and a kill, {attempts} payments and {charges} charges"
)

# The demo, use case 2
USERS_TITLE = "Data creation API"
PUT_AGAIN = "The connection breaks before the answer. The same PUT again: HTTP {status}, same state"
PUT_AT_ONCE = "The same PUT {count} times at once: {created} x 201, {updated} x 200"
DELETED = "DELETE twice: HTTP {first}, {second}. After that GET is HTTP {gone}."
USERS_FACT = (
    "{count} PUTs at once: {created} x 201, {updated} x 200, ending in {states} state; "
    "the same after a retry, and after a second DELETE"
)
