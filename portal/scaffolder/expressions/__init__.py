"""The templating language: the only address of ``${{ }}``.

Text becomes pieces and tokens (``lexer``), these become statements and expressions
(``parser``, ``statements``), and these become values (``evaluator``). Values are JSON
with JavaScript's rules; what a template may call is listed in tables (``methods``,
``filters``, ``tests``, ``functions``); ``engine`` is the public interface::

    javascript -> regex_syntax -> regex -> syntax
    javascript -> method, operators
    syntax -> lexer -> parser -> statements
    javascript, syntax -> budget -> filter_call, functions
    budget, method -> array_methods, number_methods, text_methods -> methods
    filter_call -> tests
    filter_call, text_methods -> text_filters
    tests, text_filters -> filters
    filters, functions, operators, parser -> evaluator -> renderer
    methods, renderer, statements -> engine
"""
