// The schema's rows of transfers and routes, and the words that are kept for later.
import type { Row } from './row.js';

export const TRANSFER_ROWS: readonly Row[] = [
  {
    name: 'transfer',
    contexts: ['file', 'block', 'for'],
    signature: '{ }',
    body: 'transfer',
    doc: 'How content travels, to all hosts or to those that `for` names.',
  },
  {
    name: 'mode',
    contexts: ['transfer', 'section'],
    signature: 'auto|whole|delta',
    default: 'auto',
    doc: 'Whole files, or only the differences where a similar file stands on the remote.',
  },
  {
    name: 'compress',
    contexts: ['transfer', 'section'],
    signature: 'LEVEL',
    default: '0',
    doc: 'From 0 (none) to 9.',
  },
  {
    name: 'encrypt',
    contexts: ['transfer', 'section'],
    signature: 'on|off',
    default: 'on',
    doc: 'Data links between agents; control is SSH and always encrypted.',
  },
  {
    name: 'limit',
    contexts: ['transfer', 'section'],
    signature: 'RATE',
    doc: 'What one host sends in this run, to all receivers together; in a section, what it sends into it.',
  },
  {
    name: 'parallel',
    contexts: ['transfer'],
    signature: 'COUNT',
    default: '16',
    doc: 'How many hosts transfer at once.',
  },
  {
    name: 'durability',
    contexts: ['transfer'],
    signature: 'strict|none',
    default: 'strict',
    doc: 'Whether something is acknowledged only when it would survive a power cut.',
  },
  ...['same-group', 'same-region', 'other-region'].map(
    (name): Row => ({
      name,
      contexts: ['transfer'],
      signature: '{ }',
      body: 'section',
      doc: `Settings for pairs of hosts of ${name === 'other-region' ? 'different regions' : `the ${name.replace('-', ' ')}`}; the innermost section wins.`,
    }),
  ),
  {
    name: 'route',
    contexts: ['file', 'block'],
    signature: '(star|chain|tree | { })',
    body: 'route',
    default: 'star',
    doc: 'The tree along which content travels from a master to its remotes; a body lists edges `build -> eu.web`.',
  },
];

/** Not accepted yet, and not to be used for anything else. */
export const RESERVED_WORDS: readonly string[] = [
  'schedule',
  'watch',
  'health',
  'notify',
  'rollout',
  'depot',
  'exchange',
  'trust',
];
