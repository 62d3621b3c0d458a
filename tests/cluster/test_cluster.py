"""Three web nodes and three workers: what a client sees of commits, deaths and restarts."""

from __future__ import annotations

import http.client
import random
import sys
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.cluster.machines import Client
from tests.cluster.machines import Cluster
from tests.cluster.machines import WebNode
from tests.cluster.machines import content_of
from tests.cluster.machines import editions
from tests.cluster.machines import finds
from tests.cluster.machines import wait
from tests.conftest import Repository
from tests.databases import DISCONNECT_OTHERS
from tests.databases import postgresql_database
from tests.processes import KILLS

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    repository = Repository(folder / "repository")
    repository.path.mkdir()
    repository.git("init", "--quiet", "--initial-branch", "main")
    repository.commit(content_of(0))
    with postgresql_database() as url:
        cluster = Cluster(folder, url, repository)
        try:
            cluster.workers = [cluster.new_worker(f"worker-{number}") for number in range(3)]
            cluster.nodes = [cluster.new_node(f"node-{number}") for number in range(3)]
            for node in cluster.nodes:
                wait(node.is_ready, "a node is ready")
            yield cluster
        finally:
            cluster.stop()


def test_each_answer_is_of_one_commit_and_a_commit_is_seen_everywhere(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = []
    with Client(cluster).running() as client:
        for _ in range(5):
            edition = cluster.commit()
            for node in cluster.nodes:
                wanted = {str(edition)}
                seconds.append(
                    wait(lambda: editions(node) == wanted, f"a node has {edition}")  # noqa: B023
                )
                # Search is written with the catalog: whoever sees the one finds the other.
                assert finds(node, edition)
    assert client.wrong == []
    assert client.answers
    with capsys.disabled():
        told = f"seen everywhere within {max(seconds):.2f} s; {client.answers} answers, 0 wrong"
        sys.stdout.write(f"\n{told}\n")


def test_a_node_that_joins_serves_once_its_health_says_so(cluster: Cluster) -> None:
    edition = cluster.commit()
    wait(lambda: editions(cluster.nodes[0]) == {str(edition)}, "the commit is read")
    node = cluster.new_node("joining")
    try:
        wait(node.is_ready, "the node is ready")
        assert editions(node) == {str(edition)}
        assert finds(node, edition)
    finally:
        node.stop()


def test_a_rolling_restart_loses_no_request_and_no_task(cluster: Cluster) -> None:
    tasks = [cluster.begin(2) for _ in range(3)]
    with Client(cluster).running() as client:
        for number, node in enumerate(cluster.nodes):
            others = [each for each in cluster.nodes if each is not node]
            everyone, cluster.nodes = cluster.nodes, others
            node.stop()
            cluster.workers[number].stop()
            node.start()
            cluster.workers[number].start()
            wait(node.is_ready, "a restarted node is ready")
            cluster.nodes = everyone
        edition = cluster.commit()
        for node in cluster.nodes:
            wait(lambda: editions(node) == {str(edition)}, "a commit is seen")  # noqa: B023
    assert client.wrong == []
    for task in tasks:
        wait(lambda: _status(cluster, task) == "completed", "a task is completed")  # noqa: B023
        assert cluster.told(task).count("Finished step Last") == 1


def test_a_worker_with_another_key_leaves_tasks_alone_and_says_so(cluster: Cluster) -> None:
    first = cluster.begin(0)
    wait(lambda: _status(cluster, first) == "completed", "a task is completed")
    wrong = cluster.new_worker("wrong", key="another key than all others, but long enough")
    try:
        node = cluster.nodes[0]
        wait(lambda: "another task_key" in str(node.readiness().get("stale")), "it is told")
        tasks = [cluster.begin(0) for _ in range(8)]
        for task in tasks:
            wait(lambda: _status(cluster, task) == "completed", "a task is completed")  # noqa: B023
    finally:
        wrong.stop()


def test_what_was_asked_for_is_done_although_the_database_ends_all_connections(
    cluster: Cluster,
) -> None:
    tasks = []
    database = sa.create_engine(cluster.database_url, poolclass=sa.NullPool)
    for _ in range(4):
        edition = cluster.commit()
        tasks.append(cluster.begin(1))
        time.sleep(0.3)  # at any moment of its work
        with database.connect() as connection:
            connection.exec_driver_sql(DISCONNECT_OTHERS)
    for node in cluster.nodes:
        wait(lambda: _sees(node, edition), "the last commit is seen")  # noqa: B023
    for task in tasks:
        wait(lambda: _status(cluster, task) == "completed", "a task is completed")  # noqa: B023
        assert cluster.told(task).count("Finished step Last") == 1


def test_what_killed_workers_did_is_done_by_others(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(34)
    tasks: list[str] = []
    with Client(cluster).running() as client:
        for number in range(KILLS):
            cluster.commit()
            tasks.append(cluster.begin(chance.choice([0, 1, 3])))
            worker = chance.choice(cluster.workers)
            time.sleep(chance.uniform(0, 1.5))  # at any moment of its work
            worker.kill()
            if number % 2:  # another machine takes its place, one that has nothing
                worker.folder = worker.folder.with_name(f"worker-{number}-new")
            worker.start()
        took = max(
            wait(lambda: editions(node) == {str(cluster.edition)}, "the last is seen")  # noqa: B023
            for node in cluster.nodes
        )
        for task in tasks:
            wait(lambda: _status(cluster, task) == "completed", f"task {task} is completed")  # noqa: B023
    assert client.wrong == []
    twice = [task for task in tasks if cluster.told(task).count("Finished step Last") != 1]
    assert twice == []
    assert all(finds(node, cluster.edition) for node in cluster.nodes)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{KILLS} workers killed: {len(tasks)} tasks and {KILLS} commits, 0 lost; "
            f"{client.answers} answers, 0 wrong; the last commit seen {took:.1f} s after\n"
        )


def _sees(node: WebNode, edition: int) -> bool:
    """Return whether a node lists an edition; it may be without a connection just now."""
    try:
        return editions(node) == {str(edition)}
    except (AssertionError, OSError, http.client.HTTPException):
        return False


def _status(cluster: Cluster, task: str) -> str:
    status = str(cluster.ask("GET", f"/api/scaffolder/v2/tasks/{task}")["status"])
    assert status in {"open", "processing", "completed"}, cluster.told(task)
    return status
