"""``make drift``: is the newest Backstage still the one whose answers were recorded?

The newest packages of a Backstage backend are installed from npm into a scratch folder, the
backend is started with the content it had when it was recorded, and the recorded requests are
sent to it again. What it answers differently is printed. Nothing of it is kept in the project;
``docs/contributors/testing.md`` tells when and how to run it.

::

    packages, content -> backend
    recordings -> replay -> comparison
"""
