#!/bin/sh
# The code lies where nobody can know: a folder and a file of the sample's own names.
set -eu
mkdir -p "/var/lib/escrow/$SECRET_FOLDER"
for number in 1 2 3 4; do
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | sed 's/.*/flag{&}/' \
        > "/var/lib/escrow/$SECRET_FOLDER/release-$number.old"
done
printf '%s\n' "$SECRET_FLAG" > "/var/lib/escrow/$SECRET_FOLDER/release-$SECRET_NUMBER.key"
chmod -R a+rX /var/lib/escrow
