#!/usr/bin/env bash
# Run once, when the cluster is new: a database and a login role for each service that keeps state. Nobody else may connect to it.
# A role's password stands in its service's database URL: postgres://tc_<name>:<password>@postgres:5432/<name>
set -euo pipefail

for name in guard router reminders notifier desk; do
  url="$(cat "${SECRETS_FOLDER:-/run/secrets}/${name}_database_url")"
  password="${url#*://tc_"${name}":}"
  password="${password%%@*}"
  psql --no-psqlrc --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set=name="$name" --set=role="tc_$name" --set=password="$password" <<'SQL'
create role :"role" login password :'password';
create database :"name" owner :"role";
revoke connect on database :"name" from public;
SQL
done
