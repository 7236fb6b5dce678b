// Reads final paths all the time, in a thread of its own, and tells every file that is torn or missing.
import { readFileSync, readlinkSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export type Reader = {
  /** Files read so far. */
  readonly reads: () => number;
  /** Ends the thread; what it saw that may never be seen. */
  readonly stop: () => Promise<readonly string[]>;
};

export type Expected = {
  readonly path: string;
  /** Every content that a read may give. */
  readonly contents: readonly Buffer[];
  readonly link: boolean;
  /** It is there before and after, so it is there all the time. */
  readonly always: boolean;
};

export const startReader = (folder: string, expected: readonly Expected[]): Reader => {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL(import.meta.url), { workerData: { folder, expected, shared } });
  const said = new Promise<readonly string[]>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return {
    reads: () => Atomics.load(shared, 1),
    async stop() {
      Atomics.store(shared, 0, 1);
      return said;
    },
  };
};

const readUntilStopped = (folder: string, expected: readonly Expected[], shared: Int32Array): string[] => {
  const wrong = new Set<string>();
  const wanted = expected.map(one => ({ ...one, contents: one.contents.map(content => Buffer.from(content)) }));
  while (Atomics.load(shared, 0) === 0) {
    for (const { path, contents, link, always } of wanted) {
      try {
        const found = link ? Buffer.from(readlinkSync(`${folder}/${path}`)) : readFileSync(`${folder}/${path}`);
        if (!contents.some(content => content.equals(found))) wrong.add(`${path} is torn: ${found.length} bytes`);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (always || code !== 'ENOENT') wrong.add(`${path}: ${code}`);
      }
      Atomics.add(shared, 1, 1);
    }
    // Two cores: the program under test shall have one of them most of the time.
    Atomics.wait(shared, 0, 0, 5);
  }
  return [...wrong];
};

if (!isMainThread && workerData?.shared !== undefined) {
  const { folder, expected, shared } = workerData as { folder: string; expected: Expected[]; shared: Int32Array };
  parentPort!.postMessage(readUntilStopped(folder, expected, shared));
}
