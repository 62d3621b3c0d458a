"""The built-in actions by id."""

from __future__ import annotations

from collections.abc import Mapping

from portal.scaffolder.actions.annotating import ANNOTATING
from portal.scaffolder.actions.catalog import CATALOG
from portal.scaffolder.actions.debugging import DEBUGGING
from portal.scaffolder.actions.fetch import FETCH
from portal.scaffolder.actions.files import FILES
from portal.scaffolder.actions.github_rulesets import GITHUB_RULESETS
from portal.scaffolder.actions.http_request import HTTP_REQUEST
from portal.scaffolder.actions.publish_azure import PUBLISH_AZURE
from portal.scaffolder.actions.publish_bitbucket_cloud import PUBLISH_BITBUCKET_CLOUD
from portal.scaffolder.actions.publish_bitbucket_server import PUBLISH_BITBUCKET_SERVER
from portal.scaffolder.actions.publish_gerrit import PUBLISH_GERRIT
from portal.scaffolder.actions.publish_git import PUBLISH_GIT
from portal.scaffolder.actions.publish_gitea import PUBLISH_GITEA
from portal.scaffolder.actions.publish_github import PUBLISH_GITHUB
from portal.scaffolder.actions.publish_github_pull_request import PUBLISH_GITHUB_PULL_REQUEST
from portal.scaffolder.actions.publish_gitlab import PUBLISH_GITLAB
from portal.scaffolder.actions.publish_gitlab_merge_request import PUBLISH_GITLAB_MERGE_REQUEST
from portal.scaffolder.actions.roadie_data import ROADIE_DATA
from portal.scaffolder.actions.roadie_files import ROADIE_FILES
from portal.scaffolder.actions.roadie_jsonata import ROADIE_JSONATA
from portal.scaffolder.actions.workspace import WORKSPACE
from portal.scaffolder.running.action import Action

PUBLISHING = (
    *GITHUB_RULESETS,
    *PUBLISH_AZURE,
    *PUBLISH_BITBUCKET_CLOUD,
    *PUBLISH_BITBUCKET_SERVER,
    *PUBLISH_GERRIT,
    *PUBLISH_GIT,
    *PUBLISH_GITEA,
    *PUBLISH_GITHUB,
    *PUBLISH_GITHUB_PULL_REQUEST,
    *PUBLISH_GITLAB,
    *PUBLISH_GITLAB_MERGE_REQUEST,
)
ROADIE = (*HTTP_REQUEST, *ROADIE_DATA, *ROADIE_FILES, *ROADIE_JSONATA)
ACTIONS: Mapping[str, Action] = {
    action.id: action
    for action in sorted(
        (*ANNOTATING, *CATALOG, *DEBUGGING, *FETCH, *FILES, *PUBLISHING, *ROADIE, *WORKSPACE),
        key=lambda action: action.id,
    )
}
