"""The APIs of forges, a module for each product.

::

    azure
    bitbucket_cloud
    bitbucket_server
    gerrit
    gitea
    github
    gitlab
"""
