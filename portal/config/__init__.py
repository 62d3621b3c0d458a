"""The settings: their types, declarations and reading.

::

    values (types: number, text, ...) -> sources (entries of lists: a source, a provider,
    a forge) -> settings (every setting, declared once) -> loading (file, environment,
    command line)
    values -> signing_in (entries: a provider of OpenID Connect, a proxy, ...) -> settings
    values -> declaring (what a setting is) -> protection (who may do what) -> settings
    values -> quotas (how many requests are answered) -> protection
    signing_in -> derived (what follows from them) -> reporting (logs, metrics)
    reporting -> keeping (for how long) -> protection
    declaring, values -> reporting, keeping
    declaring, sources -> loading
    declaring, settings -> reference (their table in the documentation)
"""
