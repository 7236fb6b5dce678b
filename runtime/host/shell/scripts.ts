// The far side of a host driven by a shell: constant text for a POSIX sh, the same for every machine and every plan.
//
// What `ssh` runs is BOOT; it takes lines and evaluates them. The first ones are ours and bring the verbs, which stay; the
// last of them is the loop that serves the session (session.ts) until its input ends.
//
//  1. A folder is its real path. A verb goes there first and asks the kernel where it is: if that is not the path, something
//     on the way was a link, and nothing is done. From then on its working folder is that folder, whatever is renamed.
//  2. Names come as words after the folder, and are used as `./NAME` only; no tool sees one that could be an option.
//  3. A verb that cannot begin says why and ends with UNABLE: an errno name, or what a tool said in the C locale.
import { LOCK_VERBS } from './lock-scripts.js';
import { PROBE_VERBS, USUAL } from './probe-scripts.js';
import { quoteWords } from './quote.js';
import { BROKEN, UNABLE } from './statuses.js';
import { WRITE_VERBS } from './write-scripts.js';

/** What the far side can be asked for. */
export type Verb = keyof typeof VERBS;

/** What is sent first, once: lines for BOOT. Text that holds line ends becomes one line by a variable that holds one. */
export const bringVerbs = (): Buffer =>
  Buffer.concat([
    Buffer.from(`nl=$(printf '\\n.'); nl=\${nl%.}\neval `),
    quoteWords([[SETTING, ...Object.values(VERBS), LOOP].join('\n')]),
    Buffer.from('\n'),
  ]);

/**
 * The clock and the texts of tools are the same everywhere. Requests come by descriptor 9, so that no tool can take of them;
 * 3 is where answers go. dash and ash ask the kernel where a `cd -P` has led and say so in PWD; other shells remember the way.
 * `take` passes on so many bytes and reads no more than these, which not every head can.
 */
const SETTING = `exec 9<&0 </dev/null 3>&1
LC_ALL=C; TZ=UTC0; export LC_ALL TZ
umask 077
if [ -z "$BASH_VERSION$KSH_VERSION$ZSH_VERSION$YASH_VERSION$NETBSD_SHELL" ]; then at() { cd -P -- "$1" 2>/dev/null && [ "$PWD" = "$1" ]; }
else at() { cd -P -- "$1" 2>/dev/null && [ "$(env pwd -P; echo .)" = "$1$nl." ]; }; fi
refuse() { printf '%s' "$1"; return ${UNABLE}; }
unable() {
  if [ -h "$1" ]; then refuse ELOOP
  elif ! said=$(stat $as %i -- "$1" 2>&1); then refuse "$said"
  elif [ ! -d "$1" ]; then refuse ENOTDIR
  elif [ ! -x "$1" ]; then refuse EACCES
  else refuse ELOOP; fi
}
there() { [ -e "$1" ] || [ -h "$1" ]; }
take() { head -c "$1"; }
[ "$(printf ab | { take 1 >/dev/null; cat; } 2>/dev/null)" = b ] ||
  take() { dd bs="$1" count=1 iflag=fullblock 2>/dev/null; }
[ "$(printf ab | { take 1 >/dev/null; cat; } 2>/dev/null)" = b ] ||
  take() { dd bs=1 count="$1" 2>/dev/null; }
block=65536
[ "$(printf abc | dd bs=2 count=1 iflag=fullblock 2>/dev/null)" = ab ] || block=
gather() { if [ -z "$block" ]; then cat; else dd bs="$block" iflag=fullblock 2>/dev/null; fi; }
pour() {
  if [ -z "$block" ]; then take "$1"; return; fi
  [ "$1" -lt "$block" ] || dd bs="$block" count="$(($1 / block))" iflag=fullblock 2>/dev/null
  [ "$(($1 % block))" = 0 ] || dd bs="$(($1 % block))" count=1 iflag=fullblock 2>/dev/null
}
roundabout=
persisting=; torn=
held=; [ ! -d /proc/self/fd ] || held=yes
lifeline=; flock=
read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id || boot=
read -r mark <&9 || exit 0
${USUAL}`;

