"""What people read, in English."""

# Sections of a decision record
CONTEXT = "Context and problem"
OPTIONS = "Considered options"
OUTCOME = "Decision"
TRADE_OFFS = "Trade-offs of the options"
CRITERION = "Criterion"
WEIGHT = "Weight"
SCORE = "Score"
PRO = "For"
CON = "Against"
CHOSEN = "We choose **{winner}** ({score:.2f}). Next is {second} ({second_score:.2f})."
PROPOSED = (
    "Nothing is decided yet. By the marks, **{winner}** ({score:.2f}) comes before "
    "{second} ({second_score:.2f})."
)
OPEN = "Open"
TIE = "{options} have the same score."
APART = "{option}, {criterion}: the marks are far apart ({marks}). Talk about it, and mark again."
TIPS = (
    "When the weight of '{criterion}' moves from {weight:g} past {tips_at:.2f}, {winner} leads. "
    "How we see that weight is what decides."
)
FIRM = "No change of a single weight changes the result."

# Debt and sprints
REFACTOR = "Refactor {path}"
SPRINT = (
    "Sprint {sprint.number}: {sprint.effort:g} h of the {sprint.budget:g} h budget, "
    "saves {sprint.saved:g} h in every later sprint"
)
ITEM = "  - {debt.title} ({debt.effort:g} h, interest {debt.interest:g} h)"
TOO_LARGE = "  ! {debt.title}: {debt.effort:g} h is more than a sprint's budget. Split it."
ISSUE = "To pay off: {effort:g} h\nInterest in every sprint: {interest:g} h\nWhere: {path}"
ISSUES_ADDED = "{count} issues opened."

# Help
HELP_DECIDE = "write a decision record (ADR) from a decision file"
HELP_LINT = "check the decision records"
HELP_HOTSPOTS = "show files that are complicated and change often"
HELP_PLAN = "plan the debt of the next three sprints"
HELP_ISSUES = "open the register as issues of a forge"

# The demonstration
DEMO_MEETING = "Design meeting: the options are marked by criterion."
DEMO_SCORE = "  {score:.2f}  {option}"
DEMO_TALK = "  To talk about: views of '{criterion}' for '{option}' are far apart."
DEMO_RECORD = "The record has {lines} lines, with the trade-offs of every option."
DEMO_DECIDED = (
    "'{winner}' leads by {lead:.2f}; when the weight of '{criterion}' moves from {weight:g} past "
    "{tips_at:.2f}, it is '{flipped}'"
)
DEMO_HISTORY = "Hotspots (changes x complexity) in the history of a repository:"
DEMO_HOTSPOT = "  {hotspot.heat:6}  {hotspot.path} ({hotspot.changes} x {hotspot.complexity})"
DEMO_PLANNED = (
    "the hottest file is {hottest.path} ({hottest.changes} x {hottest.complexity}), the fullest "
    "sprint takes {most:g} h of its {budget:g} h budget ({share} %), and every later sprint "
    "saves {saved:g} h"
)
USE_CASES = ("Leading architecture design meetings", "Technical debt management")
