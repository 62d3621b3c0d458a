"""What people read: answers of the service and lines of the commands, in English."""

REFUSED = "Stopped: {reason}"
RETRAINED = "Trained on the log of {night}, registered version {version} (hit rate {hit_rate:.0%})"
KNOWN = "The log of {night} already led to version {version}; nothing new is registered"
NIGHT_FAILED = "The night of {night} failed; next try at {again:%Y-%m-%d %H:%M}: {reason}"
NIGHT_GIVEN_UP = (
    "The night of {night} failed and is given up; later: "
    "python -m modelops nightly --night {night}: {reason}"
)
BAD_OUTCOME = "{place}: this line is no outcome of a test; it is left out"
NEXT_NIGHT = "Next retraining: {start:%Y-%m-%d %H:%M}"
SWEPT = (
    "Best average precision of {found.runs} settings: {found.validation:.3f} "
    "(test {found.test:.3f}) → registered version {found.version}: {found.params}"
)
DEPLOYED = "{model}: version {version} answers from now on"

_NUMBERS = (
    "champion v{it.trial.champion} click rate {it.champion.rate:.1%} "
    "({it.champion.users:,} users), "
    "challenger v{it.trial.challenger} click rate {it.challenger.rate:.1%} "
    "({it.challenger.users:,} users)"
)
VERDICTS = {
    "undecided": "Not decided yet, too few users: " + _NUMBERS,
    "unbalanced": "Void, the arms are not the size that was planned: " + _NUMBERS,
    "better": "Promoted. z = {it.z:.1f}: " + _NUMBERS,
    "not_better": "Not promoted. z = {it.z:.1f}: " + _NUMBERS,
}

NO_LOG = "{file}: there is no such file"
BAD_EVENT = '{place}: is not of the form {{"user": ..., "item": ...}}'
FEW_USERS = "{file}: only {users} users, at least {needed} are needed"
NO_COLUMN = "{file}: columns are missing: {names}"
BAD_ROW = "{place}: a value is no number"
NO_VERSION = "{model}: the registry has no version {version}"
NOTHING_EARLIER = "{model}: there is no earlier deployment to go back to"
BAD_TEST = "{name!r} is not the name of a test; one looks like 1-2"
BAD_PROJECT = "{file}: project has to be a name"
BAD_NUMBER = "{place}: has to be a number ({kind}) from {lowest} to {highest}"

BAD_JSON = "The body has to be a JSON object."
BAD_PAYMENTS = "payments has to be a list of payments, each with these numbers: {names}"
BAD_HISTORIES = "histories has to be an object with a list of items for each user."
BAD_OUTCOMES = "test has to name the running test, e.g. 1-2, clicked tell of each user yes or no."
NOT_DEPLOYED = "{model}: no version has been deployed yet."

HELP = "The life of a recommender and of a fraud detector"
HELP_HOME = "folder of the data and of the MLflow store (default: MODELOPS_HOME, or var)"
HELP_NIGHTLY = "judge the running A/B test, then retrain on yesterday's log"
HELP_SCHEDULE = "run nightly every day at the chosen hour"
HELP_SWEEP = "train the fraud detector with many settings and register the best"
HELP_DEPLOY = "deploy a version"
HELP_ROLLBACK = "go back to the version deployed before"
HELP_SERVE = "serve the models over HTTP"
