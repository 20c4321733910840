#!/bin/sh
# Draw the secrets that docker-compose.yml names, into var/secrets or the folder given; those that are there stay.
set -eu

folder=${1:-$(dirname "$0")/../../var/secrets}
mkdir -p "$folder"
# Users of this machine are kept out by the folder. The files are read in containers, by users of other numbers.
chmod 700 "$folder"

draw() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

keep() {
    [ -s "$folder/$1" ] && return
    printf '%s' "$2" >"$folder/$1"
    chmod 444 "$folder/$1"
}

keep postgres_password "$(draw)"
keep secret_key "$(draw)"
keep staff_token "$(draw)"
for service in profiles matching notifications; do
    keep "${service}_database" "postgresql+psycopg://$service:$(draw)@postgres:5432/$service"
done
echo "The secrets are in $folder; staff sign in with the text in $folder/staff_token."
