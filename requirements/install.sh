#!/usr/bin/env bash
# Installs what is pinned, and nothing else: requirements/install.sh PYTHON FILE|FOLDER...
#
# A FILE lists pins with their hashes. Each is taken as it stands, so that nothing which is published later can change what is installed:
# no version, extra or dependency is looked up (--no-deps), and nothing is built, which would bring builders of its own (--only-binary).
# A FOLDER is a project, installed editable with the setuptools that the pins brought (--no-build-isolation).
# At the end `pip check` tells whether all that is there fits together. Any pip from 22.3 on will do.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: requirements/install.sh PYTHON FILE|FOLDER..." >&2
    exit 2
fi
python=$1
shift
files=()
from=()
folders=()
for what in "$@"; do
    if [ -d "$what" ]; then
        folders+=("$what")
    else
        files+=("$what")
        from+=(-r "$what")
    fi
done

pip() { "$python" -m pip --disable-pip-version-check "$@"; }

# Makes of what pip prints one line that changes on a terminal, and a line now and then elsewhere.
progress() {
    local all=$1 count=0 line name size
    while IFS= read -r line; do
        name='' size=''
        case $line in
        "Requirement already satisfied: "*) all=$((all - 1)) ;;
        "Collecting "* | "Processing "*)
            count=$((count + 1))
            name=${line#* }
            ;;
        *"Downloading "*.whl" ("*)
            name=${line#*Downloading }
            size=${name#* }
            ;;
        "Installing collected packages: "*)
            line=${line//[^,]/}
            if [ -t 1 ]; then printf '\r\033[K'; fi
            echo "  unpacking $((${#line} + 1)) packages"
            ;;
        esac
        name=${name##*/}
        name=${name%%[= ]*}
        case $name in *.whl) name=${name%%-*} ;; esac
        if [ -z "$name" ]; then
            continue
        elif [ -t 1 ]; then
            printf '\r\033[K  fetching %d of %d: %s' "$count" "$all" "$name${size:+ }$size"
        elif [ -z "$size" ] && [ $((count % 20)) -eq 0 ]; then
            echo "  fetching $count of $all"
        fi
    done
    if [ -t 1 ]; then printf '\r\033[K'; fi
}

if [ ${#files[@]} -gt 0 ]; then
    all=$(cat "${files[@]}" | sed -nE 's/^([A-Za-z0-9._-]+)==.*/\1/p' | sort -u | wc -l)
    # Without --no-compile bytecode of all that is there would be written, half the time of the whole; Python writes what it runs.
    pip install --no-deps --require-hashes --only-binary :all: --no-compile "${from[@]}" | progress "$((all))"
fi
for folder in ${folders[@]+"${folders[@]}"}; do
    # Some pips pass on what setuptools warns of in general: that a folder here may hide a package.
    PYTHONWARNINGS=ignore pip install --quiet --no-deps --no-build-isolation --no-compile --editable "$folder"
done
if ! said=$(pip check); then
    echo "$said" >&2
    echo "What is installed does not fit together: remove the environment of $python, and make it anew." >&2
    exit 1
fi
