#!/usr/bin/env bash
# Records the plans of OpenTofu in this folder again; see ../README.md for what it needs.
# usage: record_tofu.sh MOTO_SERVER TOFU OLD_TOFU   (1.12.6 and 1.8.0)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
moto=$1 tofu=$2 old=$3
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
"$moto" -H 127.0.0.1 -p 5555 >/dev/null 2>&1 &
server=$!
cp -r "$here"/. "$work"

plan() { # plan PROGRAM FOLDER NAME [argument ...]: plan in the folder, record as NAME.json
  local program=$1 folder=$2 name=$3
  shift 3
  "$program" -chdir="$folder" init -input=false >/dev/null
  "$program" -chdir="$folder" plan -input=false -out=tfplan "$@" >/dev/null
  "$program" -chdir="$folder" show -json tfplan | python3 -m json.tool --compact >"$here/../$name.json"
}

plan "$old" "$work/create" tofu_create
cp "$work/google/provider.tf" "$work/google/groups"
plan "$tofu" "$work/google/groups" tofu_google_groups
plan "$tofu" "$work/tofu/regions" tofu_regions

mkdir "$work/live"
cp "$work/aws/provider.tf" "$work/tofu/lived/before/main.tf" "$work/live"
"$tofu" -chdir="$work/live" init -input=false >/dev/null
"$tofu" -chdir="$work/live" apply -input=false -auto-approve >/dev/null
cp "$work/tofu/lived/after/main.tf" "$work/live"
plan "$tofu" "$work/live" tofu_lived
plan "$tofu" "$work/live" tofu_excluded -exclude=aws_ebs_volume.replica
