"""Messages to open pages: clients are told that there are none, and ask instead."""
