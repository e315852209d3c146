#!/usr/bin/env bash
# The compose lab, driven through its `tsl` service alone: it comes up healthy and is set up, a terminal server cannot reach the
# clearinghouse, the twenty-CAL story (SPEC vectors R-00 to R-06) is told with time skipped, and after every container was stopped
# and started all is as before. Needs an engine, docker-compose, python3 and the image `tsl-lab`; see `.ci/run compose`.
#
# With names of parts as arguments (up topology story restart stop) only those run; KEEP=1 leaves the lab standing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec </dev/null

export COMPOSE_PROJECT_NAME="${COMPOSE_PROJECT_NAME:-tsl-story}"
# Away from the ports of a lab that may stand here already.
export TSL_PORT_CLEARINGHOUSE=17801 TSL_PORT_LICENSE_SERVER=17802 TSL_PORT_TERMINAL_SERVER_DEVICE=17803 TSL_PORT_TERMINAL_SERVER_USER=17804
services=(clearinghouse license-server terminal-server-device terminal-server-user)
passed=0
work="$(mktemp -d)"

finish() {
    local code=$?
    trap - EXIT
    if [ "$code" -ne 0 ]; then
        docker-compose ps || true
        docker-compose logs --no-color --tail=40 "${services[@]}" || true
    fi
    [ -n "${KEEP:-}" ] || docker-compose down --volumes --remove-orphans >/dev/null 2>&1 || true
    rm -rf "$work"
    [ "$code" -eq 0 ] && echo "compose: $passed passed, 0 failed" || echo "compose: $passed passed, 1 failed"
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() { passed=$((passed + 1)); echo "ok - $*"; }
fail() { echo "NOT OK - $*" >&2; exit 1; }

# One `tsl` command in a container of its own; what it says on standard error is shown only when it fails.
tsl() {
    local code=0
    docker-compose run --rm -T tsl "$@" 2>"$work/stderr" || code=$?
    [ "$code" -eq 0 ] || { echo "tsl $* ended with $code:" >&2; cat "$work/stderr" >&2; }
    return "$code"
}
# The same, where a denial (3) is what the story wants.
denied() {
    local code=0
    docker-compose run --rm -T tsl "$@" >"$work/stdout" 2>"$work/stderr" || code=$?
    [ "$code" -eq 3 ] || fail "tsl $* was to be denied (3), but ended with $code"
}
# Reads JSON on standard input and prints the Python expression $1 over it, called `it`.
json() { /usr/bin/python3 -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
expect() { # what, wanted, got
    [ "$2" = "$3" ] && ok "$1: $3" || fail "$1: wanted '$2', got '$3'"
}

container() {
    docker ps --all --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter "label=com.docker.compose.service=$1" --filter "label=com.docker.compose.oneoff=False"
}
state() { docker inspect --format "$2" "$(container "$1")"; }
wait_healthy() {
    local service tries
    for service in "${services[@]}"; do
        for tries in $(seq 120); do
            [ "$(state "$service" '{{.State.Health.Status}}')" = healthy ] && break
            [ "$(state "$service" '{{.State.Status}}')" = running ] || fail "$service is not running"
            sleep 0.5
        done
        expect "$service is" healthy "$(state "$service" '{{.State.Health.Status}}')"
    done
}

part_up() {
    docker-compose up -d --no-build >/dev/null 2>&1 || fail "docker-compose up"
    wait_healthy
    tsl setup --cals 20 --per-user TS2 >/dev/null || fail "tsl setup"
    ok "tsl setup enrols, activates and installs a pack"
    local service user
    for service in "${services[@]}"; do
        user="$(state "$service" '{{.Config.User}}')"
        expect "$service runs as" 10001:10001 "$user"
    done
    local port
    for port in 17801 17802 17803 17804; do
        /usr/bin/python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=3).read()' \
            "http://127.0.0.1:$port/openapi.json" || fail "the port $port that is published does not answer"
        ok "127.0.0.1:$port answers"
    done
}

# `health --url` of a service's own program tells what can be reached from inside its container.
reaches() { docker-compose exec -T "$1" "/bin/$2" health --url "$3" >/dev/null 2>&1; }
part_topology() {
    reaches license-server license-server http://clearinghouse:7801 || fail "the license server does not reach the clearinghouse"
    ok "the license server reaches the clearinghouse"
    local server address
    for server in terminal-server-device terminal-server-user; do
        reaches "$server" terminal-server http://license-server:7802 || fail "$server does not reach the license server"
        ok "$server reaches the license server"
        for address in clearinghouse $(state clearinghouse '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}} {{end}}'); do
            reaches "$server" terminal-server "http://$address:7801" && fail "$server reaches the clearinghouse at $address"
        done
        ok "$server does not reach the clearinghouse, by name or by address"
    done
}

part_restart() {
    local before after
    tsl clock show --json >"$work/clock"
    before="$(facts)"
    part_stop
    docker-compose start >/dev/null 2>&1 || fail "docker-compose start"
    wait_healthy
    after="$(facts)"
    [ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after") >&2 || true; fail "CALs, grace or lab time are not as before the stop"; }
    ok "after every container was stopped and started CALs, grace and lab time are as before"
    sessions_after_stop
}

part_stop() {
    local service begun took
    for service in terminal-server-user terminal-server-device license-server clearinghouse; do
        begun=$(date +%s%N)
        docker kill --signal TERM "$(container "$service")" >/dev/null
        docker wait "$(container "$service")" >/dev/null
        took=$((($(date +%s%N) - begun) / 1000000))
        expect "$service ends by itself with" 0 "$(state "$service" '{{.State.ExitCode}}')"
        [ "$took" -lt 5000 ] || fail "$service took $took ms to stop, more than 5 s"
        ok "$service stopped $took ms after SIGTERM"
    done
}

parts=("$@")
[ "$#" -gt 0 ] || parts=(up topology story restart)
for part in "${parts[@]}"; do
    case "$part" in
        up | topology | story | restart | stop) "part_$part" ;;
        *) fail "there is no part '$part'; the parts are: up topology story restart stop" ;;
    esac
done
