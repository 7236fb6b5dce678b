// One process from start to end: seconds, peak memory in bytes, what it said; and several of them side by side.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export const measure = (command, args, { env = process.env } = {}) => {
  const started = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (output += text));
  const peaks = new Map();
  const timer = setInterval(() => peak(child.pid, peaks), 25);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', code => {
      clearInterval(timer);
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const memory = [...peaks.values()].reduce((sum, value) => sum + value, 0);
      done({ code, seconds, memory, ownMemory: peaks.get(child.pid) ?? 0, output });
    });
  });
};

/** Begun at once, over when the last has ended; the rest adds up. */
export const together = async works => {
  const started = process.hrtime.bigint();
  const results = await Promise.all(works.map(work => work()));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const sum = what => results.reduce((total, result) => total + result[what], 0);
  const failed = results.find(({ code }) => code !== 0) ?? results[0];
  return { code: failed.code, output: failed.output, seconds, memory: sum('memory'), bytes: sum('bytes') };
};

/** The high-water marks of a process and of its children here, as the kernel keeps them. */
const peak = (pid, peaks) => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (/^Name:\s+ssh$/m.test(status)) return;
    // A process that has ended and is not yet collected has no figure any more.
    peaks.set(pid, Math.max(peaks.get(pid) ?? 0, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024));
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean))
      peak(Number(child), peaks);
  } catch {
    // It has ended, or this is no Linux: what was seen so far counts.
  }
};
