#!/bin/bash
# Makes a machine of a fleet out of a release that lies in /opt/gas/releases/NAME: packages, users,
# certificate, settings, units; then starts the services and waits until they answer.
#
# Called once, by the user data of deploy/compute.yaml, as root on Amazon Linux 2023, with GAS_STAGE,
# GAS_FLEET, GAS_RELEASE and AWS_REGION, and the settings of the stage in /etc/gas/settings.env.
# Nothing is fetched but packages of the system: everything else is in the release, with its hashes.
set -euo pipefail
umask 022 # the services' users read the release

here=$(cd "$(dirname "$0")" && pwd)
release=$(cd "$here/../.." && pwd)
venv=$release/.venv
metadata=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}
python=python3.12

declare -A port=([web]=4433 [annotator]=4434 [archiver]=4435 [thaw]=4436)
case $GAS_FLEET in
  web) services=(web) ;;
  annotator) services=(annotator) ;;
  utility) services=(archiver thaw) ;;
  *) echo "There is no fleet '$GAS_FLEET'." >&2; exit 64 ;;
esac

instance_metadata() {
  local token
  token=$(curl -fsS --retry 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' \
    "$metadata/latest/api/token")
  curl -fsS --retry 5 -H "X-aws-ec2-metadata-token: $token" "$metadata/latest/meta-data/$1"
}

setting() { # the value of a variable in the settings of the stage
  sed -n "s/^$1=//p" /etc/gas/settings.env
}

install_system_packages() {
  dnf --assumeyes --quiet install "$python" "$python-devel" gcc openssl-devel \
    amazon-cloudwatch-agent logrotate
}

install_release() {
  "$python" -m venv "$venv"
  export PIP_NO_INDEX=1 PIP_FIND_LINKS=$release/wheels PIP_DISABLE_PIP_VERSION_CHECK=1
  "$venv/bin/python" -m pip install --quiet --require-hashes \
    --requirement "$release/deploy/requirements.txt"
  "$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable "$release"
  "$release/scripts/build_uwsgi.sh" "$venv/bin/python"
  # Here, once, instead of in the first job.
  ANNTOOLS_CACHE=$release/.kernels "$venv/bin/python" -m anntools warm
  ln --symbolic --force --no-dereference "$release" /opt/gas/current
}

make_user() {
  id "gas-$1" >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --shell /sbin/nologin "gas-$1"
}

# Its own, new for each machine: the load balancer does not ask who signed it, and nobody else comes.
make_certificate() {
  local folder=/etc/gas/tls/$1
  install -d -m 750 -o root -g "gas-$1" "$folder"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -sha256 \
    -subj "/CN=$(hostname)" -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
  chown "gas-$1:gas-$1" "$folder/key.pem" && chmod 400 "$folder/key.pem"
  chmod 444 "$folder/cert.pem"
}

# What only this service, on this machine, is told; what all are told is in settings.env.
write_settings() {
  local name=$1
  {
    echo "AWS_REGION=$AWS_REGION"
    echo "AWS_DEFAULT_REGION=$AWS_REGION"
    echo "GAS_HTTPS_SOCKET=0.0.0.0:${port[$name]}"
    echo "GAS_TLS_CERT=/etc/gas/tls/$name/cert.pem"
    echo "GAS_TLS_KEY=/etc/gas/tls/$name/key.pem"
    echo "GAS_RUN_DIR=/run/gas/$name"
    echo "ANNTOOLS_CACHE=$release/.kernels"
    case $name in
      web | annotator) echo "GAS_SECRET_ID=gas/$GAS_STAGE/$name-settings" ;;
      archiver | thaw)
        echo "AWS_PROFILE=$name"
        echo "AWS_CONFIG_FILE=/etc/gas/$name.aws"
        ;;
    esac
    case $name in
      web)
        echo "GAS_PROCESSES=$(nproc)"
        echo "GAS_EXPLORER_DIR=/var/cache/gas/web/explorer"
        # Less than the deregistration delay of its target group.
        echo "GAS_STOP_SECONDS=45"
        ;;
      annotator)
        echo "GAS_WORK_DIR=/var/cache/gas/annotator/work"
        echo "GAS_SLOTS=$(nproc)"
        echo "GAS_SCALING_GROUP=gas-$GAS_STAGE-annotator"
        echo "GAS_INSTANCE_ID=$(instance_metadata instance-id)"
        echo "GAS_STOP_SECONDS=20"
        ;;
      archiver | thaw) echo "GAS_STOP_SECONDS=20" ;;
    esac
    if [ "$name" != annotator ]; then
      echo "GAS_DATABASE_IAM=true"
      echo "GAS_DATABASE_URL=postgresql+psycopg://gas_$name@$(setting GAS_DATABASE_HOST):$(setting GAS_DATABASE_PORT)/gas?sslmode=verify-full&sslrootcert=$release/deploy/rds-ca.pem"
    fi
  } >"/etc/gas/$name.env"
}

# Archiver and thaw service share a machine, but not what they may do.
write_role() {
  local arn
  arn=$(setting "GAS_${1^^}_ROLE_ARN")
  printf '[profile %s]\nregion = %s\nrole_arn = %s\nrole_session_name = %s\ncredential_source = Ec2InstanceMetadata\n' \
    "$1" "$AWS_REGION" "$arn" "$1" >"/etc/gas/$1.aws"
}

write_agent_settings() {
  "$python" "$here/agent.py" --stage "$GAS_STAGE" --fleet "$GAS_FLEET" "${services[@]}" \
    >/opt/aws/amazon-cloudwatch-agent/etc/gas.json
  /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \
    -c file:/opt/aws/amazon-cloudwatch-agent/etc/gas.json
}

wait_for() { # a service that can do its work, not merely one that runs
  local url="https://127.0.0.1:${port[$1]}/healthz"
  [ "$1" != web ] || url="https://127.0.0.1:${port[$1]}/readyz"
  for _ in $(seq 90); do
    curl --fail --silent --insecure --max-time 5 --output /dev/null "$url" && return 0
    sleep 2
  done
  echo "$1 does not answer at $url:" >&2
  tail -n 40 "/var/log/gas/$1.log" >&2 || true
  return 1
}

install_system_packages
install_release
install -d -m 755 /etc/gas /var/log/gas
install -m 644 "$here/gas@.service" "$here/gas-departure.service" /etc/systemd/system/
install -m 644 "$here/logrotate.conf" /etc/logrotate.d/gas
for name in "${services[@]}"; do
  make_user "$name"
  make_certificate "$name"
  write_settings "$name"
  case $name in archiver | thaw) write_role "$name" ;; esac
done
{
  echo "AWS_DEFAULT_REGION=$AWS_REGION"
  echo "GAS_SCALING_GROUP=gas-$GAS_STAGE-$GAS_FLEET"
  echo "GAS_UNITS=${services[*]/#/gas@}"
} >/etc/gas/departure.env
write_agent_settings
systemctl daemon-reload
for name in "${services[@]}"; do
  systemctl enable --now "gas@$name"
done
if [ "$GAS_FLEET" != web ]; then
  systemctl enable --now gas-departure
fi
for name in "${services[@]}"; do
  wait_for "$name"
done
echo "Release $GAS_RELEASE answers."
