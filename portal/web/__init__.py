"""The Flask edge: how requests are checked and answered, for every feature alike.

::

    requests -> openapi, responses
    doors
    origins -> responses -> errors
    compression
    senders
    sockets

``requests`` checks parameters and bodies, ``openapi`` gives a feature its routes and
documents them, ``origins`` refuses what pages of other websites send, ``responses`` writes
JSON and headers, and ``errors`` is the only place that knows the HTTP status of an error.
``compression`` packs bodies for clients that accept it. With ``doors`` a route declares which
permission it asks; ``senders`` tells where a request comes from; ``sockets`` is what it says of a request for a WebSocket.
"""
