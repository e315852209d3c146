#!/usr/bin/env bash
# The compose lab, driven through its `tsl` service alone: it comes up healthy and is set up, a terminal server cannot reach the
# clearinghouse, the twenty-CAL story (SPEC vectors R-00 to R-06) is told with time skipped, and after every container was stopped
# and started all is as before. Then pages of docs/labs are played on a fresh one. Needs an engine, docker-compose, python3 and the
# image `tsl-lab`; see `.ci/run compose`.
#
# With names of parts as arguments (up topology story restart stop pages readme) only those run; KEEP=1 leaves the lab standing.
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
# Reads JSON on standard input and prints the Python expression $1 over it, called `it`.
json() { /usr/bin/python3 -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
expect() { # what, wanted, got
    [ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
    ok "$1: $3"
}

container() {
    docker ps --all --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter "label=com.docker.compose.service=$1" --filter "label=com.docker.compose.oneoff=False"
}
state() { docker inspect --format "$2" "$(container "$1")"; }
wait_healthy() {
    local service
    for service in "${services[@]}"; do
        for _ in $(seq 120); do
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
    tsl wait >/dev/null || fail "tsl wait"
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

# --- the story of the twenty CALs

# Moment $2 (hh:mm) of the story's day $1; day 0 is fixed once, when the clocks stop.
moment() { date -u -d "$day_zero + $1 days" "+%Y-%m-%dT$2:00Z"; }
at() { tsl clock set "$(moment "$1" "$2")" >/dev/null || fail "tsl clock set to day $1, $2"; }
pool() { tsl packs --json | json '"/".join(str(n) for n in (it["packs"][0]["available"], it["packs"][0]["total"]))'; }
# What `tsl connect` of one device came to: result, kind and end of the license that it holds now.
connects() { tsl connect "$1" --json >"$work/connected" || fail "tsl connect $1"; }
holds() {
    tsl client show "$1" --json | json 'max((l["cal"]["issued_at"], l["cal"]["kind"], l["cal"]["expires_at"]) for l in it["licenses"])[1:]' \
        | tr -d "(),'"
}

part_story() {
    tsl clock freeze >/dev/null || fail "tsl clock freeze"
    day_zero="$(tsl clock show --json | json 'max(one["now"] for one in it)[:10]')"
    day_zero="$(date -u -d "$day_zero + 1 day" +%Y-%m-%d)"

    at 0 08:00
    tsl connect PC01..PC19 PC20 >/dev/null || fail "the first visit of twenty devices"
    tsl connect PC01..PC19 >/dev/null || fail "the second visit of nineteen devices"
    tsl dice --next-life 89 >/dev/null || fail "tsl dice"
    connects PC20
    expect "R-00: device 20 holds" "permanent $(moment 89 08:00)" "$(holds PC20)"
    expect "R-00: pool" 0/20 "$(pool)"

    at 0 12:00
    tsl client remove PC20 >/dev/null || fail "tsl client remove"
    connects PC21
    expect "R-01: the replacement holds" "temporary $(moment 90 12:00)" "$(holds PC21)"
    expect "R-01: its temporary is" validated \
        "$(tsl licenses --device PC21 --json | json 'it[0]["standing"]')"
    expect "R-01: pool" 0/20 "$(pool)"

    at 1 10:00
    connects PC21
    expect "R-02: the replacement holds" "temporary $(moment 90 12:00)" "$(holds PC21)"
    expect "R-02: events 21 that day" True \
        "$(tsl events --server LS1 --id 21 --json | json "any(one['at'] == '$(moment 1 10:00)' for one in it)")"

    tsl connect PC01..PC19 PC21 --daily 87 --json >"$work/days" || fail "R-03: somebody was denied"
    expect "R-03: days, connections accepted, denied" "87 1740 0" \
        "$(json '" ".join(map(str, (len(it["days"]), it["accepted"], it["denied"])))' <"$work/days")"
    expect "R-03: devices 1 to 19 were renewed" True "$(json 'it["upgraded"] >= 19' <"$work/days")"
    expect "R-03: pool" 0/20 "$(pool)"

    at 89 10:00
    connects PC21
    expect "R-04: the replacement holds" "temporary $(moment 90 12:00)" "$(holds PC21)"
    expect "R-04: pool" 0/20 "$(pool)"

    at 89 20:00
    expect "R-05: pool after the sweep" 1/20 "$(pool)"

    at 90 11:00
    connects PC21
    expect "R-06: the replacement holds" permanent "$(holds PC21 | cut -d' ' -f1)"
    expect "R-06: pool" 0/20 "$(pool)"
}

# --- what must outlive a restart

facts() {
    local server
    tsl clock show --json | json '[(one["service"], one["now"], one["frozen"]) for one in it]'
    tsl packs --json
    tsl licenses --json
    for server in TS1 TS2; do tsl grace --server "$server" --json; done
}
sessions() { tsl sessions --server TS1 --limit 100000 --json; }

part_restart() {
    tsl connect PC01 --stay >/dev/null || fail "tsl connect --stay"
    tsl connect PC02 --no-logon >/dev/null || fail "tsl connect --no-logon"
    tsl clock freeze >/dev/null || fail "tsl clock freeze"
    facts >"$work/before"
    sessions >"$work/sessions-before"
    expect "sessions open before the stop" 2 "$(json 'sum(one["state"] != "ended" for one in it)' <"$work/sessions-before")"

    part_stop
    docker-compose start >/dev/null 2>&1 || fail "docker-compose start"
    wait_healthy

    facts >"$work/after"
    diff "$work/before" "$work/after" >&2 || fail "CALs, grace or lab time are not as before the stop"
    ok "CALs, grace and lab time are as before"
    sessions >"$work/sessions-after"
    expect "sessions as before, the two open ones ended by the stop" "True 2" "$(/usr/bin/python3 - "$work/sessions-before" "$work/sessions-after" <<'PYTHON'
import json, sys

before, after = ({one["id"]: one for one in json.load(open(path))} for path in sys.argv[1:])
opened = [number for number, one in before.items() if one["state"] != "ended"]
stopped = [number for number in opened if after[number].get("how") == "service-stopped"]
same = before.keys() == after.keys() and all(after[number]["state"] == "ended" for number in after)
print(same, len(stopped))
PYTHON
    )"
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

# A lab that begins as a page asks, and one page after another played on it.
part_pages() {
    local page
    docker-compose down --volumes >/dev/null 2>&1 || fail "docker-compose down"
    export TSL_START_AT=2026-03-02T08:00:00Z TSL_SEED=7 TSL_LAB_TERMINAL_SERVERS=TS1=http://terminal-server-device:7803
    docker-compose up -d --no-build >/dev/null 2>&1 || fail "docker-compose up for the pages"
    wait_healthy
    tsl setup --cals 20 >/dev/null || fail "tsl setup for the pages"
    # The first asks for a fresh lab, the others for any.
    for page in 01-first-connection ft-06-several-cals ft-09-cloned-pcs ft-10-modified-license ft-11-protocol-error; do
        tsl play --auto --here "/docs/labs/$page.md" >"$work/played" || { tail -n 20 "$work/played" >&2; fail "tsl play $page"; }
        ok "page played: $page"
    done
    unset TSL_START_AT TSL_SEED TSL_LAB_TERMINAL_SERVERS
}

# The blocks of the README's section, one after the other in one shell, as somebody types them; those that build have been done before.
part_readme() {
    docker-compose down --volumes >/dev/null 2>&1 || fail "docker-compose down"
    /usr/bin/python3 - README.md >"$work/readme.sh" <<'PYTHON'
import re, sys

section = open(sys.argv[1]).read().split("## The compose lab\n")[1].split("\n## ")[0]
blocks = [block for block in re.findall(r"```sh\n(.*?)```", section, re.S) if "build" not in block and ".ci/run" not in block]
assert len(blocks) >= 3, "the README's section has lost its blocks"
text = "set -euxo pipefail\n" + "\n".join(blocks)
# On the ports of this run, by the name of this engine's tool, without a terminal.
text = text.replace("docker compose run", "docker-compose run -T").replace("docker compose", "docker-compose")
print(re.sub(r"127\.0\.0\.1:(78\d\d)", r"127.0.0.1:1\1", text).replace("tsl-data-compose", sys.argv[1].replace("README.md", "target/compose-readme")))
PYTHON
    rm -rf target/compose-readme
    PATH="$PWD/image/bin:$PATH" bash "$work/readme.sh" >"$work/readme.log" 2>&1 || { tail -n 40 "$work/readme.log" >&2; fail "a block of the README"; }
    ok "the README's blocks work one after the other"
    grep -q 'accepted by TS1' "$work/readme.log" || fail "the README's last line connects nobody"
    rm -rf target/compose-readme
}

parts=("$@")
[ "$#" -gt 0 ] || parts=(up topology story restart pages readme)
for part in "${parts[@]}"; do
    case "$part" in
        up | topology | story | restart | stop | pages | readme) "part_$part" ;;
        *) fail "there is no part '$part'; the parts are: up topology story restart stop pages readme" ;;
    esac
done
