// What tools a machine has, and of which make: tried once, by doing a small thing with each, not by what it calls itself.
import type { ShellSession } from './session.js';

export type ShellTools = {
  readonly system: string;
  /** `printf`: find prints records itself; `print0`: names only, with stat beside it. */
  readonly find: 'printf' | 'print0' | 'plain';
  /** Takes `-c` (GNU, BusyBox) or `-f` (BSD). */
  readonly stat: 'c' | 'f' | null;
  /** Programs that make digests, in the order they were looked for. */
  readonly digests: readonly string[];
  readonly flock: boolean;
  /** `sync -f` makes one file system durable. */
  readonly syncOne: boolean;
  /** `mv -T` never moves into a folder that stands at the destination. */
  readonly exactMove: boolean;
  /** `touch -d @SECONDS.FRACTION` keeps the fraction. */
  readonly fineTouch: boolean;
};

export const probeTools = async (session: ShellSession): Promise<ShellTools> => {
  const { output } = await session.run(PROBE);
  return parseTools(output.toString('latin1'));
};

/** Lines `name value`; what is not there was not found. */
export const parseTools = (text: string): ShellTools => {
  const lines = text.split('\n').map(line => line.split(' '));
  const of = (name: string): string | null =>
    lines
      .find(([word]) => word === name)
      ?.slice(1)
      .join(' ') ?? null;
  const has = (name: string): boolean => of(name) === 'yes';
  const stat = of('stat');
  const find = of('find');
  return {
    system: of('system') ?? '',
    find: find === 'printf' || find === 'print0' ? find : 'plain',
    stat: stat === 'c' || stat === 'f' ? stat : null,
    digests: lines.filter(([word]) => word === 'digest').map(([, program = '']) => program),
    flock: has('flock'),
    syncOne: has('sync-f'),
    exactMove: has('mv-T'),
    fineTouch: has('touch-d'),
  };
};

/** Writes only in a temporary folder, which it removes; where there is none, what needs one counts as not there. */
const PROBE = `printf 'system %s\\n' "$(uname -sm 2>/dev/null)"
if find / -prune -printf '' >/dev/null 2>&1; then echo find printf
elif find / -prune -print0 >/dev/null 2>&1; then echo find print0
fi
if stat -c %f / >/dev/null 2>&1; then echo stat c
elif stat -f %p / >/dev/null 2>&1; then echo stat f
fi
for tool in b3sum sha256sum shasum xxhsum md5sum cksum; do
  command -v "$tool" >/dev/null 2>&1 && echo "digest $tool"
done
folder=$(mktemp -d 2>/dev/null) || exit 0
trap 'rm -rf -- "$folder"' EXIT
cd -P -- "$folder" || exit 0
: >a
flock a true >/dev/null 2>&1 && echo flock yes
sync -f . >/dev/null 2>&1 && echo sync-f yes
mkdir b && ! mv -T a b >/dev/null 2>&1 && mv -T a c >/dev/null 2>&1 && echo mv-T yes
: >d
touch -d @1.5 d >/dev/null 2>&1 && case $(stat -c %y d 2>/dev/null) in *.5*) echo touch-d yes;; esac
:`;
