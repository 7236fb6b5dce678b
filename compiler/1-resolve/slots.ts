// What may fill each slot of a signature: a kind of name or value, with the words that messages use for it.
import type { Item, Unit } from '../../grammar/ast.js';
import { ALGORITHMS } from '../plan.js';

/** What a bare name stands for where a number or a list is expected; null where it is no value. */
export type Lookup = (
  name: string,
) => { readonly kind: 'text' | 'list' } | { readonly kind: 'number'; readonly unit: Unit } | null;

type Slot = {
  /** As messages say it: "`trash` takes a duration such as 30s". */
  readonly shown: string;
  readonly takes: readonly ('name' | 'string' | 'list' | Unit)[];
  /** The words it is chosen from, where it is one of a few. */
  readonly words?: readonly string[];
  /** A name with dots is fine. */
  readonly dotted?: true;
};

const ATTRIBUTES = ['mode', 'modified', 'owner', 'group', 'acl', 'xattr', 'special'] as const;

export const SLOTS: Readonly<Record<string, Slot>> = {
  NAME: { shown: 'a name', takes: ['name'] },
  HOSTNAME: { shown: 'the name of a host', takes: ['name', 'string'] },
  HOST: { shown: 'the name of a host, group or region', takes: ['name'], dotted: true },
  ROLE: { shown: 'the name of a role', takes: ['name'] },
  CLASS: { shown: 'the name of a class', takes: ['name'] },
  BLOCK: { shown: 'the name of a block', takes: ['name'] },
  ROOT: { shown: 'the name of a root', takes: ['name'] },
  USER: { shown: 'a user name', takes: ['name', 'string'] },
  ITEM: { shown: 'a class or a quoted glob', takes: ['name', 'string'] },
  VALUE: {
    shown: 'a text in quotes, a number or a list',
    takes: ['string', 'list', 'none', 'percent', 'size', 'rate', 'duration', 'mode'],
  },
  PATH: { shown: 'a path in quotes', takes: ['string'] },
  FOLDER: { shown: 'a folder in quotes', takes: ['string'] },
  ADDRESS: { shown: 'an address in quotes', takes: ['string'] },
  GLOB: { shown: 'a glob in quotes', takes: ['string'] },
  COMMAND: { shown: 'a command such as ["program", "argument"]', takes: ['list'] },
  COUNT: { shown: 'a whole number', takes: ['none'] },
  LEVEL: { shown: 'a number from 0 to 9', takes: ['none'] },
  PORT: { shown: 'a port number', takes: ['none'] },
  PERCENT: { shown: 'a percentage such as 5%', takes: ['percent'] },
  DURATION: { shown: 'a duration such as 30s', takes: ['duration'] },
  RATE: { shown: 'a rate such as 20MB/s', takes: ['rate'] },
  MODE: { shown: 'a mode such as 0644', takes: ['mode'] },
  ALGORITHM: { shown: 'an algorithm', takes: ['name'], words: ALGORITHMS },
  ATTRIBUTE: { shown: 'an attribute', takes: ['name'], words: ATTRIBUTES },
  CONDITION: { shown: 'a condition', takes: [] },
};

export const fitsSlot = (name: string, item: Item, lookup: Lookup): boolean => {
  const slot = SLOTS[name];
  if (slot === undefined) return false;
  switch (item.kind) {
    case 'name': {
      if (slot.words !== undefined)
        return slot.words.includes(item.text) || (name === 'ALGORITHM' && REFUSED_WORDS.test(item.text));
      if (slot.takes.includes('name')) return slot.dotted === true || item.parts.length === 1 || name === 'ITEM';
      if (slot.takes.includes('string')) return false;
      const value = lookup(item.text);
      return (
        value !== null &&
        slot.takes.includes(value.kind === 'number' ? value.unit : value.kind === 'list' ? 'list' : 'string')
      );
    }
    case 'string':
    case 'list':
      return slot.takes.includes(item.kind);
    case 'number':
      return slot.takes.includes(item.unit);
    case 'comma':
    case 'arrow':
    case 'equals':
      return false;
  }
};

/** Algorithms that are refused with a reason of their own, later on. */
const REFUSED_WORDS = /^(md2|crc-?16|bsd|bsdsum|sysv|sum|sum16|system-v)$/i;

/** What stands in the text, as messages name it. */
export const describe = (item: Item): string => {
  switch (item.kind) {
    case 'name':
      return `the word \`${item.text}\``;
    case 'string':
      return 'a text in quotes';
    case 'number':
      return `${UNIT_WORDS[item.unit]} \`${item.text}\``;
    case 'list':
      return 'a list';
    case 'comma':
      return 'a comma';
    case 'arrow':
      return 'an arrow';
    case 'equals':
      return 'an equals sign';
  }
};

const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  none: 'the number',
  percent: 'the percentage',
  size: 'the size',
  rate: 'the rate',
  duration: 'the duration',
  mode: 'the mode',
};
