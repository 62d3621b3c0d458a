\getenv name DB_NAME
\set owner :name _owner
\set migrator :name _migrator
\set app :name _app

DROP DATABASE IF EXISTS :"name" WITH (FORCE);
DROP ROLE IF EXISTS :"app", :"migrator", :"owner";
