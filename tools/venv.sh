#!/bin/sh
# Makes the virtual environment and installs a requirements file into it:
#   tools/venv.sh FOLDER REQUIREMENTS
# What is missing on the machine is said in a sentence. PYTHON chooses the interpreter.
set -eu

folder=$1
requirements=$2

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for each in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python; do
        if command -v "$each" >/dev/null 2>&1 && "$each" -c "$new_enough" >/dev/null 2>&1; then
            command -v "$each"
            return
        fi
    done
    echo "Python 3.11 or later is needed and was not found; install it, or name it: make PYTHON=/path/to/python3.11" >&2
    exit 1
}

if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        echo "$python has no venv module; install it (Debian: apt install python3-venv), then try again." >&2
        exit 1
    fi
    echo "Making $folder with $python …"
    "$python" -m venv --clear "$folder"
fi

echo "Installing $requirements …"
if ! "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"; then
    echo "The packages of $requirements could not be installed; pip says above why (is the package index reachable?)." >&2
    exit 1
fi
