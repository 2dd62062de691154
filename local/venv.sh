#!/bin/sh
# venv.sh DIRECTORY REQUIREMENTS [OPTION]: a virtual environment with what REQUIREMENTS pins; OPTION goes to the installer.
# Uses uv when it is there; fetches it by pip when not (pip alone takes a minute or more where uv takes seconds).
# Safe to run again, and after having been killed: the mark that it is finished is written last.
set -eu
dir=$1
requirements=$2
mark="$dir/.installed"

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "No Python 3.11 or newer found. Install one, or name it: make setup PYTHON=/path/to/python3" >&2
    exit 1
}

# Same requirements, and an interpreter that still runs: nothing to do.
if cmp -s "$requirements" "$mark" && "$dir/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

python=$(find_python)
echo "Setting up $dir with $("$python" --version) (first time: a few hundred megabytes may be downloaded)"
rm -f "$mark"
if uv --version >/dev/null 2>&1; then
    uv=uv
    "$dir/bin/python" -c '' 2>/dev/null || uv venv --quiet --clear --python "$python" "$dir"
else
    # --clear: an environment that uv made, or that was left half made, has no pip.
    "$dir/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$dir" || {
        echo "\"$python -m venv\" does not work here. On Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    }
    "$dir/bin/python" -m pip install --quiet --disable-pip-version-check uv
    uv="$dir/bin/uv"
fi
"$uv" pip install --quiet --python "$dir/bin/python" --requirements "$requirements" ${3:+"$3"}
cp "$requirements" "$mark"
