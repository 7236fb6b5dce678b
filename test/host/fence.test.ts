// What a restricted key may reach: its roots and what is below, by whatever way; and what may be served at all.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { fenceVerbs } from '../../runtime/host/fence.js';
import { type FileVerbs, isFault } from '../../runtime/host/file-verbs.js';
import { HostError } from '../../runtime/host/host-error.js';
import { expandHome, makeLocalVerbs } from '../../runtime/host/local-verbs.js';
import { openRestrictedHost } from '../../runtime/host/restricted.js';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'syncplan-fence-')));
const at = (name: string): string => join(top, name);
let verbs: FileVerbs;

test.before(() => {
  for (const folder of ['served/below/deep', 'other/deep']) mkdirSync(at(folder), { recursive: true });
  for (const file of ['served/file', 'served/below/deep/file', 'other/secret', 'other/deep/file']) {
    writeFileSync(at(file), `${file}\n`);
  }
  symlinkSync('below/deep', at('served/inward'));
  symlinkSync('../other', at('served/outward'));
  symlinkSync('../other/secret', at('served/secret'));
  symlinkSync('below/deep/file', at('served/near'));
  symlinkSync('nowhere', at('served/dangling'));
  symlinkSync('.', at('served/itself'));
  symlinkSync('served', at('alias'));
  verbs = fenceVerbs(makeLocalVerbs({ home: top }), [at('served')], path => expandHome(path, top));
});
test.after(() => rmSync(top, { recursive: true, force: true }));

const open = async (path: string): Promise<string> => {
  const opened = await verbs.open(path);
  if (isFault(opened)) return opened.fault;
  await verbs.release(opened.folder);
  assert.equal(opened.stat.kind, 'folder');
  return opened.path;
};

test('a path is opened where it leads into what is served, however it is written', async () => {
  for (const path of ['served', 'served/below', 'served/below/deep', 'served/inward', 'served/itself', 'alias']) {
    assert.equal(await open(at(path)), at(path));
  }
  assert.equal(await open('~/served/below'), at('served/below'));
  assert.equal(await open(at('served/below/../below')), at('served/below'));
  assert.equal(await open(at('served/missing')), 'ENOENT');
});

test('what is outside is refused alike whether it is there, missing, or led to by a link', async () => {
  const ways = [
    '',
    'other',
    'other/deep',
    'missing',
    'servedX',
    'served/..',
    'served/../other',
    'served/no/../../other',
  ];
  for (const path of [...ways, 'served/outward', 'served/outward/deep', 'served/itself/outward', 'alias/outward']) {
    assert.equal(await open(at(path)), 'EACCES', path);
  }
  assert.equal(await open('/'), 'EACCES');
  assert.equal(await open('served'), 'EINVAL');
});

test('a link is followed inside what is served, and nowhere else', async () => {
  const opened = await verbs.open(at('served'));
  assert.ok(!isFault(opened));
  const { folder } = opened;
  const followed = async (name: string): Promise<string> => {
    const stat = await verbs.followed(folder, name);
    return isFault(stat) ? stat.fault : stat.kind;
  };
  const read = async (name: string): Promise<string> => {
    const source = await verbs.read(folder, name, true);
    if (isFault(source)) return source.fault;
    const into = Buffer.alloc(100);
    const length = await source.read(into);
    await source.close();
    return into.toString('utf8', 0, Number(length));
  };
  const names = ['file', 'near', 'inward', 'itself', 'secret', 'outward', 'dangling'];
  const kinds = ['file', 'file', 'folder', 'folder', 'EACCES', 'EACCES', 'ENOENT'];
  for (const [i, name] of names.entries()) assert.equal(await followed(name), kinds[i], name);
  assert.equal(await read('near'), 'served/below/deep/file\n');
  assert.equal(await read('file'), 'served/file\n');
  for (const name of ['secret', 'outward']) assert.equal(await read(name), 'EACCES', name);
  const whole = async (name: string): Promise<string> => {
    const into = Buffer.alloc(100);
    const found = await verbs.readWhole!(folder, name, true, into);
    return isFault(found) ? found.fault : into.toString('utf8', 0, found.count);
  };
  assert.equal(await whole('near'), 'served/below/deep/file\n');
  for (const name of ['secret', 'outward']) assert.equal(await whole(name), 'EACCES', name);
  await verbs.release(folder);
});

test('a folder that becomes a link while it is walked to is not entered', async () => {
  const flipping: FileVerbs = {
    ...makeLocalVerbs({ home: top }),
    open: async path => {
      // Between the look at where it leads and the walk.
      rmSync(at('served/flip'), { recursive: true, force: true });
      symlinkSync('../other', at('served/flip'));
      return makeLocalVerbs({ home: top }).open(path);
    },
  };
  const fenced = fenceVerbs(flipping, [at('served')], path => path);
  for (const path of ['served/flip', 'served/flip/deep']) {
    rmSync(at('served/flip'), { recursive: true, force: true });
    mkdirSync(at('served/flip/deep'), { recursive: true });
    const opened = await fenced.open(at(path));
    assert.ok(isFault(opened), path);
    assert.match(opened.fault, /ELOOP|ENOTDIR/);
  }
});

test('every verb is known to the fence: those that take a path or follow a link are its own', () => {
  const ours = ['extras', 'followed', 'open', 'read', 'readWhole'];
  const inFolder = [
    'clone',
    'enter',
    'release',
    'list',
    'listKept',
    'stat',
    'readLink',
    'write',
    'writeWhole',
    'perform',
    'syncAll',
  ];
  const told = ['fileSystem', 'itself', 'namesShowInTimes', 'mayWrite', 'space', 'names'];
  const plain = makeLocalVerbs({ home: top });
  assert.deepEqual(Object.keys(plain).sort(), [...ours, ...inFolder, ...told].sort());
  for (const name of ours) assert.notEqual(verbs[name as keyof FileVerbs], plain[name as keyof FileVerbs], name);
});

test('a root that would let its key free itself, or is not there, is refused by name', async () => {
  const serve = (root: string, program = '/nowhere/syncplan.js') =>
    openRestrictedHost(
      { roots: [root], program: [program] },
      { label: 'there', cacheFolder: at('cache/syncplan'), breathe: async () => {} },
    );
  const refused = async (root: string, message: RegExp, program?: string): Promise<void> =>
    assert.rejects(serve(root, program), error => {
      assert.ok(error instanceof HostError, String(error));
      assert.match(error.message, message);
      assert.match(error.help, /authorized_keys/);
      return true;
    });
  await refused('/', /cannot serve \/: it holds/);
  await refused(homedir(), /by which whoever has the key could free himself/);
  await refused(at('cache/syncplan'), /there is no such folder/);
  await refused(at(''), /it holds .*cache/);
  await refused(at('missing'), /there is no such folder/);
  await refused(at('served/file'), /there is no such folder/);
  await refused(at('other'), /it holds .*secret/, at('other/secret'));
  const host = await serve(at('alias'));
  assert.equal(host.programs, null);
  assert.equal(host.links, null);
  assert.match(host.facts.weaker.join('\n'), /serves only .*served\n.*no hooks/);
  await host.close();
});

test.run();
