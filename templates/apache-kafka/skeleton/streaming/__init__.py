"""Events on their way: one log, many readers.

activity -> producer -> topic -> consumer -> systems      what users do
shop -> capture -> topic -> consumer -> replicas          what changes in a database
"""
