#!/bin/sh
# Builds uWSGI with TLS and puts it beside the given Python as `uwsgi-tls`; once, half a minute.
#
#     scripts/build_uwsgi.sh [PYTHON]        default: .venv/bin/python of this repository
#
# The wheel `pyuwsgi` in requirements.txt has no TLS. This is the same server from its authors' own
# source, pinned by hash (deploy/uwsgi/requirements-tls.txt), for the same inis. Needs a C compiler
# and the headers of Python and OpenSSL. Does nothing when it is there already.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
python=${1:-$here/.venv/bin/python}
pins=$here/deploy/uwsgi/requirements-tls.txt
target=$("$python" -c 'import sysconfig; print(sysconfig.get_path("scripts"))')/uwsgi-tls
version=$(sed -n 's/^uwsgi==\([0-9.]*\).*/\1/p' "$pins")

has_tls() {
    [ "$("$target" --version 2>/dev/null)" = "$version" ] && "$target" --help | grep -q -- '--https '
}

if has_tls; then
    exit 0
fi
if ! printf '#include <openssl/ssl.h>\n#include <Python.h>\n' | "${CC:-cc}" -E -x c - \
    "-I$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
    ${CFLAGS:-} >/dev/null 2>&1; then
    {
        echo "uWSGI with TLS is compiled here, and the compiler or a header is missing. On Debian and Ubuntu:"
        echo "    sudo apt install gcc libssl-dev python3-dev"
        echo "On Amazon Linux: sudo dnf install gcc openssl-devel python3-devel"
        echo "On macOS: xcode-select --install; brew install openssl; export CFLAGS=-I\$(brew --prefix openssl)/include LDFLAGS=-L\$(brew --prefix openssl)/lib"
    } >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "Building uWSGI $version with TLS (once; about half a minute) …"
# TLS or nothing; without the optional libraries that happen to be on the machine.
UWSGI_PROFILE_OVERRIDE='ssl=true;pcre=false;xml=false;yaml=embedded;json=false;capabilities=false' \
    "$python" -m pip --disable-pip-version-check wheel --quiet --no-cache-dir --no-deps --no-build-isolation --require-hashes \
    --no-binary uwsgi --wheel-dir "$work" --requirement "$pins" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
"$python" -m zipfile -e "$work"/*.whl "$work/wheel"
install -m 755 "$work"/wheel/*.data/scripts/uwsgi "$target.new"
mv "$target.new" "$target"
has_tls || {
    echo "$target was built, but it has no TLS." >&2
    exit 1
}
