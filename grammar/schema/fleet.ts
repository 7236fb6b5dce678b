// The schema's rows of a file's top level, the fleet, its hosts and how they are reached.
import type { Context, Row } from './row.js';

const LEVELS: readonly Context[] = ['fleet', 'region', 'group', 'host'];

export const FILE_ROWS: readonly Row[] = [
  {
    name: 'syncplan',
    contexts: ['file'],
    signature: 'COUNT',
    required: true,
    doc: 'The edition of the language; the first statement of every file.',
  },
  {
    name: 'import',
    contexts: ['file'],
    signature: 'PATH',
    many: true,
    doc: "Takes in another file's declarations; relative to this file.",
  },
  {
    name: 'let',
    contexts: ['file'],
    signature: 'NAME = VALUE',
    many: true,
    doc: 'A constant, inserted in strings by its name in braces after a dollar sign.',
  },
  {
    name: 'input',
    contexts: ['file'],
    signature: 'NAME [default VALUE]',
    many: true,
    doc: 'A value given at run time by `--var`, `--var-file` or the environment; without a default it must be given.',
  },
  {
    name: 'fleet',
    contexts: ['file'],
    signature: '{ }',
    body: 'fleet',
    many: true,
    doc: 'The machines; several are merged.',
  },
  {
    name: 'role',
    contexts: ['file'],
    signature: 'NAME (is HOST, … | where CONDITION)',
    many: true,
    doc: 'A named set of hosts: by names (a region or group means all hosts below) or by a condition.',
  },
  {
    name: 'class',
    contexts: ['file'],
    signature: 'NAME where CONDITION',
    many: true,
    doc: "A file classification: a logical expression over a file's attributes.",
  },
  {
    name: 'block',
    contexts: ['file'],
    signature: 'NAME [after BLOCK, …] { }',
    body: 'block',
    many: true,
    doc: 'Files that belong together: synchronised and switched as one unit, after the blocks it names.',
  },
  {
    name: 'on',
    contexts: ['file'],
    signature: 'failure continue|stop',
    default: 'failure continue',
    doc: 'After a failure, whether other hosts go on or the run stops at the next safe point.',
  },
];

export const FLEET_ROWS: readonly Row[] = [
  {
    name: 'region',
    contexts: ['fleet'],
    signature: 'NAME { }',
    body: 'region',
    many: true,
    doc: 'The upper level of the fleet tree; a host outside any is in region `default`.',
  },
  {
    name: 'group',
    contexts: ['fleet', 'region'],
    signature: 'NAME { }',
    body: 'group',
    many: true,
    doc: 'The lower level of the fleet tree; a host outside any is in group `default`.',
  },
  {
    name: 'host',
    contexts: ['fleet', 'region', 'group'],
    signature: 'HOSTNAME at local|ADDRESS [tags NAME, …] [{ }]',
    body: 'host',
    many: true,
    doc: 'A machine: `local`, "[user@]address[:port]", or "sftp://…" of the same form; ranges like "web-{02..12}" declare several in step.',
  },
  {
    name: 'ssh',
    contexts: LEVELS,
    signature: '{ }',
    body: 'ssh',
    default: 'what ssh itself would use',
    doc: 'How hosts from here down are reached; each setting of an inner level wins.',
  },
  {
    name: 'root',
    contexts: LEVELS,
    signature: 'NAME PATH, … [state PATH] [wide]',
    many: true,
    doc: 'A named folder, or several parallel ones; `wide` allows less than two levels, `state` keeps syncplan’s own files elsewhere.',
  },
  {
    name: 'agent',
    contexts: LEVELS,
    signature: 'auto|node|shell|sftp|push-runtime',
    default: 'auto',
    doc: 'How the host is driven; `push-runtime` copies this machine’s Node.js to one of the same system that has none.',
  },
  {
    name: 'become',
    contexts: LEVELS,
    signature: 'USER',
    doc: 'The far side runs through `sudo -n -u USER`.',
  },
];

export const SSH_ROWS: readonly Row[] = [
  { name: 'user', contexts: ['ssh'], signature: 'USER', doc: 'The login.' },
  { name: 'port', contexts: ['ssh'], signature: 'PORT', doc: 'The port of the SSH server.' },
  { name: 'key', contexts: ['ssh'], signature: 'PATH', doc: "A private key's path on this machine; `~` is your home." },
  { name: 'config', contexts: ['ssh'], signature: 'PATH', doc: 'A configuration file for ssh, on this machine.' },
  {
    name: 'via',
    contexts: ['ssh'],
    signature: 'HOST|ADDRESS',
    doc: 'The host that is jumped through: one of the fleet, or an address.',
  },
];
