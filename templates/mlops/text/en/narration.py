"""What the demo tells, in English."""

TITLE_1 = "Running a recommendation system"
TITLE_2 = "Managing fraud detection models"
BEGIN = (
    "An MLflow store (SQLite) is made and the service is started. "
    "It is not restarted until the end.\n"
    "In production the `schedule` command retrains every day at {hour}:00; "
    "here night follows night."
)

FIRST_NIGHT = (
    "\nNight one. The first model learns from summer's clicks. "
    "With no champion yet, it serves at once."
)
LOST_LOG = "\nNight two. The log did not arrive. The pipeline stops and the champion stays."
BROKEN_LOG = (
    "\nNight three. The items in the log are mixed up. "
    "The form is right, so the model is registered as challenger."
)
DAY = "    By day: {users:,} users get recommendations from the service and click, or not."
AUTUMN = (
    "\nNight four. The day's outcomes decide on the challenger. "
    "Autumn has come: other things sell together."
)
AGAIN = (
    "\nThe same night's job runs again. "
    "Too few users for a verdict, and the same log is not registered twice."
)
PROMOTION = (
    "\nNight five. Both arms are full. "
    "The challenger that learned autumn won significantly and is promoted."
)
NOW_SERVING = "    The same process now has version {version} as its champion."
EQUAL = (
    "\nChance's share: of {of:,} challengers no better than the champion, "
    "the same rules would promote {passed} (in theory {chance:.1%})."
)
FACT_1 = (
    "champion v{champion} kept through a lost log and a broken one, v{challenger} promoted "
    "automatically at a click rate of {champion_rate:.1%} → {challenger_rate:.1%} (z = {z:.1f})"
)

SWEEP = (
    "Models are trained on two months of payments, {runs} settings each. "
    "MLflow keeps every run; the best is registered."
)
NOT_YET = "\nRegistered, but not deployed yet."
DEPLOY = "\nOne command deploys. The service looks the alias up at every request."
ROLLBACK = "\nOne command goes back, too."
SCORE = "    → version {version} answers: probability of fraud {score:.3f}"
FACT_2 = (
    "{runs} runs tracked, only the best of average precision {worst:.3f} to {best:.3f} registered, "
    "versions that answered {trail}, 0 restarts"
)
NOT_SHOWN = "was not seen"
