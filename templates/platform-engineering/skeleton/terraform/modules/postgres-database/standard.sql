-- The security standard. Says the whole of it each time, so running it again mends what was
-- changed by hand.
\getenv name DB_NAME
\getenv connections DB_CONNECTIONS
\getenv extensions DB_EXTENSIONS
\set owner :name _owner
\set migrator :name _migrator
\set app :name _app

ALTER ROLE :"app" NOCREATEDB NOCREATEROLE INHERIT CONNECTION LIMIT :connections;
ALTER ROLE :"migrator" NOCREATEDB NOCREATEROLE INHERIT CONNECTION LIMIT 2;
ALTER ROLE :"app" IN DATABASE :"name" SET statement_timeout = '30s';
-- What the migrator makes belongs to the owner, so that the rules below hold for it.
ALTER ROLE :"migrator" IN DATABASE :"name" SET role = :'owner';

REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
REVOKE ALL ON DATABASE :"name" FROM :"app";
GRANT CONNECT ON DATABASE :"name" TO :"app", :"migrator";

\connect :"name"
SELECT format('CREATE EXTENSION IF NOT EXISTS %I', extension)
FROM unnest(string_to_array(:'extensions', ',')) AS extension \gexec

SET ROLE :"owner";
REVOKE ALL ON SCHEMA public FROM PUBLIC, :"app";
GRANT USAGE ON SCHEMA public TO :"app";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO :"app";
