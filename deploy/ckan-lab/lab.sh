# Sourced by up, reset, down, check and service: where things are, and how processes are started, found and ended.
# Starts nothing by itself. A process is ours only while its pid and its start time are those we wrote down.
# shellcheck shell=bash disable=SC2034
set -Eeuo pipefail

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
VERSION=${CKAN_VERSION:-2.12.0}
RUN=${CKAN_LAB_RUN:-$LAB/run-$VERSION}
ASKED_OFFSET=${CKAN_LAB_PORT_OFFSET:-}
ASKED_PYTHON=${CKAN_LAB_PYTHON:-}
WORKERS=${CKAN_LAB_WORKERS:-2}
ASKED_HARVESTER_RUN=${CKAN_LAB_HARVESTER_RUN-unsaid}
# CKAN takes settings out of CKAN_* variables: what a shell exports for another CKAN must not reach this one.
# shellcheck disable=SC2086
unset ${!CKAN_@}
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

STAGE=start
LOG=
fail() {
  trap - ERR
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  if [ -n "$LOG" ] && [ -s "$LOG" ]; then
    tail -n 5 "$LOG" | sed 's/^/    | /' >&2
    printf '%s: the whole log is %s\n' "${0##*/}" "$LOG" >&2
  fi
  exit 1
}
trap 'fail "stage $STAGE failed at: $BASH_COMMAND"' ERR

REQUIREMENTS=$LAB/requirements/ckan-$VERSION.txt
[ -s "$REQUIREMENTS" ] || fail "no requirements for CKAN $VERSION; there are: $(cd "$LAB/requirements" && echo ckan-*.txt)"

setting() { [ ! -e "$RUN/settings" ] || sed -n "s|^$1=||p" "$RUN/settings"; }
OFFSET=${ASKED_OFFSET:-$(setting port_offset)}
OFFSET=${OFFSET:-0}
[[ $OFFSET =~ ^[0-9]{1,5}$ ]] || fail "CKAN_LAB_PORT_OFFSET is '$OFFSET', not a number"
WEB_PORT=$((15000 + OFFSET)) PG_PORT=$((15432 + OFFSET)) REDIS_PORT=$((16379 + OFFSET))
INDEX_PORT=$((18983 + OFFSET)) REMOTE_PORT=$((15800 + OFFSET))
[ "$INDEX_PORT" -lt 65536 ] || fail "CKAN_LAB_PORT_OFFSET=$OFFSET leaves no room for the ports"
EXTERNAL_SOLR=${SOLR_URL-$(setting solr_url)}
EXTERNAL_SOLR=${EXTERNAL_SOLR%/}
HARVESTER_RUN=$(setting harvester_run)
[ "$ASKED_HARVESTER_RUN" = unsaid ] || HARVESTER_RUN=$ASKED_HARVESTER_RUN
[[ $HARVESTER_RUN =~ ^[0-9]{0,4}$ ]] || fail "CKAN_LAB_HARVESTER_RUN is '$HARVESTER_RUN', not a number of seconds"
INDEX_URL=http://127.0.0.1:$INDEX_PORT
REMOTE_URL=http://127.0.0.1:$REMOTE_PORT
WEB_URL=http://127.0.0.1:$WEB_PORT
CKAN=$RUN/ckan
PYTHON=$RUN/venv/bin/python

open_run_directory() {
  mkdir -p "$RUN"/{pid,log,storage,redis,index}
  RUN=$(cd "$RUN" && pwd -P)
  exec 9>"$RUN/lock"
  flock -n 9 || fail "another up, reset or down is at work in $RUN; wait for it to end"
}

begin() { STAGE=$1 LOG=${2:-} STARTED=${EPOCHREALTIME/[.,]/}; }
finish() {
  local tenths=$(((${EPOCHREALTIME/[.,]/} - STARTED) / 100000))
  printf '%-10s %3d.%d s  %s\n' "$STAGE" $((tenths / 10)) $((tenths % 10)) "$*"
}

started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086
  set -- ${stat##*) }
  [ "$1" != Z ] && echo "${20}"
}
alive() {
  local pid at
  [ -s "$RUN/pid/$1" ] && read -r pid at <"$RUN/pid/$1" && [ "$(started_at "$pid")" = "$at" ]
}
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
refuse_taken_port() {
  ! listening "$1" || fail "port $1 ($2) is taken by a process that is not this lab's; end it, or set CKAN_LAB_PORT_OFFSET"
}
launch() {
  local name=$1
  shift
  setsid nohup "$@" >>"$RUN/log/$name.log" 2>&1 </dev/null 9>&- &
  echo "$! $(started_at $!)" >"$RUN/pid/$name"
}
await() {
  local name=$1 deadline=$((SECONDS + 90))
  shift
  until "$@" >/dev/null 2>&1; do
    alive "$name" || fail "$name ended while starting"
    [ $SECONDS -lt $deadline ] || fail "$name did not answer within 90 s"
    sleep 0.1
  done
}
end() {
  local name pid at deadline=$((SECONDS + 8)) left=()
  for name in "$@"; do
    if alive "$name"; then
      read -r pid at <"$RUN/pid/$name"
      kill -TERM -- "-$pid" 2>/dev/null || true
      left+=("$name")
    else
      rm -f "$RUN/pid/$name"
    fi
  done
  for name in ${left[@]+"${left[@]}"}; do
    while alive "$name" && [ $SECONDS -lt $deadline ]; do sleep 0.05; done
    read -r pid at <"$RUN/pid/$name"
    # The group may outlive its leader (a consumer under its restart loop).
    kill -KILL -- "-$pid" 2>/dev/null || true
    rm -f "$RUN/pid/$name"
  done
}

find_postgres() {
  local found
  found=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | sort -V | tail -n 1) || true
  [ -n "$found" ] || found=$(command -v initdb) || return 1
  PG_BIN=${found%/*}
}
# PostgreSQL refuses to run as root; / because user postgres may not enter the directory we stand in.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && exec runuser -u postgres -- "$@" 9>&-); else "$@" 9>&-; fi
}
postgres_runs() { [ -e "$RUN/pg/data/PG_VERSION" ] && as_postgres "$PG_BIN/pg_ctl" -D "$(readlink -f "$RUN/pg")/data" status >/dev/null 2>&1; }
sql() {
  PGOPTIONS=-cclient_min_messages=warning PGPASSFILE=$RUN/pgpass "$PG_BIN/psql" -XqAt -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$PG_PORT" -U postgres "$@"
}

# ckanext-harvest's own advice is to keep consumers under a supervisor: they end on lost connections.
start_service() {
  local loop='while :; do "$0" harvester "$1"; echo "$1 ended with $?; again in 1 s"; sleep 1; done'
  alive "$1" && return
  case $1 in
    gather | fetch) launch "$1" bash -c "$loop" "$CKAN" "$1-consumer" ;;
    harvester-run)
      loop='while :; do "$0" harvester run; sleep "$1"; done'
      launch "$1" bash -c "$loop" "$CKAN" "${HARVESTER_RUN:-5}"
      ;;
  esac
}
# A site runs `harvester run` from cron. The lab does so only where it was asked to, so that a story says when.
start_harvesting() {
  start_service gather
  start_service fetch
  [ -z "$HARVESTER_RUN" ] || start_service harvester-run
}
