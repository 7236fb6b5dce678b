// A BSD as a far side: what its tools answer a probe, written down from their manual pages, is refused by name. No BSD was asked.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import { HostError } from '../../runtime/host/host-error.js';
import { chooseCommands, parseDigests, SAMPLE } from '../../runtime/host/shell/digest-tools.js';
import { checkTools, parseTools } from '../../runtime/host/shell/probe.js';

/** find without -printf, stat -f instead of -c, mv without -T, touch -d with a date instead of seconds; flock and syncfs lack. */
const FREEBSD = `system FreeBSD amd64
machine bsd
path /sbin:/bin:/usr/sbin:/usr/bin:/usr/local/bin
find exec
user deploy
uid 1001
groups 1001
home /home/deploy
clock 1795921436
fifo yes
tar yes
`;

for (const [name, text] of [
  ['FreeBSD', FREEBSD],
  ['OpenBSD', FREEBSD.replace('FreeBSD', 'OpenBSD')],
  ['NetBSD', FREEBSD.replace('FreeBSD', 'NetBSD')],
  ['macOS', FREEBSD.replace('FreeBSD amd64', 'Darwin arm64')],
] as const) {
  test(`${name}: each tool that is another is named, and what works instead`, () => {
    assert.throws(
      () => checkTools('far', parseTools(text), null),
      error => {
        assert.ok(error instanceof HostError);
        assert.equal(error.code, 'unsupported');
        assert.match(
          error.message,
          /far: it cannot be driven by its shell: there is no stat that knows -c, no mv that/,
        );
        assert.match(error.help, /tools of a BSD are not driven: install Node\.js 18 .*agent sftp/);
        return true;
      },
    );
  });
}

test('a BSD with GNU tools first in its PATH is as good as any', () => {
  const gnu = `${FREEBSD}stat yes\nmv-T yes\nln-T yes\ntouch-d yes\n`;
  checkTools('far', parseTools(gnu), null);
});

test('digests as the programs of a BSD print them with -r are read, and without it are not', async () => {
  const sum = (algorithm: string): string => createHash(algorithm).update(SAMPLE).digest('hex');
  const chosen = await chooseCommands(
    new Map([
      ['md5 -r', `${sum('md5')} ./sample`],
      ['sha256 -r', `${sum('sha256')} ./sample`],
      ['sha512 -r', `SHA512 (./sample) = ${sum('sha512')}`],
      ['shasum -a 1', `${sum('sha1')}  ./sample`],
    ]),
  );
  assert.deepEqual(Object.fromEntries(chosen), { md5: 'md5 -r', sha256: 'sha256 -r', sha1: 'shasum -a 1' });
  assert.deepEqual(parseDigests('md5', `${sum('md5')} ./a b\n${sum('md5')} ./c\n`, ['./a b', './c']), [
    Buffer.from(sum('md5'), 'hex').toString('latin1'),
    Buffer.from(sum('md5'), 'hex').toString('latin1'),
  ]);
  assert.deepEqual(parseDigests('md5', `MD5 (./a) = ${sum('md5')}\n`, ['./a']), null);
});

test.run();
