#!/bin/sh
# Make each service's user and database as its secret names them: postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.
# The PostgreSQL image runs it once, on an empty volume. Passwords are letters and digits: they stand in an address.
set -eu

for service in profiles matching notifications; do
    address=$(cat "${SECRETS:-/run/secrets}/${service}_database")
    rest=${address#*://}
    login=${rest%%@*}
    psql --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" \
        --set ON_ERROR_STOP=1 --set user="${login%%:*}" --set password="${login#*:}" --set database="${rest##*/}" <<'SQL'
CREATE ROLE :"user" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"user";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
done
