"""What users read."""

LANGUAGE = "en"

PAGE = {
    "catalog": "Software catalog",
    "service": "Service",
    "health": "State",
    "healthy": "all is well",
    "look": "needs a look",
    "owner": "Owner",
    "repository": "Repository",
    "build": "CI/CD",
    "deployment": "Production",
    "ready": "{ready} of {wanted} ready",
    "api": "API",
    "uses": "Uses",
    "docs": "Documentation",
    "unknown": "not known",
}
OUTCOMES = {"success": "passed", "failure": "failed", "in_progress": "running"}

RULES = {
    "model": "Backstage does not take it: {said}",
    "unresolved": "refers to what is not in the catalog: {said}",
    "twice": "is there more than once: {said}",
    "no-repository": "nobody finds its code: the annotation {said} is missing",
    "no-deployment": "nobody finds where it runs: the annotation {said} is missing",
    "no-docs": "has no documentation: {said} or mkdocs.yml is missing",
    "no-api": "says no API: {said} is missing",
    "openapi": "its API's description is wrong: {said}",
    "unregistered": "is a service nobody registered",
}
JUDGED = "{entities} entities, {problems} problems"
INVALID = "The template does not take this: {said}"
TAKEN = "There is a repository {said} already."

DEMO = {
    "services": "== 1. Microservice management ==",
    "valid": "{entities} entities, judged by Backstage's own model package: {problems} problems",
    "wrong": "The same with an owner that does not exist: {said}",
    "pipeline": "The tests of {service} were really run: {outcome}",
    "deployed": "{copies} copies of {service} were really started",
    "page": "The page of {service}: {owner} | {repository} | {build} | {ready} | {api}",
    "broken": "One copy of orders is killed, and the tests of payments fail",
    "after": "Their pages now: orders {ready}, payments {build}",
    "site": "Look at it: {site}",
    "fact_1": (
        "{services} services, {answers} of {all} answers on their pages; "
        "the catalog has {problems} problems; {noticed} of 2 failures seen on the pages"
    ),
    "frontend": "== 2. New project creation ==",
    "enter": 'React Frontend Template: a developer enters "{name}", nothing else',
    "made": "A git repository with {files} files came out",
    "install": "npm ci, in a fresh clone ({seconds} s)",
    "tests": "npm test: {tests} tests passed, {covered} % of the lines covered (minimum {floor})",
    "build": "npm run build: {files} files, brand colour {color} in the bundle: {found}",
    "raw": "With a raw <button> next to the design system, npm test ends with {code}",
    "fact_2": (
        "one name became {files} files; {tests} tests passed with {covered} % coverage; built with "
        "the brand colour {color}; leaving the design system is noticed"
    ),
}
TITLES = ("Microservice management", "New project creation")
