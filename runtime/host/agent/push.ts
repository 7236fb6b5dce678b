// How the agent gets to another machine: the one constant command that `ssh` runs there, and the conversation with it.
//
// The command is `/bin/sh` with a script that looks for Node.js, and Node.js with a loader that looks for the bundle. Both are
// constant text; what varies travels on standard input:
//
//   client → PREAMBLE bytes: JSON {sha256, size, label}, filled up with spaces
//   remote → `MAGIC need vX`      the bundle is missing or damaged; client → its bytes, exactly `size`
//   remote → `MAGIC ready …`      the agent itself speaks (protocol.ts); frames follow
//   remote → `MAGIC none PATH=vX …`   no Node.js, or only these, all too old · `MAGIC failed why`: it cannot be put anywhere
//
// Each side reads exactly what is meant for it, so nothing of the next part is lost, and a bundle that is there costs no
// round trip. The bundle lies under its hash, is verified at every start, and is put in place by rename, as hosts may share
// a home; where it cannot be kept it goes to a temporary folder, which the agent removes. The login shell may be anything that knows single quotes: the text holds no quote, backslash, `!` or line break
// inside them. SYNCPLAN_NODE in the remote environment names the one Node.js to be used; nothing else is tried then.
import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { HostError } from '../host-error.js';
import { MAGIC, MAX_CHATTER } from './protocol.js';

export type Bundle = { readonly bytes: Buffer; readonly sha256: string };

