#!/bin/bash
# The image at work without Docker: the cloud, the web app, the annotator, the archiver and the thaw
# service, each in a container of its own (run.sh), and the main job through them. Then each is told to
# stop, and must end by itself. Debian 12, root; packages: buildah mmdebstrap.
#
#     tests/image/prove.sh [WORK]      default: /tmp/gas-image; what is built there is used again
set -euo pipefail
cd "$(dirname "$0")/../.."
work=${1:-/tmp/gas-image}
offset=${PORT_OFFSET:-3900}
data=$work/data
declare -A pid=()

say() { printf '\n%s %s\n' "$(date -u +%T)" "$*"; }

finish() {
  for name in "${!pid[@]}"; do kill -TERM "${pid[$name]}" 2>/dev/null || true; done
  wait || true
  buildah --root "$work/storage" --runroot "$work/run" --storage-driver "${STORAGE_DRIVER:-overlay}" \
    rm --all >/dev/null || true
  rm -rf "$data"
}

start() { # start NAME TARGET ARGUMENT...
  local name=$1 target=$2
  shift 2
  tests/image/run.sh "$work" "$target" --data "$data" "$@" >"$work/$name.log" 2>&1 &
  pid[$name]=$!
}

wait_for() { # wait_for NAME SECONDS COMMAND...: until the command succeeds, or NAME has ended
  local name=$1 left=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "${pid[$name]}" 2>/dev/null || [ "$((left -= 2))" -lt 0 ]; then
      say "$name does not come up:"
      tail -n 40 "$work/$name.log"
      exit 1
    fi
    sleep 2
  done
}

[ -n "${BUILT:-}" ] || tests/image/build.sh "$work" services embedded
rm -rf "$data"
install -d -m 700 -o 10001 -g 0 "$data"
trap finish EXIT

say "The cloud, as user 10001, read-only"
start cloud embedded embedded --data "$data" --port-offset "$offset"
wait_for cloud 600 test -f "$data/settings/services/web.json"
for name in web annotator archiver thaw; do
  start "$name" services --env "GAS_SETTINGS_FILE=$data/settings/services/$name.json" "$name"
done
declare -A url=(
  [web]=https://localhost:$((4433 + offset))/healthz [annotator]=http://127.0.0.1:$((8010 + offset))/healthz
  [archiver]=http://127.0.0.1:$((8011 + offset))/healthz [thaw]=http://127.0.0.1:$((8012 + offset))/healthz
)
for name in web annotator archiver thaw; do
  wait_for "$name" 300 curl --fail --silent --cacert "$data/tls/authority.pem" "${url[$name]}"
  say "$name answers: $(curl --silent --cacert "$data/tls/authority.pem" "${url[$name]}")"
  # What this process is, as the kernel has it.
  grep -E '^(Uid|Gid|Groups|CapEff|CapBnd|NoNewPrivs)' "/proc/${pid[$name]}/status" | tr '\n' ' '
  tr '\0' ' ' <"/proc/${pid[$name]}/cmdline"
  awk '$5 == "/" {print "root: " $6}' "/proc/${pid[$name]}/mountinfo"
done
wait_for cloud 120 grep -q "^https://" "$work/cloud.log"

say "The main job"
.venv/bin/python scripts/smoke.py "https://localhost:$((4433 + offset))" --ca "$data/tls/authority.pem" \
  --mailbox "http://127.0.0.1:$((8030 + offset))"

if [ -e "/proc/${pid[annotator]}/root/var/cache/gas/kernels" ]; then
  say "The annotator compiled kernels: those of the image do not fit this processor."
  exit 1
fi

say "Migrating what is migrated already"
database=$(.venv/bin/python -c 'import json, sys; print(json.load(open(sys.argv[1]))["GAS_DATABASE_URL"])' \
  "$data/settings/services/web.json")
tests/image/run.sh "$work" services --data "$data" --env "GAS_DATABASE_URL=$database" migrate

say "An annotator as OpenShift runs it: any user, the overlay's example settings, a certificate of its own"
example=()
while read -r line; do example+=(--env "$line"); done < <(grep '^[A-Z]' deploy/kubernetes/overlays/openshift/settings.env)
# No AWS is asked: nobody listens there.
example+=(--env AWS_ENDPOINT_URL=http://127.0.0.1:9 --env AWS_ACCESS_KEY_ID=nobody --env AWS_SECRET_ACCESS_KEY=nothing)
RUN_AS=1000700000 start anybody services "${example[@]}" \
  --env "GAS_HTTPS_SOCKET=127.0.0.1:$((4434 + offset))" annotator
wait_for anybody 120 curl --fail --silent --insecure "https://127.0.0.1:$((4434 + offset))/healthz"
nsenter --target "${pid[anybody]}" --mount chroot "/proc/${pid[anybody]}/root" /usr/bin/env -C /opt/gas \
  GAS_RUN_DIR=/run/gas/service setpriv --reuid=1000700000 --regid=0 --clear-groups \
  .venv/bin/python -m deploy.container healthy

say "Told to stop"
for name in anybody web annotator archiver thaw cloud; do
  begun=$(date +%s)
  kill -TERM "${pid[$name]}"
  status=0
  wait "${pid[$name]}" || status=$?
  say "$name ended by itself after $(($(date +%s) - begun)) s, status $status"
  unset "pid[$name]"
done
