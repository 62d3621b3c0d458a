"""Where the topics are: the embedded broker, or a cluster by its address."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from streaming.broker import BrokerError, EmbeddedCluster, cluster
from streaming.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parent.parent
EMBEDDED = "KAFKA_BOOTSTRAP_SERVERS" not in os.environ


def test_topics_have_the_partitions_of_the_settings(address, settings):
    topics = AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).topics
    found = [len(topic.partitions) for name, topic in topics.items() if "user-activity-" in name]
    assert settings.partitions in found


@pytest.mark.skipif(not EMBEDDED, reason="KAFKA_BOOTSTRAP_SERVERS names a cluster")
def test_the_embedded_broker_ends_with_whoever_started_it():
    command = [sys.executable, "-m", "streaming.broker", "t:1"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout.readline().count(":") == 1
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.mark.skipif(not EMBEDDED, reason="KAFKA_BOOTSTRAP_SERVERS names a cluster")
def test_another_cluster_is_one_environment_variable_away(monkeypatch):
    """A second broker stands for the cluster; its topics are created on demand."""
    other = EmbeddedCluster()
    other.create_topic("there", 2)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", other.address)
    with cluster({}) as address:
        assert address == other.address
        assert "there" in AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).topics


@pytest.mark.parametrize("partitions", [0, 1001, "6", 2.5])
def test_a_number_of_partitions_that_is_none_is_refused(partitions):
    with pytest.raises(SettingsError, match="partitions"):
        Settings(partitions, 100)


def test_a_setting_that_is_missing_is_named(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text("[topics]\npartitions = 3\n", "utf-8")
    with pytest.raises(SettingsError, match="consumer"):
        load_settings(path)


def test_a_cluster_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr("streaming.broker._ANSWER_SECONDS", 1)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    with pytest.raises(BrokerError, match=r"127\.0\.0\.1:1"), cluster({"t": 1}):
        pass
