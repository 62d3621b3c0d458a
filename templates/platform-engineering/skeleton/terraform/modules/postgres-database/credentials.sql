-- A verifier lets the server check a password without ever having been told it.
\getenv name DB_NAME
\getenv migrator_verifier MIGRATOR_VERIFIER
\getenv app_verifier APP_VERIFIER
\set migrator :name _migrator
\set app :name _app

BEGIN;
ALTER ROLE :"migrator" PASSWORD :'migrator_verifier';
ALTER ROLE :"app" PASSWORD :'app_verifier';
COMMIT;
