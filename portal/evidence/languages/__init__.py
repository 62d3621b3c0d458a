"""Reading source code: what it imports and uses, what it defines, which patterns it has.

::

    language (by file extension) -> source (code without comments)
    source -> statements (lines) -> syntax (ast-grep, the extra ``evidence``)
    source -> patterns (syntax patterns without a parser), definitions
    statements, syntax -> imports
    syntax, patterns -> code

With the extra ``evidence`` a parser finds import statements and places that match a pattern;
without it, a reader of lines and one of tokens do, which know comments and strings but no
grammar, and the scan says so.
"""
