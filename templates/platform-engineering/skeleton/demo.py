"""Plays both use cases on this machine: make run."""

import json
import re
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
from psycopg.conninfo import make_conninfo
from werkzeug.serving import WSGIRequestHandler, make_server

from selfservice import rehearsal, settings
from selfservice.messages import DEMO, TITLES
from selfservice.portal import create_app
from selfservice.server import Server, running_server

FOLDER = settings.VAR / "demo"
OWNER = "group:default/payments"
Verdict = tuple[bool, str]


class Portal:
    """The portal, as a program sees it."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __call__(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Send a request and give the status and the body of the answer."""
        request = Request(  # noqa: S310 - an address of our own
            f"{self._address}{path}",
            method=method,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=120) as response:  # noqa: S310
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)


class Quiet(WSGIRequestHandler):
    """Logs nothing, so that the story is not interrupted."""

    def log(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running_portal(server: Server) -> Iterator[Portal]:
    """Run the portal on a free port."""
    app = create_app(settings.load(), server, FOLDER)
    with make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield Portal(f"http://127.0.0.1:{http.port}")
        finally:
            http.shutdown()
            thread.join()


def create_service(portal: Portal) -> Verdict:
    """Use case 1: from nothing but a name to a tested service with a dashboard."""
    print(DEMO["service"])
    print(DEMO["press"].format(name="orders"))
    begun = time.monotonic()
    _, made = portal("POST", "/services", {"name": "orders"})
    seconds = time.monotonic() - begun
    print(DEMO["made"].format(files=len(made["files"])))
    print("".join(f"    {path}\n" for path in made["files"]), end="")
    folder = rehearsal.clone(made["repository"], FOLDER / "orders")
    ended = re.search(r"Ran (\d+) tests.*\sOK\s", rehearsal.run_pipeline(folder), re.DOTALL)
    tests = int(ended[1]) if ended else 0
    print(DEMO["pipeline"].format(tests=tests))
    with rehearsal.deployed(folder) as address:
        answer = _read(f"{address}/")
        exposition = _read(f"{address}/metrics")
    print(DEMO["deployed"].format(replicas=settings.load().replicas, answer=answer))
    good, panels = rehearsal.panels_with_data(folder, exposition)
    print(DEMO["dashboard"].format(good=good, all=panels))
    status, _ = portal("POST", "/services", {"name": "orders"})
    print(DEMO["again"].format(status=status))
    fact = DEMO["fact_1"].format(
        files=len(made["files"]),
        manifests=len(list(folder.glob("deploy/*.yaml"))),
        seconds=f"{seconds:.1f}",
        tests=tests,
        good=good,
        all=panels,
    )
    return tests > 0 and good == panels and status == HTTPStatus.CONFLICT, fact


def provision_database(portal: Portal, server: Server) -> Verdict:
    """Use case 2: from a button to a database that keeps the standard."""
    print(f"\n{DEMO['database']}")
    mark = secrets.token_hex(3)
    orders, billing = f"orders_{mark}", f"billing_{mark}"
    refused_greed = ask_too_much(portal, orders)
    try:
        begun = time.monotonic()
        _, made = portal("POST", "/databases", _request(orders))
        seconds = time.monotonic() - begun
        print(DEMO["pressed"].format(name=orders, seconds=f"{seconds:.1f}"))
        mine, opened_once = open_link(portal, made["link"])
        portal("POST", "/databases", _request(billing))
        refused, deeds = use(orders, billing, mine)
        found, size = leaks(server, orders, mine)
        _, again = portal("POST", "/databases", _request(orders))
        print(DEMO["unchanged"].format(changed=len(again["changed"])))
        rotated = rotate(portal, orders, mine)
    finally:
        for name in (orders, billing):
            portal("DELETE", f"/databases/{name}")
    print(DEMO["dropped"])
    fact = DEMO["fact_2"].format(
        seconds=f"{seconds:.1f}",
        refused=refused,
        deeds=deeds,
        found=found,
        bytes=size,
        changed=len(again["changed"]),
    )
    kept = refused_greed and opened_once and refused == deeds and rotated
    return kept and found == 0 and again["changed"] == [], fact


def ask_too_much(portal: Portal, name: str) -> bool:
    """Ask for what the standard forbids, and show why it is refused."""
    connections = settings.load().connections + 1
    print(DEMO["greedy"].format(connections=connections, extension="file_fdw"))
    greedy = {**_request(name), "connections": connections, "extensions": ["file_fdw"]}
    status, answer = portal("POST", "/databases", greedy)
    print("".join(f"    {error}\n" for error in answer["errors"]), end="")
    return status == HTTPStatus.FORBIDDEN and len(answer["errors"]) > 1


def open_link(portal: Portal, link: str) -> tuple[dict[str, str], bool]:
    """Open the link twice; only the first time it gives the credentials."""
    token = {"token": link.partition("#")[2]}
    (first, answer), (second, _) = (portal("POST", "/handover", token) for _ in range(2))
    print(DEMO["link"].format(first=first, second=second))
    return answer["connections"], (first, second) == (HTTPStatus.OK, HTTPStatus.GONE)


def use(name: str, other: str, mine: dict[str, str]) -> tuple[int, int]:
    """Use the database as its two roles, then try what an application must not be able to do."""
    with psycopg.connect(mine["migrator"]) as migrator:
        migrator.execute("CREATE TABLE purchase (id int PRIMARY KEY)")
    print(DEMO["migrator"].format(role=f"{name}_migrator"))
    with psycopg.connect(mine["app"]) as app:
        app.execute("INSERT INTO purchase VALUES (1)")
        rows = len(app.execute("SELECT * FROM purchase").fetchall())
    print(DEMO["app"].format(role=f"{name}_app", rows=rows))
    deeds = {
        DEMO["make"]: (mine["app"], "CREATE TABLE mine (id int)"),
        DEMO["drop"]: (mine["app"], "DROP TABLE purchase"),
        DEMO["stray"]: (make_conninfo(mine["app"], dbname=other), "SELECT 1"),
    }
    refused = [deed for deed, (conninfo, query) in deeds.items() if _is_refused(conninfo, query)]
    for deed in refused:
        print(DEMO["refused"].format(role=f"{name}_app", deed=deed))
    return len(refused), len(deeds)


def leaks(server: Server, name: str, mine: dict[str, str]) -> tuple[int, int]:
    """Look for the passwords in all that Terraform and the server wrote down."""
    written = [path for path in (server.states / name).rglob("*") if path.is_file()]
    text = b"".join(path.read_bytes() for path in [*written, *([server.log] if server.log else [])])
    passwords = [str(psycopg.conninfo.conninfo_to_dict(c)["password"]) for c in mine.values()]
    found = sum(text.count(password.encode()) for password in passwords)
    print(DEMO["leaks"].format(bytes=len(text), found=found))
    return found, len(text)


def rotate(portal: Portal, name: str, old: dict[str, str]) -> bool:
    """Ask for new passwords; the old ones stop working."""
    _, answer = portal("POST", f"/databases/{name}/passwords")
    new, _ = open_link(portal, answer["link"])
    rotated = _is_refused(old["app"], "SELECT 1") and not _is_refused(new["app"], "SELECT 1")
    if rotated:
        print(DEMO["rotated"])
    return rotated


def _request(name: str) -> dict[str, Any]:
    return {"name": name, "owner": OWNER, "environment": "dev"}


def _is_refused(conninfo: str, query: str) -> bool:
    """Say whether PostgreSQL refuses a deed; that a connection too many is refused is none."""
    until = time.monotonic() + 5
    while True:
        try:
            with psycopg.connect(conninfo) as connection:
                connection.execute(query)
        except psycopg.Error as error:
            # With one connection allowed, the last one may still be on its way out.
            if "too many connections" not in str(error) or time.monotonic() > until:
                return True
            time.sleep(0.05)
        else:
            return False


def _read(url: str) -> str:
    with urlopen(url, timeout=9) as response:  # noqa: S310 - an address of our own
        text: str = response.read().decode()
        return text


def play(scene: Callable[[], Verdict]) -> Verdict:
    """Play one use case; one that breaks off has not shown anything."""
    try:
        return scene()
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"


def main() -> int:
    """Play, then say for each use case whether the phenomenon was seen."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(FOLDER, ignore_errors=True)
    with running_server() as server, running_portal(server) as portal:
        scenes: list[Callable[[], Verdict]] = [
            lambda: create_service(portal),
            lambda: provision_database(portal, server),
        ]
        verdicts = [play(scene) for scene in scenes]
    print()
    for number, (title, (seen, fact)) in enumerate(zip(TITLES, verdicts, strict=True), 1):
        print(f"[{number}/2] {'OK' if seen else 'FAILED'} {title}: {fact}")
    return 0 if all(seen for seen, _ in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
