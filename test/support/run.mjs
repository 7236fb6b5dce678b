// The test runner: one process per uvu file, a few at a time, honest about every way in which a green can be false.
//
// A file is red when its exit code is not 0, when it ran no test, when not every test passed, when it says .only, when it
// takes too long, and when it leaves processes behind. `node test/support/run.mjs part…` runs the files whose name holds
// one of the parts.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const TIMEOUT_MS = 300_000;
/** One more than the two processors it must do with: many a test waits, for a lock, a lease or a silence. */
const AT_ONCE = 3;
/** Enough of a failing file's output to see why; the beginning and the end matter. */
const MOST_LINES = 200;

/** All, or those whose names hold one of the parts; never those that are left out. `first` are other jobs, done beside them. */
export const runTests = async (parts, leftOut = [], first = []) => {
  const names = existsSync('build/test') ? await readdir('build/test', { recursive: true }) : [];
  const files = names
    .filter(name => name.endsWith('.test.js'))
    .filter(name => parts.length === 0 || parts.some(part => name.includes(part)))
    .filter(name => !leftOut.includes(name.replace(/\.test\.js$/, '')))
    .sort();
  const totals = { passed: 0, failed: 0, skipped: 0, red: [] };
  if (files.length === 0) {
    console.log(`FAIL no test file matches ${parts.join(' ') || 'build/test/**/*.test.js'}`);
    totals.failed++;
  }
  const test = async name => report(name, await runFile(join('build/test', name)), totals);
  const queue = [...first, ...files.map(name => () => test(name))];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) await job();
    }),
  );
  return totals;
};

/** What a reader of the last screen needs: the red files once more, then the one line. */
export const closingLines = ({ red, ...totals }) =>
  [...red.map(name => `red: ${name}`), closingLine(totals)].join('\n');

const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** One test file, or any script, in a process of its own. */
export const runFile = async (path, { args = [], env = {}, timeoutMs = TIMEOUT_MS } = {}) => {
  const source = (await readFile(path, 'utf8')).replace(/\/\/# sourceMappingURL.*$/m, '');
  if (/\w\.only\(/.test(source)) return { code: 1, output: 'the file says .only', seconds: 0 };
  const started = Date.now();
  const child = spawn(process.execPath, ['--enable-source-maps', path, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Certificates that every Node.js would read before it begins: no test asks anybody for one.
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_EXTRA_CA_CERTS: undefined, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child.pid);
  }, timeoutMs);
  const exited = new Promise(resolve => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const closed = new Promise(resolve => child.once('close', resolve));
  const code = await exited;
  // What still holds the output open or lives in the group was left behind by the test.
  const quiet = await Promise.race([closed.then(() => true), delay(2000).then(() => false)]);
  const left = livesOn(child.pid) || !quiet;
  killGroup(child.pid);
  clearTimeout(timer);
  const why = late ? `timeout after ${timeoutMs / 1000} s` : left ? 'left processes behind' : code;
  return { code: why, output: stripVTControlCharacters(output), seconds: (Date.now() - started) / 1000 };
};

const killGroup = pid => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
};

/** Does any process of the group still run? One that has ended and waits for its parent does not count. */
const livesOn = group => {
  if (!existsSync('/proc/self/stat')) return false;
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .some(pid => {
      try {
        // pid (name) state parent group; the name may hold anything, brackets too.
        const [state, , of] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return Number(of) === group && state !== 'Z' && state !== 'X';
      } catch {
        return false;
      }
    });
};

/** Why it is red, or null; and how many tests there were. */
export const judge = ({ code, output }) => {
  const count = label =>
    [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  const [total, passed, skipped] = [count('Total'), count('Passed'), count('Skipped')];
  const why =
    code !== 0
      ? typeof code === 'number'
        ? `exit ${code}`
        : code
      : total === 0
        ? 'no test ran'
        : passed + skipped < total
          ? 'not every test passed'
          : null;
  return { total, passed, skipped, why };
};

const report = (name, ran, totals) => {
  const { total, passed, skipped, why } = judge(ran);
  totals.passed += passed;
  totals.skipped += skipped;
  totals.failed += why === null ? 0 : Math.max(1, total - passed - skipped);
  const title = name.replace(/\.test\.js$/, '');
  console.log(
    `${why === null ? 'ok  ' : 'FAIL'} ${title} ${passed}/${total} ${ran.seconds.toFixed(1)} s${why === null ? '' : ` — ${why}`}`,
  );
  if (why === null) return;
  totals.red.push(title);
  console.log(excerpt(ran.output));
};

export const excerpt = output => {
  const lines = output.trimEnd().split('\n');
  const cut = lines.length - MOST_LINES;
  const shown =
    cut > 0 ? [...lines.slice(0, MOST_LINES / 2), `… ${cut} lines …`, ...lines.slice(-MOST_LINES / 2)] : lines;
  return shown.map(line => `     ${line}`).join('\n');
};

const delay = ms => new Promise(resolve => setTimeout(resolve, ms).unref());

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const totals = await runTests(process.argv.slice(2));
  console.log(closingLines(totals));
  process.exitCode = totals.failed === 0 ? 0 : 1;
}
