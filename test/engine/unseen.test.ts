// What could not be compared is not counted as unchanged: below a folder that cannot be read, behind what stands in the way.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Host } from '../../runtime/host/host.js';
import { decodePage, encodePage } from '../../runtime/tree/page.js';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('unseen');

test.before.each(context => {
  context.session = makeSession(1);
});
test.after.each(context => context.session.close());

/** The remote can list everything but the folder `closed`. */
const wrap = (host: Host, id: string): Host =>
  id === 'm'
    ? host
    : {
        ...host,
        openRoot: async (...args) => {
          const root = await host.openRoot(...args);
          return {
            ...root,
            scan: async selection => {
              const scan = await root.scan(selection);
              const problem = { path: 'closed', code: 'denied', message: 'list the folder: denied', help: '' } as const;
              return {
                ...scan,
                summary: { ...scan.summary, digest: 'another', problems: [problem] },
                async *pages(folders) {
                  for await (const { folder, page } of scan.pages(folders)) {
                    const listed = decodePage(page).map(({ name, entry }) => ({
                      name,
                      entry: entry.kind === 'folder' && name === 'closed' ? { ...entry, unreadable: true } : entry,
                    }));
                    yield { folder, page: encodePage(listed) };
                  }
                },
              };
            },
          };
        },
      };

test('below a folder that the remote cannot list nothing is unchanged', async ({ session }) => {
  session.master.put({ a: { file: '1' }, 'closed/b': { file: '2' }, 'closed/c/d': { file: '3' }, e: { file: '4' } });
  session.remotes[0]!.put({ a: { file: '1' }, 'closed/b': { file: 'x' } });
  const { summary } = await session.run({ wrap, options: { command: 'plan' } });
  // `a`, and the folder `closed` itself.
  assert.deepEqual([summary.created, summary.unchanged], [1, 2]);
});

test('what is kept away by what stands there is not unchanged, nor is what it holds', async ({ session }) => {
  session.master.put({ a: { file: '1' }, d: { file: '2' } });
  session.remotes[0]!.put({ a: { file: '1' }, 'd/x': { file: 'x' } });
  const { summary, preview } = await session.run({ options: { command: 'plan' } });
  assert.deepEqual(
    preview.relations.flatMap(({ problems }) => problems.map(({ path }) => path)),
    ['d'],
  );
  assert.equal(summary.unchanged, 1);
});

test.run();
