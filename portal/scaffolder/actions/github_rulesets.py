"""``github:repo:rulesets:create``: rules for the branches or tags of a repository at GitHub."""

from __future__ import annotations

from portal.integrations.clients.products.github import create_ruleset
from portal.scaffolder.publishing.hosted import open_hosted
from portal.scaffolder.publishing.inputs import REPO_URL
from portal.scaffolder.publishing.inputs import TOKEN
from portal.scaffolder.publishing.inputs import choice
from portal.scaffolder.publishing.inputs import number
from portal.scaffolder.publishing.inputs import texts
from portal.scaffolder.running.action import Action
from portal.scaffolder.running.action import ActionContext
from portal.scaffolder.running.action import ActionResult
from portal.scaffolder.running.action import Example
from portal.scaffolder.running.action import a_list
from portal.scaffolder.running.action import an_object
from portal.scaffolder.running.action import members
from portal.scaffolder.running.action import text


def _create(context: ActionContext) -> ActionResult:
    hosted, name = open_hosted(context, "github"), context.input["name"]
    context.log(f'Creating ruleset "{name}" in {hosted.full_name}')
    made = context.checkpoint(f"ruleset {name}", lambda: create_ruleset(hosted, context.input))
    return ActionResult(context.tree, {"id": made})


_ACTOR = members(
    {
        "actor_id": {
            "anyOf": [{"type": "integer"}, {"type": "null"}],
            "description": "The actor's number",
        },
        "actor_type": text("What it is, for instance RepositoryRole"),
        "bypass_mode": choice("When it may", "always", "pull_request", "exempt"),
    },
    ("actor_type",),
)
_RULE = members(
    {
        "type": text("The rule's type, as in GitHub's REST API"),
        "parameters": {
            "type": "object",
            "additionalProperties": {},
            "description": "What the rule asks for",
        },
    },
    ("type",),
)
_REFS = members(
    {
        "include": texts("Patterns of refs; ~DEFAULT_BRANCH and ~ALL as well"),
        "exclude": texts("Patterns of refs that are left out"),
    },
    description="The refs, by their names",
)
_EXAMPLE = """\
steps:
  - id: protect
    name: Protect the default branch
    action: github:repo:rulesets:create
    input:
      repoUrl: github.com?owner=shop&repo=orders
      name: default-branch
      conditions: {ref_name: {include: [~DEFAULT_BRANCH], exclude: []}}
      rules:
        - type: deletion
        - type: non_fast_forward
"""

GITHUB_RULESETS = (
    Action(
        "github:repo:rulesets:create",
        "Creates rules for the branches or tags of a repository at GitHub.",
        _create,
        an_object(
            ("repoUrl", "name"),
            repoUrl=REPO_URL,
            name=text("The name of the ruleset"),
            target=choice("What it is for", "branch", "tag", default="branch"),
            enforcement=choice(
                "Whether it is in force; evaluate needs a plan that has it",
                "active",
                "evaluate",
                "disabled",
                default="active",
            ),
            conditions=members(
                {"ref_name": _REFS}, description="The refs it is for; none if not given"
            ),
            rules=a_list(_RULE, "The rules, as in GitHub's REST API"),
            bypassActors=a_list(_ACTOR, "Who may pass them by, as in GitHub's REST API"),
            token=TOKEN,
        ),
        an_object(("id",), id=number("The number of the ruleset")),
        examples=(Example("Protect the default branch", _EXAMPLE),),
        supports_dry_run=False,
    ),
)
