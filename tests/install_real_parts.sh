#!/usr/bin/env bash
# The tests need a Chromium, Java 17 or newer, Maven, kcat, nginx, Apache httpd, Caddy and promtool: bring what is missing where that is
# allowed, else say the line that does. These alone are not pinned, for a system's archive keeps no older versions: the tests take whichever it has. What Maven brings is
# pinned in tests/kafka/pom.xml.
set -euo pipefail

# Prometheus' promtool checks the alert rules: unpacked beside the others, for the package would start a server.
tools=var/prometheus-tools
if ! command -v promtool >/dev/null && [ ! -x "$tools/usr/bin/promtool" ]; then
    if command -v apt-get >/dev/null; then
        echo "bringing for the tests: promtool"
        brought=$(mktemp -d)
        trap 'rm -rf "$brought"' EXIT
        # As root apt would drop its rights for a folder it may not enter, and says so.
        chmod 755 "$brought"
        bring() { (cd "$brought" && apt-get download -qq prometheus); }
        # A list of packages that is older than the archive names files that are gone.
        if ! bring 2>/dev/null; then
            [ "$(id -u)" = 0 ] || { echo "The tests need promtool: sudo apt-get update, then the same again" >&2; exit 1; }
            apt-get update -qq
            bring
        fi
        mkdir -p "$tools"
        dpkg -x "$brought"/prometheus_*.deb "$tools"
    else
        echo "The tests need promtool, of Prometheus, in the PATH" >&2
        exit 1
    fi
fi

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v java >/dev/null || missing+=(default-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v kcat >/dev/null || missing+=(kcat)
PATH=$PATH:/usr/sbin command -v nginx >/dev/null || missing+=(nginx-light)
PATH=$PATH:/usr/sbin command -v apache2 >/dev/null || missing+=(apache2)
command -v caddy >/dev/null || missing+=(caddy)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing for the tests: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "The tests need: sudo apt-get install -y ${missing[*]}" >&2
    exit 1
fi
