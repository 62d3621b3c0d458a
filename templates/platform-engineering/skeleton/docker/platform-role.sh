#!/bin/sh
# Run once by the image of PostgreSQL: the platform logs in as this role, not as the superuser.
psql --username "${POSTGRES_USER:-postgres}" --dbname postgres --set ON_ERROR_STOP=1 <<'SQL'
\getenv password PLATFORM_PASSWORD
CREATE ROLE platform LOGIN CREATEDB CREATEROLE PASSWORD :'password';
SQL
