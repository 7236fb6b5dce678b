// A conversation with one long-lived POSIX sh: requests of constant script text and framed data, answered in order.
//
//   client → `MARK\n`                                once: 32 hexadecimal digits, new for every session
//   client → `SCRIPT-BYTES DATA-BYTES\n`, script, data     the script runs in a subshell, the data is its standard input
//   remote → what the script wrote, `\0MARK STATUS\n`      bytes of any kind; nothing that lies on a disk knows the mark
//
// A script need not read its data: the rest is read for it, so the next request begins where it should. Whether `head -c`
// takes no byte more than it was asked for is tried at the start, since some read ahead; `dd` does it otherwise.
import type { Readable, Writable } from 'node:stream';
import { HostError } from '../host-error.js';

export type Answer = { readonly status: number; readonly output: Buffer };

export type ShellSession = {
  /** May be called before earlier ones are answered. Throws HostError 'lost' where the shell has ended. */
  readonly run: (script: string, data?: Uint8Array) => Promise<Answer>;
  /** No further request; the loop ends by itself. */
  readonly close: () => void;
};

/** The far side; constant, for `sh -c`. */
export const SHELL_LOOP = `LC_ALL=C; export LC_ALL
if [ "$(printf ab | { head -c 1 >/dev/null; cat; } 2>/dev/null)" = b ]; then take() { head -c "$1"; }
else take() { dd bs="$1" count=1 iflag=fullblock 2>/dev/null; }
  [ "$(printf ab | { take 1 >/dev/null; cat; })" = b ] || take() { dd bs=1 count="$1" 2>/dev/null; }
fi
read -r mark || exit 0
while read -r script data; do
  text=$(take "$script")
  if [ "$data" = 0 ]; then ( eval "$text" ) </dev/null
  else take "$data" | { ( eval "$text" ); status=$?; cat >/dev/null; exit "$status"; }
  fi
  printf '\\0%s %d\\n' "$mark" "$?"
done`;

export const openSession = (
  { input, output }: { readonly input: Readable; readonly output: Writable },
  label: string,
  mark: string,
): ShellSession => {
  const waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: HostError) => void }[] = [];
  const end = Buffer.from(`\0${mark} `, 'latin1');
  let held: Buffer[] = [];
  let lost = false;

  const settle = (): void => {
    // The mark may lie across two chunks, so all that is held is looked through once the newest could complete it.
    let whole = Buffer.concat(held);
    for (let at = whole.indexOf(end); at >= 0; at = whole.indexOf(end)) {
      const line = whole.indexOf(10, at + end.length);
      if (line < 0) break;
      const status = Number(whole.toString('latin1', at + end.length, line));
      waiting.shift()?.resolve({ status, output: whole.subarray(0, at) });
      whole = whole.subarray(line + 1);
    }
    held = whole.length === 0 ? [] : [whole];
  };

  const lose = (): void => {
    lost = true;
    for (const { reject } of waiting.splice(0)) reject(lostShell(label));
  };

  input.on('data', (chunk: Buffer) => {
    held.push(chunk);
    // A newline ends every answer: a chunk that holds none completes nothing.
    if (chunk.includes(10)) settle();
  });
  input.once('end', lose);
  input.once('error', lose);
  output.write(`${mark}\n`);

  return {
    run: (script, data = NOTHING) =>
      new Promise((resolve, reject) => {
        if (lost) return reject(lostShell(label));
        waiting.push({ resolve, reject });
        const text = Buffer.from(script, 'latin1');
        output.write(`${text.length} ${data.length}\n`);
        output.write(text);
        if (data.length > 0) output.write(data);
      }),
    close: () => output.end(),
  };
};

const lostShell = (label: string): HostError =>
  new HostError(
    'lost',
    `${label}: the shell there ended before it had answered`,
    'Run the same command again: it goes on from what has arrived.',
  );

const NOTHING = new Uint8Array();
