# Shared by the scripts of this folder: words for people, places, layers' names. Sourced, never run.
# shellcheck shell=bash
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)  # image/
repo=$(dirname "$here")
me=$(basename "$0")

# tell EN ZH: one sentence in the language of the person at the terminal.
tell() { case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in zh*) printf '%s\n' "$2" ;; *) printf '%s\n' "$1" ;; esac; }
say() { echo "$me: $(tell "$1" "${2-$1}")" >&2; }
die() { say "$@"; exit 1; }

# The trees are shared by all sets of boxes of this checkout; a set (boxes, data) has its own state.
trees=${LINEBOX_TREES:-$repo/build/tree}
cache=$(dirname "$trees")/cache
state=${LINEBOX_STATE:-$repo/build}
mkdir -p "$trees" "$cache" "$state/box"
trees=$(realpath "$trees") cache=$(realpath "$cache") state=$(realpath "$state")

# Each set has a /24 of its own: 10.77.N.0, N by its place on disk, so that sets run beside each other.
subnet() {
  if [ -s "$state/subnet" ]; then cat "$state/subnet"; return; fi
  local n try
  n=$(($(printf %s "$state" | cksum | cut -d' ' -f1) % 250 + 2))
  for try in $(seq 0 250); do
    local net="10.77.$(((n + try) % 250 + 2))"
    if [ -z "$(ip route show "$net.0/24")" ]; then echo "$net" | tee "$state/subnet"; return; fi
  done
  die "This machine uses every network from 10.77.2.0 to 10.77.251.0; free one of them." \
    "本机已占用 10.77.2.0 到 10.77.251.0 的全部网段，请空出一个。"
}

# progress NAME EXPECTED_S LOG CMD...: runs CMD, its output in LOG, telling elapsed and expected time.
progress() {
  local name=$1 expected=$2 log=$3 began=$SECONDS next=10 pid status=0 spent; shift 3
  say "$name … (about $expected s)" "$name ……（约 $expected 秒）"
  "$@" >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2; spent=$((SECONDS - began))
    if [ "$spent" -ge "$next" ]; then
      say "$name … $spent of about $expected s" "$name …… 已 $spent 秒，共约 $expected 秒"; next=$((next + 15))
    fi
  done
  wait "$pid" || status=$?
  if [ "$status" != 0 ]; then
    tail -n 15 "$log" >&2
    die "$name failed; its last lines are above, all of them in $log." "$name 失败；上面是最后几行，全文在 $log。"
  fi
  say "$name: done in $((SECONDS - began)) s" "$name：完成，用时 $((SECONDS - began)) 秒"
}

# hash_of WORD-OR-FILE...: 12 hex digits over words and the names and contents of files and folders.
hash_of() {
  local item
  for item in "$@"; do
    if [ -d "$item" ]; then
      (cd "$item" && find . -type f ! -name '*.pyc' ! -path './node_modules/*' ! -path './dist/*' -print0 | sort -z | xargs -0r sha256sum)
    elif [ -f "$item" ]; then sha256sum <"$item"
    else printf '%s\n' "$item"; fi
  done | sha256sum | cut -c1-12
}
