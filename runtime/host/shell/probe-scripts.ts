// What tools differ in from one make to another, and how the far side finds out: constant text for a POSIX sh (scripts.ts).
//
//  1. A tool is tried by doing a small thing with it, in a folder of its own, not by what it calls itself.
//  2. The verbs look, move, link and make durable by what stands in USUAL: with tools of GNU and BusyBox, until the probe finds
//     those of a BSD and has these said otherwise.
//  3. A BSD's tools take no option, and no `--` either, behind their first operand: in every script both stand before it.

/** `stat $as FORMAT`; `facts` are a record of records.ts, `length` and `modified` are formats. Names are `./NAME` or a folder and one. */
export const USUAL = `as=-c; length=%s; modified=%y; facts="$mark %f %s %i %d %h %u %g|%y|%z|%n"
flush() { sync "$1"; }
put_at() { mv -f -T -- "$1" "$2"; }
name_too() { ln -T -- "$1" "$2"; }
point_to() { ln -s -T -- "$1" "$2"; }`;

/**
 * The stat of a BSD ends a record with a line end unless its name ends with one: so the format ends with one. What stands in /proc
 * there, if anything, names no folders by their descriptors.
 */
const BSD_STAT = `as=-f; length=%z; modified=%Fm; facts="$mark %Xp %z %i %d %l %u %g|%Fm|%Fc|%N%n"; held=`;

/**
 * With -h they look through no link at the destination, but go into a folder there: so it is looked at first. What comes to stand
 * there between the look and the move takes in what is moved, as no option of these tools can rule out (weaker.ts).
 */
const BSD_MOVE = `put_at() {
    if [ -d "$2" ] && [ ! -h "$2" ]; then
      if ! there "$1"; then refuse ENOENT
      elif [ -d "$1" ] && [ ! -h "$1" ]; then refuse ENOTEMPTY
      else refuse EISDIR; fi
      return
    fi
    mv -f -h -- "$1" "$2"
  }`;
/** What its user may not even open is left to a sync of everything, which may end before the disk has it. */
const BSD_SYNC = `flush() {
      said=$(fsync "$1" 2>&1) || case $said in *'ermission denied') sync;; *) refuse "$said";; esac
    }`;
const BSD_LINK = `name_too() {
    if there "$2"; then refuse EEXIST; return; fi
    ln -P -h -- "$1" "$2"
  }
  point_to() {
    if there "$2"; then refuse EEXIST; return; fi
    ln -s -h -- "$1" "$2"
  }`;

