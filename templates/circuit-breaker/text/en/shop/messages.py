"""What customers and readers are told."""

# The order service
STOCK_DELAYED = "Checking stock is taking longer than usual. Please try again in a moment."
SOLD_OUT = "There is not enough in stock."
NO_SUCH_ITEM = "There is no such item."
BAD_ORDER = (
    "An order needs an item (lower-case letters, digits, hyphens) and a quantity (1 or more)."
)

# The gateway
OLD_WEATHER = "The weather service does not answer; this is what it said {minutes} minutes ago."
NO_WEATHER = "The weather is not known right now. Please try again in a moment."
NO_SUCH_CITY = "There is no such city."

# The demo, use case 1
ORDERS_TITLE = "Order service"
ORDER_TAKEN = "The inventory service is well: an order is taken (HTTP {status})."
INVENTORY_HANGS = (
    "The inventory service stops answering: {count} customers order and wait up to {deadline:g} s."
)
ORDERS_WAITED = "The longest wait: {seconds:.2f} s. The circuit is {state}."
ORDERS_REFUSED = (
    "The next {count} orders: answered in {slowest:.0f} ms at most, "
    "the inventory was asked {asked} times."
)
ORDER_TOLD = 'What customers are told: "{message}"'
RETRY_AFTER = "Retry-After: {seconds}"
TIME_PASSES = "The clock is moved on by {seconds} s, and {crowd} customers order at once."
PROBED = "Reached the inventory as a probe: {probes}. It succeeded; the circuit is {state}."
PROCESSES_REFUSED = (
    "{processes} processes share a circuit in Redis. After failures in all of them: {said}"
)
PROCESSES_PROBED = "When its time is over and all order at once: {said}"
ORDERS_FACT = (
    "opened after {failures} failures, refused {count} orders within {slowest:.0f} ms each "
    "(inventory asked {asked} times), probes: {probes} of {crowd} threads, "
    "{process_probes} of {processes} processes"
)

# The demo, use case 2
GATEWAY_TITLE = "API gateway"
WEATHER_FRESH = "The weather service is well: {celsius} degrees in Seoul (X-Cache: {cache})."
WEATHER_HANGS = (
    "{minutes} minutes later it stops answering. The gateway has no more than {threads} threads."
)
PRODUCTS_WAITED = (
    "They all wait for the weather, and so does /products: {seconds:.2f} s. The circuit is {state}."
)
PRODUCTS_QUICK = (
    "Now {count} requests for weather at once leave /products at {milliseconds:.0f} ms; "
    "the weather service was asked {asked} times."
)
WEATHER_STALE = 'Earlier weather is shown instead: "{message}" (Age: {age})'
WEATHER_NONE = 'A city that was never asked for: HTTP {status}, "{message}"'
WEATHER_BACK = "The weather service is back (X-Cache: {cache}); the circuit is {state}."
GATEWAY_FACT = (
    "showed weather {age} s old, asked outside {asked} times, "
    "/products went from {waited:.2f} s to {milliseconds:.0f} ms"
)
