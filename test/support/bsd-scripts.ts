// Scripts for sh that act as tools of a BSD over this machine's own, which `@TOOL` names (bsd-tools.ts says how far).

/** Takes leading options; whatever stands behind the first operand is none. */
export const BSD_SCRIPTS: Readonly<Record<string, string>> = {
  stat: `#!/bin/sh
usage() { echo "usage: stat [-FLnq] [-f format | -l | -r | -s | -x] [-t timefmt] [file ...]" >&2; exit 1; }
how=; format=
while getopts f:L option; do case $option in f) format=$OPTARG;; L) how=-L;; *) usage;; esac; done
shift $((OPTIND - 1))
[ -n "$format" ] && [ $# -gt 0 ] || usage
gnu=; rest=$format; first=
while [ -n "$rest" ]; do
  case $rest in
    %Xp*) first=%Xp; gnu=$gnu%f;;
    %z*) first=%z; gnu=$gnu%s;;
    %l*) first=%l; gnu=$gnu%h;;
    %i* | %d* | %u* | %g*) first=\${rest%"\${rest#??}"}; gnu=$gnu$first;;
    %Fm*) first=%Fm; gnu=$gnu%.9Y;;
    %Fc*) first=%Fc; gnu=$gnu%.9Z;;
    %N%n) first=%N%n; gnu=$gnu'%n\\n';;
    %*) echo "stat: $rest: bad format" >&2; exit 1;;
    *) first=\${rest%"\${rest#?}"}; gnu=$gnu$first;;
  esac
  rest=\${rest#"$first"}
done
case $format in *%n) ;; *) gnu=$gnu'\\n';; esac
nl='
'
exec 3>&1
LC_ALL=C; TZ=UTC0; export LC_ALL TZ
case $format in *%F*) ;; *) [ -n "$how" ] || [ $# -gt 1 ] || [ ! -e "$1" ] || exec @stat --printf="$gnu" -- "$1";; esac
if [ -z "$how" ] && times=$(@stat -c %Y -- "$@" 2>/dev/null); then
  case $nl$times in *"$nl"-*) ;; *) exec @stat --printf="$gnu" -- "$@";; esac
fi
# Before 1970 a fraction counts on from its second here, and back in the other's.
one() {
  mine=$gnu
  case $(@stat $how -c %Y -- "$1" 2>/dev/null) in -*)
    fraction=$(@stat $how -c %y -- "$1"); fraction=\${fraction#*.}; fraction=\${fraction%% *}
    mine=$(@stat $how -c %Y -- "$1").$fraction
    mine=$(printf %s "$gnu" | @sed "s/%[.]9Y/$mine/");;
  esac
  @stat $how --printf="$mine" -- "$1"
}
status=0; asked=$how
for file do
  # A link that leads nowhere is told of itself.
  how=$asked
  [ -z "$how" ] || [ -e "$file" ] || case $(@stat -L -c %i -- "$file" 2>&1) in *"No such file or directory") how=;; esac
  said=$(one "$file" 2>&1 >&3 3>&-) || { status=1; echo "stat: $file: stat: \${said##*: }" >&2; }
done
exit $status
`,

  mv: `#!/bin/sh
usage() { echo "usage: mv [-f | -i | -n] [-hv] source target" >&2; exit 64; }
link=
while getopts fhinv option; do case $option in h) link=yes;; f) ;; *) usage;; esac; done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
to() {
  # Two names of one file stay two, as rename(2) has it.
  [ -h "$1" ] || [ -h "$2" ] || [ ! "$1" -ef "$2" ] || return 0
  said=$(LC_ALL=C @mv -f -T -- "$1" "$2" 2>&1) && return
  case $said in
    *"cannot overwrite directory"*) said='Is a directory';;
    *"cannot overwrite non-directory"*) said='Not a directory';;
  esac
  echo "mv: rename $1 to $2: \${said##*: }" >&2
  return 1
}
for last do :; done
if [ -d "$last" ] && { [ -z "$link" ] || [ ! -h "$last" ]; }; then
  status=0
  while [ $# -gt 1 ]; do to "$1" "$last/\${1##*/}" || status=1; shift; done
  exit $status
fi
[ $# = 2 ] || usage
to "$1" "$2"
`,

  ln: `#!/bin/sh
usage() { echo "usage: ln [-s [-F] | -L | -P] [-f | -i] [-hnv] source_file [target_file]" >&2; exit 1; }
how=; link=; follow=-L
while getopts LPhns option; do case $option in L) follow=-L;; P) follow=-P;; h | n) link=yes;; s) how=-s;; *) usage;; esac; done
shift $((OPTIND - 1))
[ $# = 2 ] || usage
target=$2
if [ -d "$target" ] && { [ -z "$link" ] || [ ! -h "$target" ]; }; then target=$target/\${1##*/}; fi
[ -n "$how" ] || how=$follow
said=$(LC_ALL=C @ln $how -T -- "$1" "$target" 2>&1) && exit
case $said in
  *"hard link not allowed for directory") echo "ln: $1: Is a directory" >&2;;
  *"failed to access"*) echo "ln: $1: \${said##*: }" >&2;;
  *) echo "ln: $target: \${said##*: }" >&2;;
esac
exit 1
`,

  touch: `#!/bin/sh
usage() { echo "usage: touch [-A [-][[hh]mm]SS] [-achm] [-r file] [-t [[CC]YY]MMDDhhmm[.SS]]" >&2; exit 1; }
set_time=; how=; what=
while getopts acd:fhm option; do case $option in a) what="$what -a";; m) what="$what -m";; c) how="$how -c";;
  f) ;; h) how="$how -c -h";; d) set_time=$OPTARG;; *) usage;; esac; done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
case $set_time in
  '') ;;
  [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T\\ ][0-9][0-9]:[0-9][0-9]:[0-9][0-9]*)
    rest=\${set_time#???????????????????}
    rest=\${rest%Z}
    case $rest in '' | [.,][0-9]*) ;; *) set_time=bad;; esac
    case \${rest#?} in *[!0-9]*) set_time=bad;; esac;;
  *) set_time=bad;;
esac
if [ "$set_time" = bad ]; then
  echo "touch: out of range or illegal time specification: YYYY-MM-DDThh:mm:SS[.frac][tz]" >&2
  exit 1
fi
status=0
for file do
  said=$(LC_ALL=C @touch $how $what \${set_time:+-d} \${set_time:+"$set_time"} -- "$file" 2>&1) && continue
  status=1
  echo "touch: $file: \${said##*: }" >&2
done
exit $status
`,

  find: `#!/bin/sh
for word do
  case $word in -printf | -fprintf | -regextype | -readable | -writable | -executable)
    echo "find: $word: unknown primary or operator" >&2
    exit 1;;
  esac
done
exec @find "$@"
`,

  fsync: `#!/bin/sh
[ $# -gt 0 ] || { echo "usage: fsync file ..." >&2; exit 64; }
status=0
for file do
  said=$(LC_ALL=C @sync "$file" 2>&1) && continue
  status=66
  echo "fsync: open $file: \${said##*: }" >&2
done
exit $status
`,

  // Whatever its operands are.
  sync: `#!/bin/sh
exec @sync
`,

  date: `#!/bin/sh
case $1 in +*%N*) set -- "\${1%%%N*}N\${1#*%N}";; esac
exec @date "$@"
`,
  ...Object.fromEntries(
    ['md5', 'sha1', 'sha256', 'sha512'].map(name => [
      name,
      `#!/bin/sh
[ "$1" = -r ] || { echo "usage: ${name} -r file ..." >&2; exit 1; }
shift
status=0
for file do
  if ! said=$({ @${name}sum <"$file"; } 2>&1); then
    status=1
    echo "${name}: $file: \${said##*: }" >&2
  else printf '%s %s\\n' "\${said%% *}" "$file"; fi
done
exit $status
`,
    ]),
  ),
};