export const PROBE_VERBS = {
  /** Words: a format of find, a sample, and commands that may digest it. Its lines are read in probe.ts. */
  probe: `probe() {
  printf 'system %s\\n' "$(uname -sm 2>/dev/null)"
  printf 'machine %s\\n' "$(uname -n 2>/dev/null)"
  printf 'path %s\\n' "$PATH"
  for tool in find stat dd head cat mv rm rmdir ln mkdir chmod touch readlink id; do
    command -v "$tool" >/dev/null 2>&1 || echo "missing $tool"
  done
  # Some know -printf, but not all of the format: whole records count.
  case $(find / -prune -printf "$1" 2>/dev/null | tr '\\0' '|') in
    d\\ [0-9]*\\ [0-7]*\\ [0-9]*.[0-9]*\\ [0-9]*.[0-9]*\\ [0-9]*\\ [0-9]*\\ [0-9]*\\ [0-9]*\\ [0-9]*\\ '||') echo find printf;;
    *) find / -prune -exec true {} + >/dev/null 2>&1 && echo find exec;;
  esac
  if stat -c '%f %y %z' / >/dev/null 2>&1; then echo stat -c
  else case $(stat -L -f '%Xp %z %i %d %l %u %g|%Fm|%Fc|%N%n' -- / 2>/dev/null) in
    [0-9a-f]*\\ [0-9]*\\ [0-9]*\\ [0-9]*\\ [0-9]*\\ [0-9]*\\ [0-9]*'|'[0-9]*.[0-9]*'|'[0-9]*.[0-9]*'|/') echo stat -f; ${BSD_STAT};;
  esac; fi
  [ -n "$held" ] && echo proc yes
  printf 'user %s\\nuid %s\\ngroups %s\\nhome %s\\n' "$(id -un 2>/dev/null)" "$(id -u)" "$(id -G)" "$HOME"
  printf 'boot %s\\n' "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
  printf 'clock %s\\n' "$(date +%s 2>/dev/null)"
  folder=$(mktemp -d 2>/dev/null) || return 0
  cd -P -- "$folder" || return 0
  : >a
  printf '%s' "$2" >sample
  shift 2
  for tool do
    # A script that takes longer than all the others together is not tried where there is a program.
    case $tool in
      "shasum -a "*) ! command -v "sha\${tool##* }sum" >/dev/null 2>&1 || continue;;
      "openssl dgst "*) ! command -v "\${tool##*-}sum" >/dev/null 2>&1 || continue;;
    esac
    command -v "\${tool%% *}" >/dev/null 2>&1 && printf 'digest %s|%s\\n' "$tool" "$(eval "$tool ./sample" 2>/dev/null)"
  done
  lifeline && echo fifo yes
  [ -z "$flock" ] || printf 'flock %s\\n' "$flock"
  # The sync of a BSD heeds no operands, and some of them have a program for one file.
  if [ "$as" = -f ] && ! fsync ./nothing >/dev/null 2>&1 && fsync ./a . >/dev/null 2>&1; then
    echo sync-file yes
    ${BSD_SYNC}
  else
    # Tried where there is next to nothing to write out: others may have left seconds of it on a disk.
    { sync -f /proc || sync -f .; } >/dev/null 2>&1 && echo sync-f yes
    ! sync ./nothing >/dev/null 2>&1 && { sync / || sync ./a; } >/dev/null 2>&1 && echo sync-file yes
  fi
  mkdir b && ln -s b s && : >e
  if ! mv -T ./a ./b >/dev/null 2>&1 && mv -T ./a ./c >/dev/null 2>&1; then
    echo mv -T
    mv -f -T ./e ./s >/dev/null 2>&1 || roundabout=yes
  elif mv -f -h ./e ./s >/dev/null 2>&1 && [ -f ./s ] && [ ! -h ./s ] && mv ./a ./c; then
    echo mv -h
    ${BSD_MOVE}
  fi
  if ln -T ./c ./h >/dev/null 2>&1 && ln -s -T -- -x ./l >/dev/null 2>&1; then echo ln -T
  elif ln -P -h ./c ./h >/dev/null 2>&1 && ln -s -h -- -x ./l >/dev/null 2>&1 && [ -h ./l ]; then
    echo ln -h
    ${BSD_LINK}
  fi
  for time in @1 1970-01-01T00:00:01Z; do
    touch -h -c -m -d "$time" ./l >/dev/null 2>&1 || continue
    case $(stat $as "$modified" ./l) in
      '1970-01-01 00:00:01'* | 1.* | 1) ;;
      *) continue;;
    esac
    echo "touch $time"
    case $time in @*) time=@1.5;; *) time=1970-01-01T00:00:01.5Z;; esac
    touch -h -c -m -d "$time" ./l >/dev/null 2>&1 && case $(stat $as "$modified" ./l) in *.5*) echo touch-fine yes;; esac
    break
  done
  if printf tar >d && tar -cf t ./d >/dev/null 2>&1; then
    rm d
    tar -xpof - <t >/dev/null 2>&1 && [ "$(cat ./d)" = tar ] && echo tar yes
    case $(tar --version 2>&1) in *libarchive*) echo libarchive yes;; esac
  fi
  cd / && rm -rf -- "$folder"
}`,
} as const;