/** Records of find are in the format of found.ts, those of stat in that of records.ts. What a tool complained of stands behind a NUL at the end. */
const VERBS = {
  ...LOCK_VERBS,
  ...WRITE_VERBS,
  ...PROBE_VERBS,

  about: `about() {
  printf 'clock %s\\n' "$(date +%s.%N 2>/dev/null)"
  printf 'files %s\\n' "$(ulimit -n 2>/dev/null)"
  for tool do printf 'tool %s|%s\\n' "$tool" "$(command -v "$tool" 2>/dev/null)"; done
}`,

  users: `users() { cat /etc/passwd 2>/dev/null; }`,

  groups: `groups() { cat /etc/group 2>/dev/null; }`,

  open: `open() {
  if ! cd -P -- "$1" 2>/dev/null; then
    if ! said=$(stat -L $as %i -- "$1" 2>&1); then refuse "$said"
    elif [ ! -e "$1" ]; then refuse ENOENT
    elif [ -d "$1" ]; then refuse EACCES
    else refuse ENOTDIR; fi
    return
  fi
  printf '%s\\0' "$(env pwd -P; echo .)"
  stat $as "$facts" .
}`,

  enter: `enter() { at "$1" || unable "$1"; }`,

  list: `list() {
  at "$1" || { unable "$1"; return; }
  [ -r . ] || { refuse EACCES; return; }
  if [ "$2" = printf ]; then said=$(find . -mindepth 1 -maxdepth 1 -printf "$3" 2>&1 1>&3 3>&-)
  else said=$(find . -mindepth 1 -maxdepth 1 -exec stat $as "$facts" {} + 2>&1 1>&3 3>&-)
  fi
  printf '\\0%s' "$said"
}`,

  survey: `survey() {
  at "$1" || { unable "$1"; return; }
  said=$({ find . -xdev -mindepth 1 -printf "$2" 3>&- | gather >&3 3>&-; } 2>&1) || said="what find listed was lost"
  printf '\\0%s' "$said"
}`,

  look: `look() {
  at "$1" || { unable "$1"; return; }
  shift
  said=$(stat $as "$facts" -- "$@" 2>&1 1>&3 3>&-)
  printf '\\0%s' "$said"
}`,

  follow: `follow() {
  at "$1" || { unable "$1"; return; }
  said=$(stat -L $as "$facts" -- "$2" 2>&1) || { refuse "$said"; return; }
  printf '%s\\n' "$said"
}`,

  target: `target() {
  at "$1" || { unable "$1"; return; }
  if [ -h "$2" ]; then readlink -n "$2"
  elif said=$(stat $as %i -- "$2" 2>&1); then refuse EINVAL
  else refuse "$said"; fi
}`,

  /** What it is, its first bytes, and what it is then: a small file takes one request. */
  start: `start() {
  at "$1" || { unable "$1"; return; }
  how=-L
  if [ "$3" != follow ]; then how=; [ ! -h "$2" ] || { refuse ELOOP; return; }; fi
  said=$(stat $how $as "$facts" -- "$2" 2>&1) || { refuse "$said"; return; }
  printf '%s\\n\\0' "$said"
  [ -f "$2" ] || return 0
  if said=$(dd if="$2" bs="$4" count=1 2>&1 >&3 3>&-); then
    printf '\\0%s\\0' "$mark"
    stat $how $as "$facts" -- "$2" 2>&1
  else printf '\\0%s\\0%s' "$mark" "$said"; fi
}`,

  piece: `piece() {
  at "$1" || { unable "$1"; return; }
  said=$(dd if="$2" bs="$3" skip="$4" count=1 2>&1 >&3 3>&-) && return
  printf '\\0%s\\0%s' "$mark" "$said"
  return ${BROKEN}
}`,

  /** What they are, their digests by the command, what they are then, and what was complained of. */
  digest: `digest() {
  at "$1" || { unable "$1"; return; }
  tool=$2; how=-L; [ "$3" = follow ] || how=
  shift 3
  stat $how $as "$facts" -- "$@" 2>/dev/null
  printf '\\0'
  for name do
    shift
    if [ -f "$name" ] && { [ -n "$how" ] || [ ! -h "$name" ]; }; then set -- "$@" "$name"; fi
  done
  said=
  [ $# = 0 ] || said=$(eval "$tool \\"\\$@\\"" 2>&1 1>&3 3>&-)
  printf '\\0'
  [ $# = 0 ] || stat $how $as "$facts" -- "$@" 2>/dev/null
  printf '\\0%s' "$said"
}`,

  /** What some files are, the content of all of them, up to so many bytes, and what they are then. */
  contents: `contents() {
  at "$1" || { unable "$1"; return; }
  limit=$2
  shift 2
  for name do
    [ -f "$name" ] && [ ! -h "$name" ] || { refuse ESTALE; return; }
  done
  stat $as "$facts" -- "$@" 2>/dev/null
  printf '\\0'
  cat -- "$@" 2>/dev/null | take "$limit"
  printf '\\0%s\\0' "$mark"
  stat $as "$facts" -- "$@" 2>/dev/null
}`,

  /** For each deed what was said, and its status. */
  perform: `perform() {
  at "$1" || { unable "$1"; return; }
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      folder) mkdir -m "$3" -- "$2";;
      link) point_to "$3" "$2";;
      remove) rm -- "$2";;
      remove-folder) rmdir -- "$2";;
      set) give "$2" "$3" "$4" "$5";;
      sync-file) if [ -h "$2" ]; then refuse ELOOP; else flush "$2"; fi;;
      sync-folder) flush .;;
      sync-all) sync -f .;;
    esac 2>&1
    printf '\\0%d\\0' "$?"
    case $1 in set) shift 5;; folder | link) shift 3;; sync-folder | sync-all) shift;; *) shift 2;; esac
  done
}
give() {
  there "$1" || { refuse ENOENT; return; }
  [ -z "$4" ] || chown -h -- "$4" "$1" || return
  if [ -n "$2" ]; then
    [ ! -h "$1" ] || { refuse ELOOP; return; }
    chmod "$2" "$1" || return
  fi
  [ -z "$3" ] || touch -h -c -m -d "$3" -- "$1"
}`,

  /** From one held folder to another: the first by its descriptor where the system has such names, the second by being in it.
   * The mv of BusyBox looks through a link at the destination: one to a folder it replaces only by what has its name already,
   * and one that leads in circles only when it was removed before, the one case without an atomic switch. */
  move: `move() {
  at "$1" || { unable "$1"; return; }
  if [ -n "$held" ] && [ -r . ]; then moves /proc/self/fd/4 "$@" 4<.
  else moves "$1" "$@"; fi
}
moves() {
  from=$1
  at "$3" || { unable "$3"; return; }
  shift 3
  while [ $# -gt 0 ]; do
    case $1 in
      rename) put_at "$from/$2" "./$3" || { [ -n "$roundabout" ] && [ -h "./$3" ] && around "$2" "$3"; };;
      hard-link) name_too "$from/$2" "./$3";;
    esac 2>&1
    printf '\\0%d\\0' "$?"
    shift 3
  done
}
around() {
  [ -e "./$2" ] || { rm -- "./$2" && mv -f -T -- "$from/$1" "./$2"; return; }
  mkdir -- "$from/$1.d" && ln -T -- "$from/$1" "$from/$1.d/$2" && mv -f -t . -- "$from/$1.d/$2" && rm -- "$from/$1"
  moved=$?
  rm -f -- "$from/$1.d/$2"
  rmdir -- "$from/$1.d"
  return "$moved"
}`,

  may: `may() {
  at "$1" || { unable "$1"; return; }
  [ ! -w . ] || [ ! -x . ] || return 0
  if [ "$(id -u)" = 0 ]; then refuse EROFS; else refuse EACCES; fi
}`,

  volume: `volume() {
  at "$1" || { unable "$1"; return; }
  if [ "$as" = -c ]; then stat -f -c '%t %a %S %c %d' . 2>/dev/null
  else df -P -k . 2>/dev/null && mount 2>/dev/null; fi
}`,
} as const;

/** A verb that takes its data says so by `left`; what it left is read for it. */
const LOOP = `while read -r verb long data words <&9; do
  [ "$long" = 0 ] || words=$(take "$long" <&9)
  left=$data
  eval "set -- $words"
  "$verb" "$@"
  status=$?
  [ "$left" = 0 ] || take "$left" <&9 >/dev/null
  printf '\\0%s:%d\\n' "$mark" "$status"
done`;
