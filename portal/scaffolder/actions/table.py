"""Every built-in action, by its id."""

from __future__ import annotations

from collections.abc import Mapping

from portal.scaffolder.action import Action
from portal.scaffolder.actions.catalog import CATALOG
from portal.scaffolder.actions.debugging import DEBUGGING
from portal.scaffolder.actions.fetch import FETCH
from portal.scaffolder.actions.files import FILES
from portal.scaffolder.actions.publish_git import PUBLISH_GIT
from portal.scaffolder.actions.publish_gitea import PUBLISH_GITEA
from portal.scaffolder.actions.publish_github import PUBLISH_GITHUB
from portal.scaffolder.actions.publish_github_pull_request import PUBLISH_GITHUB_PULL_REQUEST
from portal.scaffolder.actions.publish_gitlab import PUBLISH_GITLAB
from portal.scaffolder.actions.publish_gitlab_merge_request import PUBLISH_GITLAB_MERGE_REQUEST
from portal.scaffolder.actions.workspace import WORKSPACE

PUBLISHING = (
    *PUBLISH_GIT,
    *PUBLISH_GITEA,
    *PUBLISH_GITHUB,
    *PUBLISH_GITHUB_PULL_REQUEST,
    *PUBLISH_GITLAB,
    *PUBLISH_GITLAB_MERGE_REQUEST,
)
ACTIONS: Mapping[str, Action] = {
    action.id: action
    for action in sorted(
        (*CATALOG, *DEBUGGING, *FETCH, *FILES, *PUBLISHING, *WORKSPACE),
        key=lambda action: action.id,
    )
}
