"""The APIs of forges, as far as discovery, forms and publishing need them.

::

    api -> repository, resources -> products (a module for each) -> table
    listed -> products
    table -> listing, completions
"""
