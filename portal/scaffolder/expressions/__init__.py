"""The templating language: the only address of ``${{ }}``.

    text ─► pieces, tokens ─► statements, expressions ─► values
            lexer             parser, statements         evaluator

Values are JSON with JavaScript's rules (``javascript``); what a template may call
stands in tables (``methods``, ``filters``, ``tests``, ``functions``); ``engine``
is the door.
"""
