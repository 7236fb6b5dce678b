// Verdicts over known_hosts: names plain, hashed and by pattern, ports, several files, revoked keys and authorities.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { judgeHostKey, knownHostsLine, knownName, knownTypes, typeOf } from '../../runtime/host/known-hosts.js';
import { makeKey } from '../support/sshd.js';

const folder = mkdtempSync(join(tmpdir(), 'syncplan-keys-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const newKey = (name: string): { readonly line: string; readonly blob: Buffer } => {
  const [type, base64] = readFileSync(`${makeKey(join(folder, name))}.pub`, 'latin1').split(' ');
  return { line: `${type} ${base64}`, blob: Buffer.from(base64!, 'base64') };
};
const ours = newKey('ours');
const other = newKey('other');

const verdict = (text: string | readonly string[], names: readonly string[] = ['web.example'], key = ours.blob) => {
  const texts = typeof text === 'string' ? [text] : text;
  return judgeHostKey(
    texts.map((one, i) => ({ path: `file${i + 1}`, text: one })),
    { names, key },
  );
};

test('only a line with that name and that very key makes it known', () => {
  assert.deepEqual(verdict(`web.example ${ours.line}\n`), { is: 'known' });
  assert.deepEqual(verdict(`# web.example ${ours.line}\nother.example ${ours.line}\n`), { is: 'unknown' });
  assert.deepEqual(verdict(`\n\nweb.example ${other.line} with a comment\n`), {
    is: 'changed',
    file: 'file1',
    line: 3,
  });
  assert.deepEqual(verdict(''), { is: 'unknown' });
});

test('names are compared without regard to case, by list, pattern and negation', () => {
  assert.equal(verdict(`a,WEB.example,b ${ours.line}`).is, 'known');
  assert.equal(verdict(`*.example ${ours.line}`, ['WEB.EXAMPLE']).is, 'known');
  assert.equal(verdict(`w?b.* ${ours.line}`).is, 'known');
  assert.equal(verdict(`*.example,!web.example ${ours.line}`).is, 'unknown');
  assert.equal(verdict(`${'*a'.repeat(2000)} ${ours.line}`, ['a'.repeat(3000)]).is, 'known');
});

test('a port has a name of its own; a key known for the host alone is known, another one there says nothing', () => {
  assert.equal(knownName('web.example', 22), 'web.example');
  assert.equal(knownName('::1', 2222), '[::1]:2222');
  const names = [knownName('web.example', 2222), 'web.example'];
  assert.equal(verdict(`[web.example]:2222 ${ours.line}`, names).is, 'known');
  assert.equal(verdict(`web.example ${ours.line}`, names).is, 'known');
  assert.equal(verdict(`web.example ${other.line}`, names).is, 'unknown');
  assert.equal(verdict(`[web.example]:2222 ${other.line}`, names).is, 'changed');
  assert.equal(verdict(`[web.example]:2223 ${ours.line}`, names).is, 'unknown');
});

test('hashed names are those that ssh-keygen makes', () => {
  const file = join(folder, 'hashed');
  writeFileSync(file, `web.example ${ours.line}\n[web.example]:2222 ${other.line}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  const text = readFileSync(file, 'latin1');
  assert.ok(!text.includes('web.example'));
  assert.equal(verdict(text).is, 'known');
  assert.equal(verdict(text, ['[web.example]:2222']).is, 'changed');
  assert.equal(verdict(text, ['mail.example']).is, 'unknown');
});

test('a line of ours is found by ssh-keygen, hashed or not', () => {
  for (const salt of [null, Buffer.alloc(20, 7)]) {
    const file = join(folder, `line-${salt === null}`);
    writeFileSync(file, knownHostsLine('[Web.example]:2222', ours.blob, salt));
    const found = execFileSync('ssh-keygen', ['-F', '[web.example]:2222', '-f', file], { encoding: 'utf8' });
    assert.ok(found.includes(ours.line), found);
  }
});

test('a revoked key is refused, wherever else it is known', () => {
  const known = `web.example ${ours.line}\n`;
  assert.deepEqual(verdict([known, `@revoked * ${ours.line}`]), { is: 'revoked', file: 'file2', line: 1 });
  assert.equal(verdict([known, `@revoked * ${other.line}`]).is, 'known');
});

test('an authority makes no key known', () => {
  assert.equal(verdict(`@cert-authority *.example ${ours.line}`).is, 'certified');
  assert.equal(verdict(`@cert-authority *.example ${other.line}\nweb.example ${ours.line}`).is, 'known');
  assert.equal(verdict(`@unheard-of web.example ${ours.line}`).is, 'unknown');
});

test('several files are one: a key known in either is known', () => {
  assert.equal(verdict([`web.example ${other.line}`, `web.example ${ours.line}`]).is, 'known');
  assert.deepEqual(knownTypes([{ path: 'f', text: `web.example ${ours.line}` }], ['web.example']), ['ssh-ed25519']);
});

test('damaged lines hold no key', () => {
  assert.equal(verdict(`web.example ssh-rsa ${ours.line.split(' ')[1]}`).is, 'unknown');
  assert.equal(verdict('web.example\nweb.example ssh-ed25519\nweb.example ssh-ed25519 AAAA').is, 'unknown');
  assert.equal(typeOf(Buffer.alloc(3)), '');
});

test.run();
