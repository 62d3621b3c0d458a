"""What the demonstration says."""

TITLES = {"review": "Quarterly business review", "feature": "Product feature analysis"}

CHANNELS = {
    "search_ads": "search ads",
    "social_ads": "social ads",
    "organic": "organic",
    "referral": "referral",
}
CATEGORIES = {
    "kitchen": "kitchen",
    "books": "books",
    "home": "home",
    "outdoor": "outdoor",
    "refill": "refill",
}
FEATURES = {"use wishlist": "wishlist", "use theme": "theme"}
OUTCOMES = {"retained": "retention", "converted": "conversion"}
VERDICTS = {True: "a difference", False: "no difference to speak of"}

DEMO = {
    "shop": "A shop with {customers:,} customers, {lines:,} order lines and {events:,} log events.",
    "built": "Loaded as of {today}; dbt built {models} models, {checks} checks of the data passed.",
    "quarter": (
        "  fiscal {year} Q{quarter} (from {start})  revenue {revenue:>9,} k  margin {margin:>9,} k"
    ),
    "channel": (
        "  {channel}: {customers:,} customers, revenue {revenue:,} k, profit each {profit:,}"
    ),
    "best_channel": "Most revenue came by {largest}, but the most profitable customers by {best}.",
    "category": (
        "  {category}: {on_quarter:+.0%} on the quarter before, {on_year:+.0%} on the year before"
    ),
    "season": "On the quarter before, {seasonal} seems to grow fastest. That is only the season.",
    "segment": (
        "Revenue from pro customers: {then:,} k by the segment at the time of the order."
        " A join with the segments of today says {now:,} k, which is wrong."
    ),
    "columns": ("One question read {asked} of {whole} columns, {size:,} kB of {all_size:,} kB."),
    "difference": (
        "  {name}, {outcome}: users {users:.1%}, others {others:.1%},"
        " difference {points} points → {verdict}"
    ),
    "trap": 'Grouped by "ever used it", the same theme seems to work (immortal time bias):',
    "chance": (
        "A/A check: the same users were split at random {splits} times, and {alarms} times"
        " there was a difference. Chance alone makes about {expected}."
    ),
}

FAILURES = {
    "quarters": "there are not twelve fiscal quarters",
    "channel": "the most profitable channel was not found",
    "category": "the fastest growing category was not found",
    "segment": "revenue by segment is not what it was at the time",
    "columns": "more was read than the columns that are needed",
    "effect": "an effect that is there was not found",
    "no_effect": "an effect was found that is not there",
    "trap": "the wrong comparison did not give the wrong answer",
    "chance": "there were more differences than chance explains",
}

RESULTS = {
    "review": (
        "12 quarters, the most profitable customers came by {best} ({profit:,} each),"
        " {fastest} grew fastest ({growth:+.0%} on the year before), {read:.1%} of the bytes read"
    ),
    "feature": (
        "wishlist makes a difference of {retained} points in D{days} retention and {converted}"
        " points in conversion, the theme none, A/A check {alarms} of {splits}"
    ),
}