export const makeBundle = (bytes: Buffer): Bundle => ({
  bytes,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

export type Greeting = { readonly sent: number; readonly received: number; readonly pushed: boolean };

/**
 * Talks until the agent is ready; what came after that line is left in `input`. Without a bundle the agent was started
 * directly, and only its line is awaited. Null when the input ended first: why, only the process can tell.
 */
export const greet = async (
  { input, output }: { readonly input: Readable; readonly output: Writable },
  label: string,
  bundle: Bundle | null,
): Promise<Greeting | { readonly chatter: string }> => {
  let sent = 0;
  const write = (bytes: Buffer): void => {
    sent += bytes.length;
    output.write(bytes);
  };
  if (bundle !== null) write(preamble(bundle, label));
  const lines = readLines(input);
  for (let pushed = false; ; ) {
    const line = await lines.next(label);
    if (line === null) return { chatter: lines.chatter() };
    const [word, ...rest] = line.split(' ');
    switch (word) {
      case 'ready':
        return { sent, received: lines.received(), pushed };
      case 'need':
        if (bundle === null || pushed) throw misunderstood(label, line);
        pushed = true;
        write(bundle.bytes);
        continue;
      case 'none':
        throw noNode(label, rest);
      case 'failed':
        throw new HostError(
          'no-agent',
          `${label}: the agent cannot be put in place: ${rest.join(' ')}`,
          'Make ~/.cache (or $XDG_CACHE_HOME) or the temporary folder there writable, with room for a megabyte.',
        );
      default:
        throw misunderstood(label, line);
    }
  }
};

/** Exactly PREAMBLE bytes. */
const preamble = (bundle: Bundle, label: string): Buffer => {
  const text = JSON.stringify({ sha256: bundle.sha256, size: bundle.bytes.length, label: label.slice(0, 255) });
  return Buffer.from(`${text.padEnd(PREAMBLE - 1)}\n`, 'latin1');
};

/** Lines that begin with the magic, one at a time; the rest of the input is put back. */
const readLines = (input: Readable) => {
  let received = 0;
  let skipped = '';
  let held = Buffer.alloc(0);
  const take = (): string | null => {
    const start = held.indexOf(MAGIC);
    const end = start < 0 ? -1 : held.indexOf(10, start);
    if (end < 0) return null;
    const line = held.toString('utf8', start + MAGIC.length + 1, end);
    received += end + 1;
    skipped += held.toString('utf8', 0, start);
    held = held.subarray(end + 1);
    return line;
  };
  return {
    received: () => received,
    chatter: () => (skipped + held.toString('utf8')).trim(),
    async next(label: string): Promise<string | null> {
      for (;;) {
        const line = take();
        if (line !== null) {
          if (held.length > 0) input.unshift(held);
          held = Buffer.alloc(0);
          return line;
        }
        if (held.length > MAX_CHATTER) throw tooChatty(label, held);
        const chunk = await nextChunk(input);
        if (chunk === null) return null;
        held = Buffer.concat([held, chunk]);
      }
    },
  };
};

/** The next bytes, leaving the stream paused with whatever is behind them; null at its end. */
const nextChunk = (input: Readable): Promise<Buffer | null> =>
  new Promise(resolve => {
    const done = (): void => {
      input.off('readable', look).off('end', finish).off('close', finish).off('error', finish);
    };
    const look = (): void => {
      const chunk: Buffer | null = input.read();
      if (chunk === null) return;
      done();
      resolve(chunk);
    };
    const finish = (): void => {
      done();
      resolve(null);
    };
    if (input.destroyed || input.readableEnded) resolve(null);
    else {
      input.on('readable', look).on('end', finish).on('close', finish).on('error', finish);
      look();
    }
  });

const noNode = (label: string, found: readonly string[]): HostError =>
  found.length === 0
    ? new HostError('no-node', `${label}: Node.js was not found there`, `${INSTALL} ${WHERE}`)
    : new HostError(
        'old-node',
        `${label}: Node.js there is too old: ${found.map(one => one.replace('=', ' is ')).join(', ')}`,
        `${INSTALL} ${WHERE}`,
      );
const INSTALL = 'Install Node.js 18 or later there.';
const WHERE =
  'It is looked for in PATH and the usual folders; SYNCPLAN_NODE in that account’s SSH environment can name another.';

const misunderstood = (label: string, line: string): HostError =>
  new HostError(
    'protocol',
    `${label}: the agent greets with something unknown: ${line.slice(0, 200)}`,
    'Run the same command again.',
  );

const tooChatty = (label: string, held: Buffer): HostError =>
  new HostError(
    'protocol',
    `${label}: the login there writes more than ${MAX_CHATTER} bytes before the agent starts: ${held.toString('utf8', 0, 80)}…`,
    'Let the login script of that account be silent in sessions without a terminal.',
  );

const PREAMBLE = 1024;

/** Runs in /bin/sh. `exec` leaves no shell behind; `node -v` takes a few milliseconds and tells the old ones apart. */
const SCRIPT = [
  'loader=$1; old=;',
  'fit() {',
  'v=$("$1" -v 2>/dev/null </dev/null) || return 0;',
  'case $v in v1[89].*|v[2-9][0-9].*|v[1-9][0-9][0-9].*) exec "$1" -e "$loader";; v*) old="$old $1=$v";; esac;',
  '};',
  'if [ -n "$SYNCPLAN_NODE" ]; then fit "$SYNCPLAN_NODE"; else',
  'for n in "$(command -v node)" "$(command -v nodejs)"',
  '"$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.volta/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node',
  '"$HOME"/.fnm/node-versions/*/installation/bin/node "$HOME"/.asdf/installs/nodejs/*/bin/node',
  '"$HOME"/.local/share/mise/installs/node/*/bin/node "$HOME"/n/bin/node "$HOME"/.local/bin/node "$HOME"/bin/node',
  '/usr/local/bin/node /usr/bin/node /opt/node*/bin/node /usr/local/lib/nodejs/*/bin/node /opt/homebrew/bin/node',
  '/snap/bin/node; do if [ -x "$n" ]; then fit "$n"; fi; done; fi;',
  `echo "${MAGIC} none$old"`,
].join(' ');

/** Runs in Node.js. Comparisons are written without `!`; mkdir with `recursive` never ends below /proc. */
const LOADER = [
  'const fs=require("fs"),path=require("path"),os=require("os"),crypto=require("crypto");',
  'const take=n=>{const b=Buffer.alloc(n);let at=0;while(at<n){try{const got=fs.readSync(0,b,at,n-at,null);',
  'if(got===0)process.exit(0);at+=got}catch(e){if(e.code==="EAGAIN")',
  'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,5);else throw e}}return b};',
  `const say=t=>fs.writeSync(1,"${MAGIC} "+t.split(String.fromCharCode(10)).join(" ")+String.fromCharCode(10));`,
  `const {sha256,size,label}=JSON.parse(take(${PREAMBLE}).toString());`,
  'const sum=b=>crypto.createHash("sha256").update(b).digest("hex");',
  'const name="agent-"+sha256.slice(0,32)+".mjs";',
  'const cache=path.isAbsolute(process.env.XDG_CACHE_HOME||"")?process.env.XDG_CACHE_HOME:path.join(os.homedir(),".cache");',
  'let file=path.join(cache,"syncplan",name);',
  'const put=(f,b)=>{const t=f+"."+crypto.randomBytes(6).toString("hex");',
  'fs.writeFileSync(t,b,{flag:"wx",mode:384});fs.renameSync(t,f)};',
  'let have=false;try{have=sum(fs.readFileSync(file))===sha256}catch{}',
  'try{if(have===false){say("need "+process.version);const b=take(size);',
  'for(const f of [cache,path.dirname(file)])try{fs.mkdirSync(f,448)}catch{}',
  'if(sum(b)===sha256){try{put(file,b)}catch{file=path.join(fs.mkdtempSync(path.join(os.tmpdir(),"syncplan-agent-")),name);put(file,b)}}',
  'else throw new Error("the bundle was damaged on its way")}',
  'process.argv[1]=file;process.argv[2]=label;',
  'import(require("url").pathToFileURL(file)).catch(e=>{say("failed "+e.message);process.exit(1)})}catch(e){say("failed "+e.message);process.exit(1)}',
].join('');

/** What `ssh` is told to run; the same for every machine and every plan. */
export const REMOTE_COMMAND = `exec /bin/sh -c '${SCRIPT}' syncplan '${LOADER}'`;
