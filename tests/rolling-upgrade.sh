#!/usr/bin/env bash
# Upgrades a running cluster, silo by silo, from an earlier commit to the working tree, under load, and checks what came of every execution.
#   tests/rolling-upgrade.sh [COMMIT]      COMMIT: what runs first; default: main
# It needs what ./test.sh needs. The new version applies its migrations while silos of the old one still run. The last line says how many
# executions were acknowledged and that each ended once; the exit code is 0 only then.
# PERIPLON_OLD_BUILD and PERIPLON_NEW_BUILD name folders of builds that are there already.
set -euo pipefail
cd "$(dirname "$0")/.."

commit=$(git rev-parse --verify "${1:-main}^{commit}")
silos=3
work=$(mktemp -d)
pids=()

find_postgres() {
  local dir
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) "$(dirname "$(command -v initdb || echo /none/x)")"; do
    if [ -x "$dir/initdb" ]; then echo "$dir"; return; fi
  done
}

bin=$(find_postgres)
[ -n "$bin" ] || { echo "no PostgreSQL server was found; ./test.sh installs one" >&2; exit 1; }

# PostgreSQL refuses to run as root.
run=()
if [ "$(id -u)" = 0 ]; then
  user=$(id -u postgres >/dev/null 2>&1 && echo postgres || echo nobody)
  run=(runuser -u "$user" --)
fi

stop() {
  local code=$?
  trap - EXIT INT TERM
  for pid in "${pids[@]:-}"; do
    [ -z "$pid" ] || { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
  done
  [ ! -f "$work/postgres/data/postmaster.pid" ] || "${run[@]}" "$bin/pg_ctl" -D "$work/postgres/data" -m immediate stop >/dev/null || true
  git worktree remove --force "$work/tree" 2>/dev/null || true
  if [ "$code" = 0 ]; then rm -rf "$work"; else echo "logs of the silos are in $work" >&2; fi
  exit "$code"
}
trap stop EXIT
trap 'exit 130' INT TERM

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

if [ -n "${PERIPLON_OLD_BUILD:-}" ]; then
  ln -s "$PERIPLON_OLD_BUILD" "$work/old"
else
  echo "building the old version, $(git log -1 --format='%h %s' "$commit")"
  git worktree add --quiet --detach "$work/tree" "$commit"
  dotnet build -c Release -v q "$work/tree/src/Periplon" -o "$work/old" >"$work/build-old.log" || { tail -20 "$work/build-old.log" >&2; exit 1; }
fi
if [ -n "${PERIPLON_NEW_BUILD:-}" ]; then
  ln -s "$PERIPLON_NEW_BUILD" "$work/new"
else
  echo "building the new version, the working tree"
  dotnet build -c Release -v q src/Periplon -o "$work/new" >"$work/build-new.log" || { tail -20 "$work/build-new.log" >&2; exit 1; }
fi

mkdir "$work/postgres"
chmod 755 "$work"
[ ${#run[@]} = 0 ] || chown "$user" "$work/postgres"
pg_port=$(free_port)
(cd "$work/postgres"
 "${run[@]}" "$bin/initdb" -D "$work/postgres/data" -U periplon -A trust -E UTF8 --locale=C >/dev/null
 "${run[@]}" "$bin/pg_ctl" -D "$work/postgres/data" -w -l "$work/postgres/log" start -o \
   "-c listen_addresses=127.0.0.1 -c port=$pg_port -c unix_socket_directories= -c max_connections=200" >/dev/null)
export DATABASE_URL="Host=127.0.0.1;Port=$pg_port;Username=periplon;Database=postgres"

ports=()
for i in $(seq "$silos"); do ports+=("$(free_port)"); done

# start VERSION NUMBER [OPTION]
start() {
  local port=${ports[$(($2 - 1))]}
  mkdir -p "$work/home$2"
  (cd "$work/home$2" && PERIPLON__SERVER__LOG_LEVEL=warning PERIPLON__WORKER__DRAIN_SECS=5 \
     exec "$work/$1/periplon" server --port "$port" "${@:3}" >>"$work/silo$2-$1.log" 2>&1) &
  pids[$2]=$!
  for _ in $(seq 300); do
    if curl -fsS -o /dev/null "http://127.0.0.1:$port/ready" 2>/dev/null; then echo "silo $2 runs the $1 version"; return; fi
    kill -0 "${pids[$2]}" 2>/dev/null || { tail -20 "$work/silo$2-$1.log" >&2; exit 1; }
    sleep 0.2
  done
  echo "silo $2 ($1) did not become ready" >&2
  exit 1
}

for i in $(seq "$silos"); do start old "$i"; done
python3 tests/rolling-upgrade.py load "$work" "${ports[@]}" &
load=$!
pids+=("$load")
acknowledged() { wc -l 2>/dev/null <"$work/acknowledged" || echo 0; }
more() {
  local until=$(($(acknowledged) + 40))
  while [ "$(acknowledged)" -lt "$until" ]; do kill -0 "$load" 2>/dev/null || exit 1; sleep 0.2; done
}

for i in $(seq "$silos"); do
  more
  kill -TERM "${pids[$i]}"
  wait "${pids[$i]}" || { echo "silo $i (old) did not end well" >&2; tail -20 "$work/silo$i-old.log" >&2; exit 1; }
  start new "$i" --migrate
done
more
touch "$work/enough"
wait "$load"
python3 tests/rolling-upgrade.py check "$work" "${ports[@]}"
