"""The built-in actions: one module for a family, one row for each action.

::

    templating -> fetch, workspace -> table
    catalog, debugging, files -> table
    debugging, templating -> roadie_files -> roadie_data -> roadie_jsonata -> table
    publish_git, publish_github, publish_github_pull_request -> table
    github_rulesets -> table
    roadie_files -> annotating -> table
    publish_gitlab, publish_gitlab_merge_request, publish_gitea -> table
    bitbucket_proposals -> publish_bitbucket_cloud, publish_bitbucket_server -> table
    publish_azure, publish_gerrit -> table
    http_targets -> http_request -> table
    table -> installed (actions of other packages)
"""
