"""Tracking and registry: every run is written down, every model has a version, aliases point.

This is the only module that writes to MLflow. The alias "champion" names the version that
serves, "challenger" the one under test; moving an alias is all a deployment is.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import mlflow.sklearn
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature

from modelops import ab, messages

logging.getLogger("mlflow").setLevel(logging.ERROR)
logging.getLogger("alembic").setLevel(logging.ERROR)

# The models are saved with skops, which loads only types it is told to trust: no pickles.
TRUSTED_TYPES = ["sklearn.tree._tree.Tree"]
# What a server that loads the model has to have. Named, because finding out takes half a minute.
REQUIREMENTS = ["scikit-learn", "skops"]
DEPLOYMENTS_TAG = "deployments"
_KEPT_DEPLOYMENTS = 50
_ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}


class NoSuchVersionError(LookupError):
    """A model, a version or an earlier deployment that is not there was asked for."""


class Registry:
    """The runs, models and aliases of one project in one MLflow store.

    The store is a SQLite file below `home` unless MLFLOW_TRACKING_URI names a server.
    """

    def __init__(self, project: str, home: Path, tracking_uri: str | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.project = project
        self.uri = tracking_uri or f"sqlite:///{home.resolve() / 'mlflow.db'}"
        # A server has its own place for artifacts; a SQLite file has not.
        self._artifacts = (home.resolve() / "artifacts").as_uri() if self._is_file else None
        mlflow.set_tracking_uri(self.uri)
        self.client = MlflowClient(self.uri)

    @property
    def _is_file(self) -> bool:
        return self.uri.startswith("sqlite:")

    def full_name(self, model: str) -> str:
        """Name a model the way the registry knows it: projects share a server."""
        return f"{self.project}.{model}"

    @contextmanager
    def run(self, model: str, title: str, *, nested: bool = False) -> Iterator[str]:
        """Open a run of the model's experiment; what is logged inside belongs to it."""
        with mlflow.start_run(
            experiment_id=self.experiment(model), run_name=title, nested=nested
        ) as run:
            yield run.info.run_id

    def experiment(self, model: str) -> str:
        """Return the id of the model's experiment, made when it is not there."""
        name = self.full_name(model)
        found = self.client.get_experiment_by_name(name)
        if found:
            return str(found.experiment_id)
        return str(self.client.create_experiment(name, artifact_location=self._artifacts))

    def runs(self, model: str, where: str, order_by: str) -> list[Run]:
        """Search the model's runs in MLflow's filter language."""
        return list(self.client.search_runs([self.experiment(model)], where, order_by=[order_by]))

    def register(
        self,
        model: str,
        estimator: Any,  # noqa: ANN401
        tags: Mapping[str, str],
        signature: ModelSignature | None = None,
    ) -> str:
        """Store a fitted estimator with the open run; return its new version."""
        info = mlflow.sklearn.log_model(
            estimator,
            name="model",
            pip_requirements=REQUIREMENTS,
            signature=signature,
            skops_trusted_types=TRUSTED_TYPES,
        )
        name = self.full_name(model)
        self._know(name)
        version = self.client.create_model_version(
            name, info.model_uri, run_id=info.run_id, tags=dict(tags), model_id=info.model_id
        )
        return str(version.version)

    def tag(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        """Write facts on a version, e.g. the verdict of its test."""
        for key, value in tags.items():
            self.client.set_model_version_tag(self.full_name(model), version, key, value)

    def tags(self, model: str, version: str) -> dict[str, str]:
        """Read the facts written on a version."""
        return dict(self.client.get_model_version(self.full_name(model), version).tags)

    def find(self, model: str, tags: Mapping[str, str]) -> str | None:
        """Return the newest version that carries all these tags."""
        where = " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())
        name = self.full_name(model)
        found = self.client.search_model_versions(f"name = '{name}' and {where}")
        return max((str(version.version) for version in found), key=int, default=None)

    def version(self, model: str, alias: str) -> str | None:
        """Return the version an alias points to, or None.

        Raises:
            MlflowException: the store cannot be reached.

        """
        try:
            found: ModelVersion = self.client.get_model_version_by_alias(
                self.full_name(model), alias
            )
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return None
            raise
        return str(found.version)

    def load(self, model: str, version: str) -> Any:  # noqa: ANN401
        """Load the estimator of a version."""
        return mlflow.sklearn.load_model(f"models:/{self.full_name(model)}/{version}")

    def challenge(self, model: str, version: str) -> None:
        """Put a version to the test."""
        self.client.set_registered_model_alias(self.full_name(model), ab.CHALLENGER, version)

    def end_challenge(self, model: str) -> None:
        """Take the challenger out of the test."""
        self.client.delete_registered_model_alias(self.full_name(model), ab.CHALLENGER)

    def deploy(self, model: str, version: str) -> None:
        """Let a version serve from the next request on. Doing it twice does no harm.

        Raises:
            NoSuchVersionError: the registry has no such version.

        """
        name = self.full_name(model)
        try:
            self.client.get_model_version(name, version)
        except MlflowException as error:
            reason = messages.NO_VERSION.format(model=model, version=version)
            raise NoSuchVersionError(reason) from error
        deployments = self.deployments(model)
        if deployments[-1:] != [version]:
            deployments.append(version)
        self._point(name, deployments)

    def rollback(self, model: str) -> str:
        """Let the version serve that served before, and return it.

        Raises:
            NoSuchVersionError: nothing served before.

        """
        deployments = self.deployments(model)[:-1]
        if not deployments:
            raise NoSuchVersionError(messages.NOTHING_EARLIER.format(model=model))
        self._point(self.full_name(model), deployments)
        return deployments[-1]

    def deployments(self, model: str) -> list[str]:
        """List the versions that served, the present one last."""
        try:
            found = self.client.get_registered_model(self.full_name(model))
        except MlflowException:
            return []
        return [str(version) for version in json.loads(found.tags.get(DEPLOYMENTS_TAG, "[]"))]

    def _know(self, name: str) -> None:
        try:
            self.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _point(self, name: str, deployments: list[str]) -> None:
        trail = json.dumps(deployments[-_KEPT_DEPLOYMENTS:])
        self.client.set_registered_model_tag(name, DEPLOYMENTS_TAG, trail)
        self.client.set_registered_model_alias(name, ab.CHAMPION, deployments[-1])
