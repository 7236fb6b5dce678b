// The schema's signatures, read and matched: which words, names and values follow the head of a statement, in which order.
//
//   word  a literal word          SLOT   something of a kind, see slots.ts       = { }  as written
//   X, …  a list of X             [ X ]  X or nothing                            ( X )  grouping
//   a|b   one of these            X | Y  (in parentheses, with spaces) one of these sequences
//
// Matching is by ordered choice: the first alternative that fits is taken, and no list gives back what it took.
import type { Expression, Item, Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { fitsSlot, type Lookup, SLOTS } from './slots.js';

/** What a statement said: each name and value with the slot it fills and the literal word it came after ('' for none). */
export type Capture = { readonly slot: string; readonly after: string; readonly item: Item };

export type Match =
  | { readonly captures: readonly Capture[] }
  /** `item` null: the statement ended where something was expected; 'body': braces that do not belong there. */
  | {
      readonly item: Item | 'body' | 'where' | null;
      readonly span: Span;
      readonly words: readonly string[];
      readonly slots: readonly string[];
    };

export const matchSignature = (signature: string, statement: Statement, lookup: Lookup): Match => {
  const sign = readSignature(signature);
  const parts: Part[] = [...withoutSlips(statement, signature)];
  if (statement.where !== null) parts.push({ kind: 'where', expression: statement.where, span: statement.where.span });
  if (statement.body !== null) parts.push({ kind: 'body', span: statement.body.span });
  const state: State = {
    parts,
    lookup,
    keywords: new Set(wordsIn(sign)),
    captures: [],
    after: '',
    furthest: 0,
    words: new Set(),
    slots: new Set(),
  };
  const end = match(sign, 0, state, false);
  if (end === parts.length) return { captures: state.captures };
  // Where it matched and something is left over, what could have stood there is already noted.
  if (end >= 0 && end > state.furthest) expect(state, end, null, null);
  const found = parts[state.furthest];
  const last = parts.at(-1)?.span ?? statement.head.span;
  return {
    item: found === undefined ? null : found.kind === 'body' || found.kind === 'where' ? found.kind : found,
    span: found?.span ?? { file: last.file, start: last.start, end: last.end },
    words: [...state.words],
    slots: [...state.slots],
  };
};

type Part =
  | Item
  | { readonly kind: 'where'; readonly expression: Expression; readonly span: Span }
  | { readonly kind: 'body'; readonly span: Span };

type State = {
  readonly parts: readonly Part[];
  readonly lookup: Lookup;
  readonly keywords: ReadonlySet<string>;
  readonly captures: Capture[];
  after: string;
  furthest: number;
  words: Set<string>;
  slots: Set<string>;
};

/** Signs that the parser has already spoken about: `=` where there is none, a comma after the last item. */
const withoutSlips = (statement: Statement, signature: string): readonly Item[] => {
  const hasEquals = signature.includes('=');
  return statement.items.filter((item, at) => {
    if (item.kind === 'equals') return hasEquals;
    return item.kind !== 'comma' || (at > 0 && at < statement.items.length - 1);
  });
};

// ------------------------------------------------------------------------------------------------------------ matching

/** The index behind what matched, or -1; captures of a failed attempt are taken back. */
const match = (sign: Sign, at: number, state: State, inList: boolean): number => {
  switch (sign.is) {
    case 'word': {
      const part = state.parts[at];
      if (part?.kind !== 'name' || part.text !== sign.word)
        return sign.word === 'where' ? at : expect(state, at, sign.word, null);
      state.captures.push({ slot: 'word', after: state.after, item: part });
      state.after = sign.word;
      return at + 1;
    }
    case 'slot':
      return matchSlot(sign.slot, at, state, inList);
    case 'equals':
      return state.parts[at]?.kind === 'equals' ? at + 1 : expect(state, at, '=', null);
    case 'body':
      return state.parts[at]?.kind === 'body' ? at + 1 : expect(state, at, '{ }', null);
    case 'sequence': {
      const captured = state.captures.length;
      const after = state.after;
      let end = at;
      for (const one of sign.of) {
        end = match(one, end, state, inList);
        if (end >= 0) continue;
        state.captures.length = captured;
        state.after = after;
        return -1;
      }
      return end;
    }
    case 'choice':
      for (const one of sign.of) {
        const end = match(one, at, state, inList);
        if (end >= 0) return end;
      }
      return -1;
    case 'optional': {
      const end = match(sign.of, at, state, inList);
      return end < 0 ? at : end;
    }
    case 'list': {
      let end = match(sign.of, at, state, true);
      while (end >= 0 && state.parts[end]?.kind === 'comma') {
        const next = match(sign.of, end + 1, state, true);
        if (next < 0) return isKeyword(state.parts[end + 1], state) ? end + 1 : -1;
        end = next;
      }
      if (end >= 0) expectComma(state, end);
      return end;
    }
  }
};

const matchSlot = (slot: string, at: number, state: State, inList: boolean): number => {
  const part = state.parts[at];
  if (slot === 'CONDITION') return part?.kind === 'where' ? at + 1 : expect(state, at, 'where', null);
  if (part === undefined || part.kind === 'body' || part.kind === 'where') return expect(state, at, null, slot);
  if (inList && isKeyword(part, state)) return expect(state, at, null, slot);
  // `class other` is an item of two words.
  const next = state.parts[at + 1];
  if (
    slot === 'ITEM' &&
    part.kind === 'name' &&
    part.text === 'class' &&
    next?.kind === 'name' &&
    !isKeyword(next, state)
  ) {
    state.captures.push({ slot, after: state.after, item: next });
    return at + 2;
  }
  if (!fitsSlot(slot, part, state.lookup)) return expect(state, at, null, slot);
  state.captures.push({ slot, after: state.after, item: part });
  return at + 1;
};

const isKeyword = (part: Part | undefined, state: State): boolean =>
  part?.kind === 'name' && state.keywords.has(part.text);

/** Notes what would have fitted at the furthest place that was reached. */
const expect = (state: State, at: number, word: string | null, slot: string | null): -1 => {
  if (at < state.furthest) return -1;
  if (at > state.furthest) {
    state.furthest = at;
    state.words = new Set();
    state.slots = new Set();
  }
  if (word !== null) state.words.add(word);
  if (slot !== null) state.slots.add(slot);
  return -1;
};

const expectComma = (state: State, at: number): void => {
  if (state.parts[at] !== undefined) expect(state, at, ',', null);
};

// ---------------------------------------------------------------------------------------------------- reading notation

type Sign =
  | { readonly is: 'word'; readonly word: string }
  | { readonly is: 'slot'; readonly slot: string }
  | { readonly is: 'equals' | 'body' }
  | { readonly is: 'list' | 'optional'; readonly of: Sign }
  | { readonly is: 'sequence' | 'choice'; readonly of: readonly Sign[] };

const read = new Map<string, Sign>();

const readSignature = (signature: string): Sign => {
  const known = read.get(signature);
  if (known !== undefined) return known;
  const tokens = signature.match(/ \| |\{ \}|, \u2026|[[\]()|=]|[A-Z]+|[a-z][a-z0-9-]*/g) ?? [];
  const reader = { tokens, at: 0 };
  const sign = readChoice(reader);
  if (reader.at !== tokens.length) throw new Error(`the signature cannot be read: ${signature}`);
  read.set(signature, sign);
  return sign;
};

type Reader = { readonly tokens: readonly string[]; at: number };

const readChoice = (reader: Reader): Sign => {
  const choices = [readSequence(reader)];
  while (take(reader, ' | ')) choices.push(readSequence(reader));
  return choices.length === 1 ? choices[0]! : { is: 'choice', of: choices };
};

const readSequence = (reader: Reader): Sign => {
  const of: Sign[] = [];
  while (reader.at < reader.tokens.length && ![' | ', ')', ']'].includes(reader.tokens[reader.at]!))
    of.push(readTerm(reader));
  return of.length === 1 ? of[0]! : { is: 'sequence', of };
};

const readTerm = (reader: Reader): Sign => {
  const choices = [readAtom(reader)];
  while (take(reader, '|')) choices.push(readAtom(reader));
  const term: Sign = choices.length === 1 ? choices[0]! : { is: 'choice', of: choices };
  return take(reader, ', …') ? { is: 'list', of: term } : term;
};

const readAtom = (reader: Reader): Sign => {
  const token = reader.tokens[reader.at++] ?? '';
  if (token === '(' || token === '[') {
    const of = readChoice(reader);
    reader.at++;
    return token === '[' ? { is: 'optional', of } : of;
  }
  if (token === '=') return { is: 'equals' };
  if (token === '{ }') return { is: 'body' };
  if (!/^[A-Z]+$/.test(token)) return { is: 'word', word: token };
  if (SLOTS[token] === undefined) throw new Error(`a signature names ${token}, which is no slot`);
  return { is: 'slot', slot: token };
};

const take = (reader: Reader, token: string): boolean => {
  if (reader.tokens[reader.at] !== token) return false;
  reader.at++;
  return true;
};

const wordsIn = (sign: Sign): readonly string[] => {
  switch (sign.is) {
    case 'word':
      return [sign.word];
    case 'slot':
    case 'equals':
    case 'body':
      return [];
    case 'list':
    case 'optional':
      return wordsIn(sign.of);
    case 'sequence':
    case 'choice':
      return sign.of.flatMap(wordsIn);
  }
};
