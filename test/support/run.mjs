// The test runner: one process per uvu file, a few at a time, honest about every way in which a green can be false.
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const TIMEOUT_MS = 240_000;
const AT_ONCE = 2;

const only = process.argv.slice(2);
const files = (await readdir('build/test', { recursive: true }))
  .filter(name => name.endsWith('.test.js'))
  .filter(name => only.length === 0 || only.some(part => name.includes(part)))
  .sort();

const totals = { passed: 0, failed: 0, skipped: 0 };
const queue = [...files];
await Promise.all(Array.from({ length: AT_ONCE }, worker));
if (files.length === 0) totals.failed++;
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped ? `, ${totals.skipped} skipped` : ''}`);
process.exitCode = totals.failed === 0 ? 0 : 1;

async function worker() {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) report(name, await runFile(join('build/test', name)));
}

async function runFile(path) {
  const text = await readFile(path, 'utf8');
  if (/\b(?:test|suite|\w+)\.only\(/.test(text.replace(/\/\/# sourceMappingURL.*$/m, ''))) return { code: 1, output: 'the file says .only' };
  const started = Date.now();
  const child = spawn(process.execPath, ['--enable-source-maps', path], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
  let output = '';
  child.stdout.on('data', data => (output += data));
  child.stderr.on('data', data => (output += data));
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, 'SIGKILL');
  }, TIMEOUT_MS);
  const code = await new Promise(resolve => child.on('close', resolve));
  clearTimeout(timer);
  return { code: late ? `timeout after ${TIMEOUT_MS / 1000} s` : code, output, seconds: (Date.now() - started) / 1000 };
}

function report(name, { code, output, seconds }) {
  const count = label => [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce((sum, match) => sum + Number(match[1]), 0);
  const total = count('Total');
  const passed = count('Passed');
  const skipped = count('Skipped');
  const why = code !== 0 ? `exit ${code}` : total === 0 ? 'no test ran' : passed + skipped < total ? 'not every test passed' : null;
  totals.passed += passed;
  totals.skipped += skipped;
  totals.failed += why === null ? 0 : Math.max(1, total - passed - skipped);
  console.log(`${why === null ? 'ok  ' : 'FAIL'} ${name.replace(/\.js$/, '')} ${passed}/${total}${seconds ? ` ${seconds.toFixed(1)} s` : ''}${why === null ? '' : ` — ${why}`}`);
  if (why !== null) console.log(output.split('\n').map(line => `     ${line}`).join('\n'));
}
