"""What people read, in English."""

PRODUCTS = {
    "tea": ["green tea", "Earl Grey", "camomile"],
    "coffee": ["Ethiopian beans", "cold brew", "decaf"],
    "books": ["poems", "a cookbook", "travels"],
    "garden": ["a trowel", "tomato seeds", "a watering can"],
}

DEMO_TRAINED = "The model learned from {count} past transactions with the features of their moment."
DEMO_JUDGED = (
    "  day {at:%d %H:%M} {one.amount:6.2f}  fraud {decision.probability:.2f}"
    "  held {decision.is_held:d}"
)
DEMO_DETECTED = (
    "eight usual transactions passed, and those of the stolen card were held from number {held} "
    "on; at its last one, the online store had the same count for the past hour as the batch, "
    "{count}, and the probability of fraud was {probability:.2f}"
)
DEMO_LEARNED = "The model learned from {count} impressions with the interests of their moment."
DEMO_MOVED = "The history goes online; a regular visitor is shown: {products}"
DEMO_LIST = "  list: {products}"
DEMO_LOOKED = "The visitor looks at garden tools three times; the interests go online."
DEMO_RECOMMENDED = (
    "the history went online and a regular visitor's list begins with '{regular}'; with the latest "
    "features, a new visitor's begins with '{after}', not '{before}'"
)
USE_CASES = ("Financial fraud detection", "Personalized recommendations")
