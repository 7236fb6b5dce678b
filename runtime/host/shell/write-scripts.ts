// The part of the far side that writes content: large files piece by piece, many small ones as an archive (scripts.ts).
import { UNABLE } from './statuses.js';

/** A verb that takes its data says so by `left`, which is what of it is still to be read. */
export const WRITE_VERBS = {
  /** Is the name free? */
  vacant: `vacant() {
  at "$1" || { unable "$1"; return; }
  ! there "$2" || refuse EEXIST
}`,

  create: `create() {
  at "$1" || { unable "$1"; return; }
  if there "$2"; then refuse EEXIST; return; fi
  said=$( ( set -C; : >"$2" ) 2>&1 ) || refuse "$said"
}`,

  /** What a dd that fails has read is told by itself; where nothing tells it, nobody can say where the next request begins. */
  append: `append() {
  at "$1" || { unable "$1"; return; }
  if [ -h "$2" ] || [ ! -f "$2" ]; then refuse ESTALE; return; fi
  if [ -z "$block" ]; then
    left=0
    take "$data" <&9 | { cat >>"$2" || { cat >/dev/null; exit ${UNABLE}; }; } 2>&1
    return
  fi
  said=$( { : >>"$2"; } 2>&1) || { refuse "$said"; return; }
  for size in "$block" "$((data % block))"; do
    [ "$size" != 0 ] && [ "$left" -ge "$size" ] || continue
    count=$((left / size))
    if said=$(dd bs="$size" count="$count" iflag=fullblock 2>&1 <&9 >>"$2"); then
      left=$((left - count * size))
      continue
    fi
    count=\${said%%+*" records in"*}
    count=\${count##*[!0-9]}
    [ -n "$count" ] || exit 1
    left=$((left - count * size))
    refuse "\${said%%"$nl"[0-9]*}"
    return
  done
}`,

  stretch: `stretch() {
  at "$1" || { unable "$1"; return; }
  if [ -h "$2" ] || [ ! -f "$2" ]; then refuse ESTALE; return; fi
  said=$(dd if=/dev/null of="$2" bs=1 seek="$3" count=0 2>&1) || refuse "$said"
}`,

  /** Begins to write the file out, when what was begun before has ended: so much of it waits for its disk, and no more. */
  persist: `persist() {
  at "$1" || { unable "$1"; return; }
  if [ -h "$2" ] || [ ! -f "$2" ]; then refuse ESTALE; return; fi
  persisted || { refuse EIO; return; }
  flush "$2" >/dev/null 2>&1 3>&- 9<&- &
  persisting=$!
}
persisted() {
  [ -z "$persisting" ] || wait "$persisting" || torn=yes
  persisting=
  [ -z "$torn" ]
}`,

  finish: `finish() {
  at "$1" || { unable "$1"; return; }
  [ ! -h "$2" ] || { refuse ELOOP; return; }
  persisted || { refuse EIO; return; }
  said=$(stat $as "$length" -- "$2" 2>&1) || { refuse "$said"; return; }
  [ "$said" = "$3" ] || { refuse EIO; return; }
  said=$(chmod "$4" "$2" 2>&1) || { refuse "$said"; return; }
  [ -z "$5" ] || said=$(touch -h -c -m -d "$5" -- "$2" 2>&1) || { refuse "$said"; return; }
}`,

  /** Into folders of ours below the first one, each looked at; behind an empty word the names from that one. The tar of BusyBox
   * lets the umask take from the modes, unless root runs it. */
  unpack: `unpack() {
  top=$1
  shift
  while [ -n "$1" ]; do
    at "$1" || { unable "$1"; return; }
    shift
  done
  shift
  at "$top" || { unable "$top"; return; }
  for name do
    if there "$name"; then refuse EEXIST; return; fi
  done
  left=0
  pour "$data" <&9 | { (umask 0; tar -xpof -) || { cat >/dev/null; exit ${UNABLE}; }; } 2>&1
}`,

  folders: `folders() {
  at "$1" || { unable "$1"; return; }
  mode=$2
  shift 2
  said=$(mkdir -- "$@" 2>&1 && chmod "$mode" "$@" 2>&1) || refuse "$said"
}`,
} as const;
