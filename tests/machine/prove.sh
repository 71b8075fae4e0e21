#!/bin/bash
# Boots an annotator and a utility machine from a release of HEAD (boot.py says how). Debian 12, root.
#
#     tests/machine/prove.sh [FLEET...]      default: annotator utility
set -euo pipefail
cd "$(dirname "$0")/../.."
python=.venv/bin/python
offset=${PORT_OFFSET:-3500}
data=$(mktemp -d)
[ $# -gt 0 ] || set -- annotator utility

finish() {
  "$python" -m local stop --data "$data/local" || true
  rm -rf "$data"
}
trap finish EXIT

# Nobody is asked for the certificates of RDS: no machine here logs in to a database.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
  -subj /CN=nobody -keyout "$data/ca.key" -out "$data/ca.pem" 2>/dev/null
# Debian 12 has Python 3.11: the same packages, as they are for it.
.venv/bin/uv pip compile --quiet --generate-hashes --no-annotate --no-header --python-version 3.11 \
  --python-platform x86_64-manylinux_2_28 pyproject.toml deploy/requirements.in \
  -c requirements.txt -o "$data/requirements.txt"
"$python" scripts/build_release.py --out "${RELEASE_DIR:-build/release-proof}" \
  --rds-ca "$data/ca.pem" --python 3.11 --lock "$data/requirements.txt"
"$python" -m local up --data "$data/local" --port-offset "$offset" >"$data/local.log" 2>&1 &
for _ in $(seq 180); do
  ! tail -n 1 "$data/local.log" | grep -q "^http://" || break
  sleep 1
done
tail -n 1 "$data/local.log"
for fleet in "$@"; do
  "$python" -m tests.machine.boot "$fleet" --release "${RELEASE_DIR:-build/release-proof}" \
    --data "$data/local" --cloud "http://127.0.0.1:$((4566 + offset))"
done
