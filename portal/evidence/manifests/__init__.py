"""Manifests and locks: which packages a component declares, as package URLs.

::

    dependency -> python, javascript, maven, gradle, go, cargo, bundler, deployment, bills
    maven (XML, safely) -> dotnet
    dependency -> dotnet
    python, javascript, maven, gradle, go, cargo, bundler, dotnet, deployment, bills -> table

Every reader has one verb: text in, dependencies out. What it cannot read is a ``ValueError``,
which the scan reports as a gap.
"""
