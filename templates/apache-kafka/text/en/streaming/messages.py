"""What people read, in English."""

HELP_SYSTEM = "the system to run"
HELP_BOOTSTRAP = "the address of the cluster"
HELP_TOPIC = "the topic to read"
HELP_DATABASE = "the file the system keeps its results in"
HELP_STATE = "the folder in which the place in the log is kept"
HELP_SHOP = "the shop's database, whose changes are sent"
HELP_EVERY = "seconds between two events, or two looks at the outbox"
FEED_SENT = "{count} events sent."
HELP_UNTIL = "end when so many events are in (0: never)"

# The demonstration
DEMO_CLUSTER = "The broker is at {address}; topics have {partitions} partitions."
DEMO_SENT = "{count} events sent to {topic}. Three systems read them, each in its own process."
DEMO_STOPPED = "{system} is stopped, and users go on clicking."
DEMO_BEHIND = "The others are done; {system} lags by {missing} events. It starts again."
DEMO_COUNT = "  {system}: {count} events"
DEMO_REPLAYED = "A new group reads from the beginning: {count} events."
DEMO_TRACKED = (
    "three systems have {count} events each, {system} made up for {missing} it missed, "
    "and a new group replayed all {count}"
)
PRODUCTS = [(1, "green tea", 4000), (2, "black coffee", 3500), (3, "lemonade", 5000)]
FOUND, DELETED, GHOST = "tea", "coffee", "ghost"
DEMO_PROCESSES = (
    "Relay, search index and cache run as three processes; they share the topic {topic}."
)
DEMO_CHANGED = "The price of product 1 changed, and until it heard of that the cache said {before}."
DEMO_FOLLOWED = "The cache was invalidated and now says {after}."
DEMO_SEARCHED = "  search '{word}': {hit}"
DEMO_LATE = "No change reached index or cache later than {late} ms after it was made."
DEMO_CAPTURED = (
    "{count} changes reached index and cache, in three processes and at most {late} ms late: the "
    "price went from {before} to {after}, the deleted product is not found, and a change rolled "
    "back was never sent"
)
USE_CASES = ("User activity tracking", "Database change data capture (CDC)")
