"""The form of a template: its pages, the validation of answers, and its errors.

Dry runs, the terminal, the web pages and the API share it.

::

    schema_check, schema_errors -> json_schema
    json_schema, visible_pages -> form
    form -> answers
    form, template -> parameters, secrets_page
    answers -> controls (what a person fills in)
    controls, parameters -> submitted
"""
