// The far side of a shell's locks (locks.ts): constant text for a POSIX sh, brought with the other verbs (scripts.ts).
//
//  1. Each lock has a keeper: a `cat` that holds the locked descriptor (5) and reads from a pipe that nobody writes to. Only the
//     shell and the tools it runs hold the pipe's other end, so a keeper ends as soon as all of these have, however they did.
//  2. Claims, and what they mean to whom, are those of agents: the format and the rules are in lock/claim.ts, as is who looks for
//     flock where in lock/grip.ts. A claim is of its keeper, and is removed by its name, so this never hits its successor.
//
// Words: `./BLOCK`, then a mode, or the keeper and what it grasped: `DEVICE:INODE;CLAIM`, the lock file and the claim, where
// there is the one or the other.
import { LEASE_SECONDS } from '../lock/claim.js';
import { FLOCK_FOLDERS } from '../lock/grip.js';

export const LOCK_VERBS = {
  /** `held KEEPER GRASP`, or `busy` and whose claim is in the way, the clock, what an earlier holder still has to give back, and the records. */
  lock: `lock() {
  at "$1" || { unable "$1"; return; }
  lifeline || { refuse ENOSYS; return; }
  keeper=
  if [ -n "$flock" ]; then grasp "$2" "$3"; else keep; inode=; claim "$2" "$3" folder; fi || return
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
  set -- flock ${FLOCK_FOLDERS.map(folder => `${folder}/flock`).join(' ')}
  [ -z "$SYNCPLAN_FLOCK" ] || set -- "$SYNCPLAN_FLOCK"
  for one do
    : >"$pipe/f" && "$one" -n 5 5>"$pipe/f" >/dev/null 2>&1 && flock=$(command -v "$one") && break
  done
  rm -rf -- "$pipe"
  here=$(uname -n 2>/dev/null)
  here=$(printf %s "$here" | tr -c A-Za-z0-9._- _),$boot,$(readlink /proc/self/ns/pid 2>/dev/null | tr -dc 0-9)
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
  if [ "$2" = shared ]; then said=$("$flock" -s -n 5 2>&1); else said=$("$flock" -n 5 2>&1); fi
  case $?$said in
    0) ;;
    1) echo busy; return 0;;
    *) refuse "\${said:-EIO}"; return;;
  esac
  keep
  inode=$(stat $as %d:%i -- "$1" 2>/dev/null)
  if [ -z "$inode" ] || { [ -n "$held" ] && [ "$inode" != "$(stat -L $as %d:%i /proc/self/fd/5 2>/dev/null)" ]; }; then
    drop "$keeper"
    refuse ESTALE
    return
  fi
  claim "$1" "$2" flock
}
claim() {
  made=$( ( umask 022; mkdir -- "$1.held" ) 2>&1 )
  if [ -h "$1.held" ] || { [ -e "$1.held" ] && [ ! -d "$1.held" ]; }; then drop "$keeper"; refuse ENOTDIR; return; fi
  mine=$2,$3,$here,$keeper,$(life "$keeper"),0
  said=$( ( umask 022; mkdir -- "$1.held/$mine" ) 2>&1 ) || {
    [ -d "$1.held" ] || said=$made
    case $2,$3,$said in
      shared,flock,*'ermission denied'* | shared,flock,*'ead-only file system'*) mine=;;
      *) drop "$keeper"; refuse "$said"; return;;
    esac
  }
  for other in "$1.held"/*; do
    other=\${other##*/}
    [ "$other" != "$mine" ] && there "$1.held/$other" || continue
    case $3,$other in
      flock,exclusive,flock,* | flock,shared,flock,*)
        [ "$2" = shared ] || rmdir -- "$1.held/$other" 2>/dev/null
        continue;;
    esac
    if gone "$other" || lapsed "$1.held/$other"; then rmdir -- "$1.held/$other" 2>/dev/null; continue; fi
    case $2,$other in shared,shared,*) continue;; esac
    [ -z "$mine" ] || rmdir -- "$1.held/$mine"
    drop "$keeper"
    printf 'busy\\nclaim %s\\n' "$other"
    return 0
  done
  printf 'held %s %s;%s\\n' "$keeper" "$inode" "$mine"
}
life() {
  read -r line 2>/dev/null <"/proc/$1/stat" || return 0
  set -- \${line##*) }
  case $1 in [ZX]) echo dead;; *) printf '%s' "\${20}";; esac
}
lapsed() {
  case $1 in *,lease,*) [ -n "$(find "$1" -prune -mmin +${LEASE_SECONDS / 60} 2>/dev/null)" ];; *) return 1;; esac
}
gone() {
  rest=\${1#*,*,}
  its=\${rest%%,*}; rest=\${rest#*,}; start=\${rest%%,*}; rest=\${rest#*,}
  mine_at=$here
  [ "$its" = "\${mine_at%%,*}" ] || return
  mine_at=\${mine_at#*,}
  [ "$start" = "$boot" ] || { case $1 in *,lease,*) false;; esac && [ -n "$start" ] && [ -n "$boot" ]; return; }
  its=\${rest%%,*}; rest=\${rest#*,}
  [ "$its" = "\${mine_at#*,}" ] || return
  its=\${rest%%,*}; rest=\${rest#*,}; rest=\${rest%%,*}
  case $its in '' | 0* | *[!0-9]*) return 1;; esac
  case $(kill -0 "$its" 2>&1) in *'o such process'*) return 0;; esac
  now=$(life "$its")
  [ "$now" = dead ] || { [ -n "$rest" ] && [ -n "$now" ] && [ "$rest" != "$now" ]; }
}`,

  /** Is it still held? Then its record of the exclusive holder is printed. */
  locked: `locked() {
  at "$1" || { unable "$1"; return; }
  still "$2" "$3" "$4" || return
  [ -h "$2.lease" ] || [ ! -f "$2.lease" ] || head -c 16384 "$2.lease"
}
still() {
  kill -0 "$2" 2>/dev/null || { refuse ESRCH; return; }
  case $3 in ';'*) ;; *) [ "$(stat $as %d:%i -- "$1" 2>/dev/null)" = "\${3%%;*}" ] || { refuse ESTALE; return; };; esac
  case $3 in *';') ;; *) [ -d "$1.held/\${3#*;}" ] || refuse ESTALE;; esac
}`,

  /** Writes a record of a lock that is held, whole or not at all. */
  note: `note() {
  at "$1" || { unable "$1"; return; }
  still "$2" "$3" "$4" || return
  rm -f -- "$5.new"
  said=$( ( umask 022; set -C; : >"$5.new" ) 2>&1 ) || { refuse "$said"; return; }
  left=0
  said=$(take "$data" <&9 2>&1 >>"$5.new" && put_at "$5.new" "$5" 2>&1) || refuse "$said"
}`,

  /** Lets go, and removes a record that goes with it, where one is named. */
  release: `release() {
  at "$1" || { drop "$3"; unable "$1"; return; }
  [ -z "$5" ] || rm -f -- "$5"
  case $4 in *';') ;; *) rmdir -- "$2.held/\${4#*;}" 2>/dev/null;; esac
  drop "$3"
}`,
} as const;
