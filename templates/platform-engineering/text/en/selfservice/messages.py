"""What users read."""

LANGUAGE = "en"

PAGE = {
    "title": "Developer platform",
    "service": "A new service",
    "database": "A new PostgreSQL database",
    "name": "Name",
    "owner": "Owner",
    "environment": "Environment",
    "make_service": "Create service",
    "make_database": "Create database",
    "handover": "Your credentials",
    "only_once": "They are shown once. Put them into your secret store right away.",
    "reveal": "Show once",
}
PORTAL_READY = "The portal is at"

INVALID = {
    "name": "name: 3 to 40 of a-z, 0-9 and _, beginning with a letter",
    "owner": "owner: a group or a user, for instance group:default/payments",
    "environment": "environment: dev or prod",
    "connections": "connections: a whole number from 1",
    "extensions": "extensions: a list of names of PostgreSQL extensions",
}
NO_SUCH_FIELD = "allowed fields: name, owner, environment, connections, extensions"
INVALID_SERVICE = "The template does not take this: {detail}"
TAKEN = "There is a repository of this name already."
NO_SUCH_DATABASE = "The platform has made no database of this name."
NAME_TAKEN = "The server has a database or roles of this name, and they are somebody else's."
TERRAFORM_FAILED = "Terraform broke off; the platform team finds the reason in the portal's log."
LINK_GONE = "This link was used, is too old, or never was. Ask for new passwords."

RULES = {
    "too-many-connections": "{asked} connections are asked for; the standard allows {allowed}.",
    "extension": "The extension {asked} is not among those allowed: {allowed}.",
    "production-needs-a-group": "A production database belongs to a group, not to {asked}.",
    "production-is-not-dropped": "{asked} is in production and is not dropped from here.",
    "owner-stays": "The database belongs to {allowed}; it is not handed to {asked} from here.",
    "production-stays-production": "A production database does not become one for {asked}.",
    "too-few-replicas": "{asked} copies are too few; the standard asks for {allowed}.",
    "runs-as-root": "{asked} may run as root.",
    "no-memory-limit": "The container {asked} has no memory limit.",
    "no-readiness-probe": "The container {asked} has no readiness probe.",
    "floating-image": "The image {asked} has no tag of its own.",
    "no-owner": "{asked} has no owner.",
}

DEMO = {
    "service": "== 1. Automated service creation ==",
    "press": "A developer enters a name, nothing else: {name}",
    "made": "The platform made {files} files in a git repository of their own:",
    "pipeline": "CI's own commands, run in a fresh clone: {tests} tests, all passed",
    "deployed": "Started as the Deployment says (in a cluster {replicas} times), it says: {answer}",
    "dashboard": "Of {all} panels on the dashboard, {good} show metrics the service exports",
    "again": "The same name a second time: refused ({status})",
    "fact_1": (
        "one name became {files} files, {manifests} manifests and a repository in {seconds} s; "
        "{tests} CI tests passed; {good} of {all} panels have data"
    ),
    "database": "== 2. Database provisioning ==",
    "greedy": "Asked for {connections} connections and the extension {extension}:",
    "pressed": "The button is pressed for {name}; Terraform worked for {seconds} s",
    "link": "The link to the credentials, opened once: {first}; opened again: {second}",
    "migrator": "As {role}: made a table",
    "app": "As {role}: wrote and read {rows} row",
    "refused": "As {role}, refused by PostgreSQL: {deed}",
    "make": "making a table",
    "drop": "dropping a table",
    "stray": "another database",
    "leaks": "Looked for the passwords in {bytes} bytes of state, plan and log: {found} found",
    "unchanged": "The same request again changes {changed} resources",
    "rotated": "New passwords asked for: the old one is refused, the new one works",
    "dropped": "The database was dropped again",
    "fact_2": (
        "{seconds} s from button to database; {refused} of {deeds} forbidden deeds refused; "
        "passwords found {found} times in {bytes} bytes; second request changed {changed}"
    ),
}
TITLES = ("Automated service creation", "Database provisioning")
