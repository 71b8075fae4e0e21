#!/bin/sh
# Makes the secrets of deploy/compose.yaml, once. Only their owner can enter the folder; in it they can
# be read by all, because the users in the containers are none of this machine.
set -eu
folder=$(cd "$(dirname "$0")/.." && pwd)/deploy/container/secrets
if [ -e "$folder/database_url" ]; then
    echo "They are there already: $folder"
    exit 0
fi
umask 077
mkdir -p "$folder"
password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
printf '%s' "$password" >"$folder/database_password"
printf 'postgresql://gas:%s@127.0.0.1:5433/gas' "$password" >"$folder/database_url"
chmod 444 "$folder"/database_*
echo "Made: $folder"
