#!/usr/bin/env bash
# Runs the whole test suite on a fresh machine: a private PostgreSQL server on loopback, then every test project.
# Arguments go to "dotnet test", for example: ./test.sh --filter JournalStore
# The last line is "N passed, N failed"; the exit code is that of the tests.
set -euo pipefail
cd "$(dirname "$0")"

as_root() { [ "$(id -u)" = 0 ]; }

install() {
  as_root && command -v apt-get >/dev/null || { echo "missing: $*; install them, or run as root where apt-get is" >&2; exit 1; }
  echo "installing: $*"
  # The server runs privately: the package must not start one of its own.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
  fi
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$@"; } >/dev/null
}

find_postgres() {
  local dir
  for dir in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -Vr) "$(dirname "$(command -v initdb || echo /none/x)")" \
             "$(pg_config --bindir 2>/dev/null || true)"; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then echo "$dir"; return; fi
  done
}

# Tests of script tasks run these.
missing=()
for program in python3 node ruby perl bash; do
  command -v "$program" >/dev/null || missing+=("${program/#node/nodejs}")
done
[ ${#missing[@]} = 0 ] || install "${missing[@]}"
[ -n "$(find_postgres)" ] || install postgresql
bin=$(find_postgres)
[ -n "$bin" ] || { echo "no PostgreSQL server was found after its installation" >&2; exit 1; }

work=$(mktemp -d)
# PostgreSQL refuses to run as root.
run=()
if as_root; then
  user=$(id -u postgres >/dev/null 2>&1 && echo postgres || echo nobody)
  run=(runuser -u "$user" --)
  chown "$user" "$work"
fi

stop() {
  local code=$?
  trap - EXIT INT TERM
  [ ! -f "$work/data/postmaster.pid" ] || "${run[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null || true
  rm -rf "$work"
  exit "$code"
}
trap stop EXIT
trap 'exit 130' INT TERM

password=$(head -c 18 /dev/urandom | base64 | tr -d '/+=')
(umask 077; echo "$password" > "$work/password")
[ ${#run[@]} = 0 ] || chown "$user" "$work/password"
(cd "$work"; "${run[@]}" "$bin/initdb" -D "$work/data" -U periplon -A scram-sha-256 --pwfile="$work/password" -E UTF8 --locale=C >/dev/null)

# A port may be taken between the look and the start; then the next one is tried.
port=
for _ in $(seq 20); do
  try=$((20000 + RANDOM % 12000))
  if (exec 3<>"/dev/tcp/127.0.0.1/$try") 2>/dev/null; then continue; fi
  if (cd "$work"; "${run[@]}" "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" start -o \
      "-c listen_addresses=127.0.0.1 -c port=$try -c unix_socket_directories= -c max_connections=300" >/dev/null 2>&1); then
    port=$try
    break
  fi
done
[ -n "$port" ] || { cat "$work/log" >&2; exit 1; }
export PERIPLON_TEST_PG="Host=127.0.0.1;Port=$port;Username=periplon;Password=$password;Database=postgres"

# The summaries are read in English; a project without a matching test has none.
export DOTNET_CLI_UI_LANGUAGE=en
code=0
dotnet test -c Release Periplon.sln "$@" | tee "$work/output" || code=$?

sum() { grep -oE "\b$1: +[0-9]+, [PS]" "$work/output" | grep -oE '[0-9]+' | awk '{n += $1} END {print n + 0}' || true; }
passed=$(sum Passed)
failed=$(sum Failed)
if [ "$code" = 0 ] && [ "$passed" = 0 ]; then
  echo "no test ran" >&2
  code=1
fi
echo "$passed passed, $failed failed"
exit "$code"
