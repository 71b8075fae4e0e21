#!/bin/bash
# Runs a command of a built image as the container's user, with a read-only root file system, no
# capability and no way to get one, and tmpfs where the manifests have empty folders.
#
#     tests/image/run.sh WORK TARGET [--env NAME=VALUE]... [--data DIR]... COMMAND [ARGUMENT...]
#
# RUN_AS is the user, 10001 if not set; the group is 0. The network is the machine's own, as in
# deploy/compose.yaml. --data DIR is kept at the same path.
set -euo pipefail
work=$1 target=$2
shift 2
store=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver "${STORAGE_DRIVER:-overlay}")
variables=() folders=()
while [ $# -gt 0 ]; do
  case $1 in
    --env) variables+=("$2"); shift 2 ;;
    --data) folders+=("$2"); shift 2 ;;
    *) break ;;
  esac
done
made=$("${store[@]}" from --pull-never "localhost/gas:$target")
root=$("${store[@]}" mount "$made")
mapfile -t image < <("${store[@]}" inspect --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$made" | sed '/^$/d')
export ROOT_FOLDER=$root DATA_FOLDERS="${folders[*]:-}" RUN_AS=${RUN_AS:-10001}
# As Docker mounts them; the cloud loads the functions' packages from there.
export EXEC=noexec
[ "$target" != embedded ] || EXEC="exec"
# Everything from here on is seen by this command and its children only; exec keeps the process id.
# shellcheck disable=SC2016
exec unshare --mount --propagation private /bin/bash -euc '
  mount --bind "$ROOT_FOLDER" "$ROOT_FOLDER"
  for folder in $DATA_FOLDERS; do mkdir -p "$ROOT_FOLDER$folder"; done
  mount -o remount,bind,ro "$ROOT_FOLDER"
  for folder in tmp run/gas var/cache/gas; do mount -t tmpfs -o "mode=1777,nosuid,nodev,$EXEC" tmpfs "$ROOT_FOLDER/$folder"; done
  for folder in $DATA_FOLDERS; do mkdir -p "$ROOT_FOLDER$folder"; mount --bind "$folder" "$ROOT_FOLDER$folder"; done
  mount -t proc proc "$ROOT_FOLDER/proc" 2>/dev/null || mount --rbind /proc "$ROOT_FOLDER/proc"
  mount --rbind /dev "$ROOT_FOLDER/dev"
  exec chroot "$ROOT_FOLDER" /usr/bin/env -i "${@:1:$0}" /usr/bin/setpriv --reuid="$RUN_AS" --regid=0 \
    --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all \
    /bin/sh -c "cd /opt/gas && exec python -m deploy.container \"\$@\"" sh "${@:$(($0 + 1))}"
' "$((${#image[@]} + ${#variables[@]}))" "${image[@]}" "${variables[@]}" "$@"
