// A machine with the tools of a BSD: which are told apart, what is done otherwise with them, and what is refused by name.
//
// What FreeBSD, OpenBSD, NetBSD and macOS answer a probe is written down from their manual pages; the rest is done with tools
// that act like FreeBSD's (test/support/bsd-tools.ts).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import { HostError } from '../../runtime/host/host-error.js';
import { timeText } from '../../runtime/host/shell/deeds.js';
import { chooseCommands, parseDigests, SAMPLE } from '../../runtime/host/shell/digest-tools.js';
import { checkTools, parseTools } from '../../runtime/host/shell/probe.js';
import { parseLooked } from '../../runtime/host/shell/records.js';
import { parseVolume } from '../../runtime/host/shell/volume.js';
import { weaknessesOf } from '../../runtime/host/shell/weaker.js';
import { MARK } from './far-shell.js';

const FREEBSD = `system FreeBSD amd64
machine bsd
path /sbin:/bin:/usr/sbin:/usr/bin:/usr/local/bin
find exec
stat -f
user deploy
uid 1001
groups 1001
home /home/deploy
clock 1795921436
fifo yes
sync-file yes
mv -h
ln -h
touch 1970-01-01T00:00:01Z
touch-fine yes
tar yes
libarchive yes
`;

test('FreeBSD and macOS are driven, and it is said how, and what is weaker', () => {
  const tools = parseTools(FREEBSD);
  checkTools('far', tools, null);
  const said = weaknessesOf(tools, null).join('\n');
  assert.match(
    said,
    /driven by the tools of a BSD \(stat -f, mv -h, ln -h, touch with dates\): tried with those of FreeBSD/,
  );
  assert.match(said, /a folder that comes to stand where something is just being moved to takes that in/);
  assert.doesNotMatch(said, /whole seconds|power cut/);
  const mac = parseTools(FREEBSD.replace('FreeBSD amd64', 'Darwin arm64').replace('sync-file', 'sync-f'));
  checkTools('far', mac, null);
  assert.match(weaknessesOf(mac, null).join('\n'), /may be lost in a power cut there: its sync takes no files/);
});

test('what a BSD lacks is refused by name, with what works instead', () => {
  const lines = (left: RegExp): string => FREEBSD.replaceAll(left, '').replace('FreeBSD', 'OpenBSD');
  for (const [left, missing] of [
    [
      /^(?:mv|touch).*\n/gm,
      /far: it cannot be driven by its shell: there is no mv that knows -T or -h, or a temporary folder/,
    ],
    [/^touch.*\n/gm, /there is no touch that knows -h, and -d with seconds or a date$/],
    [/^ln.*\n/gm, /there is no ln that knows -T or -h$/],
    [/^stat.*\n/gm, /there is no stat that knows -c or -f$/],
  ] as const) {
    assert.throws(
      () => checkTools('far', parseTools(lines(left)), null),
      error => {
        assert.ok(error instanceof HostError && error.code === 'unsupported');
        assert.match(error.message, missing);
        assert.match(
          error.help,
          /Install Node\.js 18 .*agent sftp.* serve where mv and ln know -h, and touch -h and -d/,
        );
        return true;
      },
    );
  }
});

test('a BSD with GNU tools first in its PATH is as good as any', () => {
  const gnu = FREEBSD.replace('stat -f', 'stat -c').replace('mv -h', 'mv -T').replace('ln -h', 'ln -T');
  const tools = parseTools(gnu.replace(/touch 1970.*/, 'touch @1'));
  checkTools('far', tools, null);
  assert.doesNotMatch(weaknessesOf(tools, null).join('\n'), /BSD/);
});

test('free space and the type of a file system are read from df and mount, as each system prints them', () => {
  const freebsd = `Filesystem         1024-blocks     Used    Avail Capacity  Mounted on
zroot/ROOT/default    20971520  4194304 16777216    20%    /
zroot/ROOT/default on / (zfs, local, noatime, nfsv4acls)
devfs on /dev (devfs)
zroot/home on /home (zfs, local)
`;
  assert.deepEqual(parseVolume(freebsd), {
    type: 'zfs',
    space: { bytes: 16_777_216 * 1024, inodes: Number.MAX_SAFE_INTEGER },
  });
  const mac = `Filesystem     1024-blocks      Used Available Capacity  Mounted on
map auto home            10        10       -20   100%    /Volumes/A (b) on c
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
map auto home on /Volumes/A (b) on c (autofs, automounted, nobrowse)
`;
  assert.deepEqual(parseVolume(mac), { type: 'autofs', space: { bytes: 0, inodes: Number.MAX_SAFE_INTEGER } });
  const netbsd = `Filesystem     1024-blocks      Used Available Capacity Mounted on
/dev/wd0a          1000000    400000    550000      43% /
/dev/wd0a on / type ffs (log, local)
`;
  assert.equal(parseVolume(netbsd)?.type, 'ffs');
  const silent = freebsd.split('\n').slice(0, 2).join('\n');
  assert.equal(parseVolume(`${silent}\n`)?.type, '');
  assert.equal(parseVolume('df: .: Permission denied\n'), null);
  assert.equal(parseVolume('ef53 10 4096 0 0\n')?.space.bytes, 40_960);
});

test('times are written as touch takes them', () => {
  const date = { touch: 'date', fineTouch: true } as const;
  const seconds = { touch: 'seconds', fineTouch: true } as const;
  for (const [micros, asDate, asSeconds] of [
    [0, '1970-01-01T00:00:00Z', '@0'],
    [-1, '1969-12-31T23:59:59.999999Z', '@-0.000001'],
    [-1_500_000, '1969-12-31T23:59:58.500000Z', '@-1.500000'],
    [1_700_000_000_000_001, '2023-11-14T22:13:20.000001Z', '@1700000000.000001'],
  ] as const) {
    assert.deepEqual([timeText(micros, date), timeText(micros, seconds)], [asDate, asSeconds]);
  }
  assert.equal(timeText(-1_500_000, { ...date, fineTouch: false }), '1969-12-31T23:59:58Z');
  assert.equal(timeText(-1_500_000, { ...seconds, fineTouch: false }), '@-2');
});

test('a record of a BSD’s stat counts fractions on from their second, and a line end of a name stays its own', () => {
  const record = `${MARK} 81a4 1 2 3 4 5 6|-3.750000000|1700000000.000001000|./a\n\n`;
  const [one] = parseLooked(record, MARK)!;
  assert.equal(one!.name, './a\n');
  assert.deepEqual([one!.stat.modified, one!.stat.changed], [-2_250_000, 1_700_000_000_000_001]);
  assert.equal(parseLooked(record.replace('-3.75', '-3.7x5'), MARK), null);
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
