# Sourced by tools/quickstart and tools/test: runs each phase with its output in
# a log file, prints one calm line for it, and the tail of the log if it fails.
#
#   phase NAME LOG COMMAND...    "Build        41 s" or the last lines of LOG

phase_begin=$SECONDS

# Shows the last line of the log in place while a phase runs on a terminal.
follow_log() {
  local name=$1 log=$2 pid=$3 columns line
  columns=$(tput cols 2>/dev/null || echo 80)
  while kill -0 "$pid" 2>/dev/null; do
    line=$(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | tr '\t' ' ')
    printf '\r\033[K%-12s %s' "$name" "${line:0:$((columns - 14))}"
    sleep 0.5
  done
  printf '\r\033[K'
}

# Prints why a phase failed: the end of its log and where the whole is.
show_failure() {
  local name=$1 log=$2 status=$3
  printf '%-12s failed (exit %d); the last lines of %s:\n' \
    "$name" "$status" "$log" >&2
  tail -n 30 "$log" | sed 's/^/  | /' >&2
}

phase() {
  local name=$1 log=$2 status=0 pid
  shift 2
  mkdir -p "$(dirname "$log")"
  phase_begin=$SECONDS
  if [[ -t 1 ]]; then
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
    follow_log "$name" "$log" "$pid"
    wait "$pid" || status=$?
    trap - INT TERM
  else
    "$@" >"$log" 2>&1 </dev/null || status=$?
  fi
  if ((status != 0)); then
    show_failure "$name" "$log" "$status"
    return "$status"
  fi
  printf '%-12s done, %d s\n' "$name" $((SECONDS - phase_begin))
}

# Processes to build with: one for each core, but each may need 1.2 GB (MLIR's
# headers), so fewer where memory is short.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 1200000) }' /proc/meminfo \
    2>/dev/null || echo "$cores")
  ((memory < 1)) && memory=1
  ((memory < cores)) && cores=$memory
  echo "$cores"
}
