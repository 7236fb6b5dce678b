// Everything `npm test` holds the project to: build, types, formatter and linter, house rules and tests; one closing line.
//
// It takes ten minutes at most on two cores. What costs most and changes least is left to `npm run test:long`, which runs all.
import { spawn } from 'node:child_process';
import { closingLines, runTests } from './run.mjs';

const LONG = [
  'cli/beside-sftp',
  'cli/blocks-one-root',
  'cli/doctor',
  'cli/exchanges',
  'cli/interrupts',
  'cli/link',
  'cli/link-firewall',
  'cli/live-screen',
  'cli/locked-ssh',
  'cli/login-shells',
  'cli/lying-sftp',
  'cli/moves',
  'cli/plan-writes-nothing',
  'cli/quota',
  'cli/restricted-key',
  'cli/resume-large',
  'cli/roots-ssh',
  'cli/route',
  'cli/route-cut',
  'cli/saved',
  'cli/saved-used',
  'cli/sftp',
  'cli/sftp-listings',
  'cli/shell',
  'cli/shell-killed',
  'cli/terminal',
  'cli/transfer',
  'cli/two-runs',
  'cli/writer',
  'engine/every-kind',
  'engine/relays',
  'host/agent-life',
  'host/conformance-bsd',
  'host/conformance-busybox',
  'host/conformance-shell',
  'host/host-certificates',
  'host/jump-failures',
  'host/lock-agent',
  'host/lock-claims',
  'host/many-hosts',
  'host/push-runtime',
  'host/reach',
  'host/sftp-certificates',
  'host/shell-locks',
  'host/shell-write-many',
  'host/sparse',
  'host/transaction-blind',
  'host/transaction-recover',
  'host/unprivileged',
  'proof/combos',
  'proof/crash',
  'proof/disks',
  'proof/faults',
  'proof/model',
  'proof/mutants',
  'proof/strace',
  'proof/surroundings',
];

const leftOut = process.argv.includes('--long') ? [] : LONG;
const bin = name => `node_modules/.bin/${name}`;
const totals = { passed: 0, failed: 0, skipped: 0, red: [] };

await step('build', [process.execPath, 'test/support/build.mjs']);
// Beside the first tests: neither of them needs a whole machine.
const tests = await runTests([], leftOut, [
  () => step('types', [bin('tsc'), '--noEmit', '--pretty', 'false']),
  () => step('format and lint', [bin('biome'), 'check', '--error-on-warnings', '--colors=off', '.']),
]);
for (const key of ['passed', 'failed', 'skipped']) totals[key] += tests[key];
totals.red.push(...tests.red);
if (leftOut.length > 0) console.log(`left to npm run test:long: ${leftOut.join(' ')}`);
console.log(closingLines(totals));
process.exitCode = totals.failed === 0 ? 0 : 1;

/** A step counts like one test. */
async function step(title, [program, ...args]) {
  const started = Date.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text));
  const code = await new Promise(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', resolve);
  });
  totals[code === 0 ? 'passed' : 'failed']++;
  if (code !== 0) totals.red.push(title);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${title} ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (code !== 0) console.log(`${output}${typeof code === 'string' ? code : ''}`.replace(/^/gm, '     '));
}
