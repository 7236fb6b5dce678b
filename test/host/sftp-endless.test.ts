// A server over SFTP that lists more names than anybody has is refused before they are all told.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { isFault } from '../../runtime/host/file-verbs.js';
import { holdPath } from '../../runtime/host/sftp/folder.js';
import { listFolder } from '../../runtime/host/sftp/list.js';
import type { Session } from '../../runtime/host/sftp/session.js';
import { FOLDER } from '../support/sftp-peer.js';

test('a folder of a hundred million names is refused long before they are all told', async () => {
  let told = 0;
  const attrs = { ...FOLDER };
  const answers: Readonly<Record<string, () => unknown>> = {
    lstat: () => attrs,
    opendir: () => Buffer.from('folder'),
    close: () => undefined,
    readdir: () => Array.from({ length: 10_000 }, () => ({ filename: `name-${told++}`, longname: '', attrs })),
  };
  /** As ssh2's own, but that nothing travels. */
  const wrapper = new Proxy({} as never, {
    get:
      (_, request: string) =>
      (...given: unknown[]) => {
        const answer = given.at(-1) as (error: null, value: unknown) => void;
        answer(null, answers[request]!());
      },
  });
  const session: Session = {
    ask: send => new Promise(resolve => send(wrapper, (_, value) => resolve(value as never))),
    abreast: async () => [session],
    load: () => 0,
    isBusy: () => false,
    longestWrite: () => 32_768,
    offers: () => false,
    end: () => {},
  };
  const before = process.memoryUsage().rss;
  const listed = await listFolder(session, holdPath('/root'));
  assert.ok(isFault(listed));
  assert.equal(listed.fault, 'EPROTO');
  assert.match(listed.message, /too many names/);
  assert.ok(told < 1e8 / 20, `${told} names were taken`);
  assert.ok(process.memoryUsage().rss - before < 1.5e9);
});

test.run();
