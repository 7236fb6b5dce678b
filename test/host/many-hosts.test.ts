// Sixty hosts behind one sshd that turns away those who come too many at once: all get in, at the first attempt.
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { connector, nothingIsLeft, plan, withSshd } from './connecting.js';

test('sixty hosts against MaxStartups 10:30:60 are all reached, and not one login is turned away', async () => {
  await withSshd({ lines: ['MaxStartups 10:30:60', 'LogLevel VERBOSE'] }, async sshd => {
    const connect = connector({ sshConfig: sshd.configFile });
    const kinds = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const host = await connect(plan({ host: sshd.alias }));
        await host.close();
        return host.kind;
      }),
    );
    assert.deepEqual(new Set(kinds), new Set(['agent']));
    assert.doesNotMatch(sshd.log(), /MaxStartups|drop connection|penalty/i);
    assert.equal(sshd.log().match(/Accepted publickey/g)?.length, 60);
  });
});

test('what was started is stopped and removed', nothingIsLeft);

test.run();
