// The far side of a shell's locks (locks.ts): constant text for a POSIX sh, brought with the other verbs (scripts.ts).
//
//  1. Each lock has a keeper: a `cat` that holds the locked descriptor (5) and reads from a pipe that nobody writes to. Only the
//     shell and the tools it runs hold the pipe's other end, so a keeper ends as soon as all of these have, however they did.
//  2. Without flock a lock is a claim: a folder `BLOCK.held/MODE,MACHINE,BOOT,SPACE,PID,BORN`. Whoever wants one makes his own
//     first and looks at the others then, so of two that exclude each other at least one sees the other and withdraws.
//  3. A claim is of a dead keeper only where this machine can tell: same machine, same space of processes, and another start
//     of the system, no such process, or one born at another time. Removing it names it, so it never hits its successor.
//
// Words: `./BLOCK`, then a mode, or the keeper and what it grasped: `DEVICE:INODE` of the lock file, or the claim.

export const LOCK_VERBS = {
  /** `held KEEPER GRASP` or `busy`, the clock, what an earlier holder still has to give back, and the records. */
  lock: `lock() {
  at "$1" || { unable "$1"; return; }
  lifeline || { refuse ENOSYS; return; }
  keeper=
  if [ -n "$flock" ]; then grasp "$2" "$3"; else claim "$2" "$3"; fi || return
  clock
  for one in modes release; do ! there "$2.$one" || printf 'owed %s\\n' "$one"; done
  for one in "$2.lease" "$2".sharer-*; do
    [ -h "$one" ] || [ ! -f "$one" ] || printf '%s %s\\n' "$one" "$(head -c 16384 "$one" 2>/dev/null)"
  done
  [ -z "$keeper" ] || [ "$3" = shared ] || rm -f -- "$2".sharer-*
}
clock() {
  read -r up rest 2>/dev/null </proc/uptime || up=
  printf 'now %s\\n' "$up"
}
lifeline() {
  [ -z "$lifeline" ] || return 0
  pipe=$(mktemp -d 2>/dev/null) || return
  mkfifo "$pipe/p" 2>/dev/null && [ -p "$pipe/p" ] && exec 8<>"$pipe/p" 7<"$pipe/p" && lifeline=yes
  : >"$pipe/f" && flock "$pipe/f" true >/dev/null 2>&1 && flock=yes
  rm -rf -- "$pipe"
  [ -n "$lifeline" ]
}
keep() { cat <&7 >/dev/null 2>&1 3>&- 7<&- 8>&- 9<&- & keeper=$!; }
drop() { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; keeper=; }
grasp() {
  if ! there "$1"; then
    said=$( ( umask 022; set -C; : >"$1" ) 2>&1 ) || there "$1" || { refuse "$said"; return; }
  fi
  if [ -h "$1" ]; then refuse ELOOP; return; fi
  if [ ! -f "$1" ]; then refuse EINVAL; return; fi
  if [ -w "$1" ]; then { grip "$@"; } 5<>"$1"
  elif [ -r "$1" ]; then { grip "$@"; } 5<"$1"
  else refuse EACCES; fi
}
grip() {
  if [ "$2" = shared ]; then said=$(flock -s -n 5 2>&1); else said=$(flock -n 5 2>&1); fi
  case $?$said in
    0) ;;
    1) echo busy; return 0;;
    *) refuse "\${said:-EIO}"; return;;
  esac
  keep
  inode=$(stat -c %d:%i -- "$1" 2>/dev/null)
  if [ -z "$inode" ] || { [ -n "$held" ] && [ "$inode" != "$(stat -L -c %d:%i /proc/self/fd/5 2>/dev/null)" ]; }; then
    drop "$keeper"
    refuse ESTALE
    return
  fi
  printf 'held %s %s\\n' "$keeper" "$inode"
}
claim() {
  ( umask 022; mkdir -- "$1.held" ) 2>/dev/null
  if [ -h "$1.held" ] || [ ! -d "$1.held" ]; then refuse ENOTDIR; return; fi
  keep
  mine=$2,$(uname -n),$boot,$(space),$keeper,$(born "$keeper")
  said=$(mkdir -- "$1.held/$mine" 2>&1) || { drop "$keeper"; refuse "$said"; return; }
  for other in "$1.held"/*; do
    other=\${other##*/}
    [ "$other" != "$mine" ] || continue
    if gone "$other"; then rmdir -- "$1.held/$other" 2>/dev/null; continue; fi
    case $2,$other in shared,shared,*) continue;; esac
    rmdir -- "$1.held/$mine"
    drop "$keeper"
    echo busy
    return 0
  done
  printf 'held %s %s\\n' "$keeper" "$mine"
}
space() { readlink /proc/self/ns/pid 2>/dev/null | tr -dc 0-9; }
born() {
  read -r line 2>/dev/null <"/proc/$1/stat" || return 0
  set -- \${line##*) }
  printf '%s' "\${20}"
}
gone() {
  rest=\${1#*,}; its=\${rest%%,*}; rest=\${rest#*,}; start=\${rest%%,*}; rest=\${rest#*,}
  [ "$its" = "$(uname -n)" ] || return
  [ "$start" = "$boot" ] || return 0
  its=\${rest%%,*}; rest=\${rest#*,}
  [ "$its" = "$(space)" ] || return
  case $(kill -0 "\${rest%%,*}" 2>&1) in *'o such process'*) return 0;; esac
  [ -n "\${rest#*,}" ] && [ "\${rest#*,}" != "$(born "\${rest%%,*}")" ]
}`,

  /** Is it still held? Then its record of the exclusive holder is printed. */
  locked: `locked() {
  at "$1" || { unable "$1"; return; }
  still "$2" "$3" "$4" || return
  [ -h "$2.lease" ] || [ ! -f "$2.lease" ] || head -c 16384 "$2.lease"
}
still() {
  kill -0 "$2" 2>/dev/null || { refuse ESRCH; return; }
  if [ -n "$flock" ]; then [ "$(stat -c %d:%i -- "$1" 2>/dev/null)" = "$3" ] || refuse ESTALE
  else [ -d "$1.held/$3" ] || refuse ESTALE; fi
}`,

  /** Writes a record of a lock that is held, whole or not at all. */
  note: `note() {
  at "$1" || { unable "$1"; return; }
  still "$2" "$3" "$4" || return
  rm -f -- "$5.new"
  said=$( ( umask 022; set -C; : >"$5.new" ) 2>&1 ) || { refuse "$said"; return; }
  left=0
  said=$(take "$data" <&9 2>&1 >>"$5.new" && mv -f -T -- "$5.new" "$5" 2>&1) || refuse "$said"
}`,

  /** Lets go, and removes a record that goes with it, where one is named. */
  release: `release() {
  at "$1" || { drop "$3"; unable "$1"; return; }
  [ -z "$5" ] || rm -f -- "$5"
  [ -n "$flock" ] || rmdir -- "$2.held/$4" 2>/dev/null
  drop "$3"
}`,
} as const;
