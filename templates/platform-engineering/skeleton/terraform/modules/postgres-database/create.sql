-- The roles and the database. May run again after it broke off half-way; refuses a name that
-- is somebody else's.
\getenv name DB_NAME
\getenv team DB_TEAM
\set owner :name _owner
\set migrator :name _migrator
\set app :name _app

SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner')
       AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') AS free,
       EXISTS (
           SELECT FROM pg_roles
           WHERE rolname = :'owner' AND shobj_description(oid, 'pg_authid') = :'team'
       ) AS ours \gset

\if :free
    BEGIN;
    CREATE ROLE :"owner" NOLOGIN;
    COMMENT ON ROLE :"owner" IS :'team';
    CREATE ROLE :"migrator" LOGIN IN ROLE :"owner";
    CREATE ROLE :"app" LOGIN;
    -- A platform that is no superuser has to belong to the owner to act for it.
    GRANT :"owner" TO CURRENT_USER;
    COMMIT;
\elif :ours
    \echo resuming
\else
    DO $$ BEGIN RAISE EXCEPTION 'the name is taken'; END $$;
\endif

SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
WHERE NOT EXISTS (
    SELECT FROM pg_database WHERE datname = :'name' AND datdba = :'owner'::regrole
) \gexec
