// A process that takes a lock and keeps it until its input ends: what tests kill, stop and wait for.
import { openLocalHost } from '../../runtime/host/local.js';

/** One argument, JSON: the folder, and the lock's request without its root. */
const { folder, cache, request } = JSON.parse(process.argv[2]!);
const host = await openLocalHost({
  label: 'there',
  cacheFolder: cache,
  breathe: () => new Promise(setImmediate),
  environment: process.env,
});
const root = await host.openRoot(folder, { create: true, state: null });
try {
  const lock = await host.locks!.acquire({ ...request, root });
  process.stdout.write(`${JSON.stringify({ held: true, epoch: lock.epoch, waited: lock.waited })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ held: false, message: (error as Error).message })}\n`);
}
for await (const _ of process.stdin);
await host.close();
