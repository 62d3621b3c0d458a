"""Messages to users: none yet, said in the form Backstage's frontends ask in."""
