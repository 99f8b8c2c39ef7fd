#!/bin/sh
# install.sh VENV REQUIREMENTS: make the virtual environment if there is none, install the pins.
set -eu
venv=$1
requirements=$2

# A name on PATH may be a shim that only complains, so each candidate is asked to do something.
suits() {
    "$1" -c 'import sys, venv; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if suits "$name"; then
            echo "$name"
            return
        fi
    done
    echo 'Mailhaul needs Python 3.11, 3.12 or 3.13, and found none of them on PATH.' >&2
    echo 'On Debian or Ubuntu: apt-get install python3 python3-venv' >&2
    return 1
}

has_uv() {
    uv --version >/dev/null 2>&1
}

make_venv() {
    python=$(find_python)
    rm -rf "$venv"
    if has_uv; then
        # The seed packages: a later call without uv then finds pip in place.
        uv venv --quiet --seed --python "$(command -v "$python")" "$venv"
    elif ! "$python" -m venv "$venv"; then
        rm -rf "$venv"
        echo "$python cannot make a virtual environment." >&2
        echo 'On Debian or Ubuntu: apt-get install python3-venv' >&2
        return 1
    fi
}

if ! "$venv/bin/python" -c '' 2>/dev/null; then
    echo "Making $venv ..."
    make_venv
fi
echo "Installing $requirements ..."
if has_uv; then
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$requirements"
else
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --require-hashes -r "$requirements"
fi
