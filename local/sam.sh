#!/bin/sh
# sam.sh ARGUMENTS: the SAM CLI of .venv-sam, with the Python of the Lambda runtime found for `sam build`.
set -eu
cd "$(dirname "$0")/.."
export SAM_CLI_TELEMETRY=0
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}"

runs_python_313() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null
}

# sam build asks for a `python3.13` on the PATH. Where pyenv has one that is not selected, there is a shim of
# that name which fails; uv may have one that is on no path at all.
if [ "${1:-}" = build ] && ! runs_python_313 python3.13; then
    found=
    for candidate in \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python3.13 \
        "$(uv python find --no-project 3.13 2>/dev/null || true)" \
        /opt/homebrew/bin/python3.13 /usr/local/bin/python3.13
    do
        if [ -n "$candidate" ] && runs_python_313 "$candidate"; then
            found=$candidate
            break
        fi
    done
    if [ -z "$found" ]; then
        echo "sam build needs Python 3.13, the Python of the Lambda runtime, and there is none here." >&2
        echo "Install one (pyenv install 3.13, uv python install 3.13, your system's packages), or build where" >&2
        echo "Docker runs: sam build --use-container. Nothing else of this project needs it." >&2
        exit 1
    fi
    PATH="$(dirname "$found"):$PATH"
    export PATH
fi
exec .venv-sam/bin/sam "$@"
