"""What the demo tells, in English."""

TITLE_1 = "House price prediction model"
TITLE_2 = "Product demand forecasting model"

MARKET = (
    "44 months of house sales pass. Each month the error is measured, "
    "then the model is trained anew on the last {window} months.\n"
    "From {rise} on interest rates rise and the same house has another price. "
    "The frozen model stays as it was first trained."
)
MONTHS_HEAD = "    month      retrained     frozen"
DRIFT = "← drift detected"
LOST_SALES = (
    "\nThe next month's sales did not arrive. Nothing is trained, the model in service stays."
)
FACT_1 = (
    "error of the frozen model {first.frozen_error:.1f}% → {last.frozen_error:.1f}%, "
    "retrained monthly ({trained} times) {last.served_error:.1f}%, "
    "rate rise of {rise} detected in {drift}, inputs as before (PSI at most {moved:.2f})"
)

SHOP = (
    "The demand for three products is watched day by day. On {day} one of them comes into "
    "fashion, sells {surge} times as much, and is back to normal 80 days later.\n"
    "Another sells as ever, the third is on offer for a single day."
)
KINDS = {"surge": "surge", "drop": "drop"}
ALERT = "    webhook got: {product} {what} {before} → {after} a day ({change_percent:+}%), {day}"
AGAIN = "\nThe day's job runs once more. A regime that was told is not told again."
STOCK = "\nDays sold out: {blind} without alerts, {alerted} with them"
FACT_2 = (
    "surge alerted after {delay} days, {alerts} alerts for 2 regimes, none for the stable product "
    "or the one-day offer, days sold out {blind} → {alerted}"
)
NOT_SHOWN = "was not seen"
