"""What people read: lines of the commands, the report and the alerts, in English."""

LANGUAGE = "en"

REFUSED = "Stopped: {reason}"
GATHERING = "{month}: no model to measure yet; training takes the sales of {needed} months"
MONTH = (
    "{it.month}: the retrained model errs by {it.served_error:.1f}%, "
    "the frozen one by {it.frozen_error:.1f}%. Retrained"
)
MONTH_DRIFT = MONTH + ". Concept drift detected"
NO_RECEIVER = "{new} new alerts written down; there is no receiver (DRIFT_WEBHOOK_URL)"
DELIVERED = "{new} new alerts, {taken} delivered"
REPORTED = "Report: {path}"

SUMMARY = {
    "surge": "Demand for {product} surges: {before} → {after} a day ({change_percent:+}%)",
    "drop": "Demand for {product} drops: {before} → {after} a day ({change_percent:+}%)",
}
KINDS = {"surge": "surge", "drop": "drop"}

BAD_PROJECT = "{file}: project has to be a name"
BAD_NUMBER = "{place}: has to be a number from {lowest} to {highest}"
BAD_MONTH = "{month}: a month looks like 2026-01"
NO_FILE = "{file}: there is no such file"
BAD_ROW = "{place}: a column is missing or a value is of no use"
FEW_SALES = "{file}: only {count} sales, at least {needed} are needed"
DAY_ORDER = "{place}: the days are not in order"
BAD_URL = "The address that takes alerts has to begin with one of {schemes}"
NOT_TAKEN = "The alert was not taken; the next run sends it again ({reason})"

REPORT_HOUSING = "House prices"
REPORT_DEMAND = "Alerts on demand"
REPORT_FROZEN = "error of the frozen model"
REPORT_SERVED = "error when retrained monthly"
REPORT_MARK = "● drift detected"
REPORT_DRIFT = "Months in which drift was detected: {months}"
REPORT_NONE = "none"
REPORT_NOTHING = "No month has been measured yet."
REPORT_STABILITY_COLUMNS = ("Input", "PSI", "Distribution")
REPORT_CHANGED, REPORT_STABLE = "changed", "as before"
REPORT_DEMAND_COLUMNS = ("Product", "Day", "Change", "Size", "Delivered")
REPORT_YES, REPORT_NO = "yes", "no"

HELP = "Watch a house price model and a demand forecast for concept drift"
HELP_HOME = "folder of data and results (default: DRIFTWATCH_HOME, or var)"
HELP_MONTHLY = "measure the errors of a month and retrain (default: last month)"
HELP_DAILY = "look for drift in demand and send alerts"
HELP_REPORT = "write the HTML report"
