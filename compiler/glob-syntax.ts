// What a glob is written with: braces, sets, stars and escapes. Finds flaws, writes alternatives out, reads one component.

/** A string is one character to be found as it is. */
export type Piece = string | { readonly piece: 'star' | 'one' } | CharacterSet;
type CharacterSet = {
  readonly piece: 'set';
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
};
/** null is `**`: any number of components. */
export type Part = readonly Piece[] | null;

export type GlobError = { readonly error: string; readonly at: number };

const MAX_TEXT = 4096;
export const MAX_ALTERNATIVES = 1024;
const MAX_EXPANDED = 262_144;
export const STAR = { piece: 'star' } as const;
const ONE = { piece: 'one' } as const;

export const findFlaw = (text: string): GlobError | null => {
  if (text === '') return { error: 'the glob is empty', at: 0 };
  if (text.length > MAX_TEXT) return { error: `the glob is longer than ${MAX_TEXT} characters`, at: 0 };
  const open: { at: number; commas: number }[] = [];
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '\0':
        return { error: 'a name cannot hold a NUL character', at };
      case '\\':
        if (at + 1 === text.length) return { error: 'a "\\" stands at the end, with nothing to escape', at };
        if (text[at + 1] === '/') return { error: 'a "/" cannot be escaped', at };
        at++;
        break;
      case '[': {
        const end = setEnd(text, at);
        if (end < 0) return { error: 'the "[" is never closed', at };
        const flaw = setFlaw(text.slice(at, end));
        if (flaw !== null) return { error: flaw, at };
        at = end - 1;
        break;
      }
      case '{':
        open.push({ at, commas: 0 });
        break;
      case ',': {
        const group = open.at(-1);
        if (group !== undefined) group.commas++;
        break;
      }
      case '}': {
        const group = open.pop();
        if (group === undefined) return { error: 'the "}" has no "{"', at };
        if (group.commas === 0) return { error: 'the braces hold only one alternative', at: group.at };
        break;
      }
      case '/':
        if (at === text.length - 1)
          return { error: 'the glob ends with a "/"; "folder/**" is everything below a folder', at };
        if (text[at + 1] === '/') return { error: 'a folder name is missing between two "/"', at };
        break;
    }
  }
  const group = open.pop();
  return group === undefined ? null : { error: 'the "{" is never closed', at: group.at };
};

/** Just behind the `]` of the set that begins at `at`, or -1. A `]` that comes first is a member. */
const setEnd = (text: string, at: number): number => {
  let i = at + 1;
  if (text[i] === '!' || text[i] === '^') i++;
  for (let first = true; i < text.length; i++, first = false) {
    if (text[i] === ']' && !first) return i + 1;
    if (text[i] === '\\') i++;
  }
  return -1;
};

const setFlaw = (text: string): string | null => {
  if (text.includes('/')) return 'a set never matches a "/"';
  for (const [low, high] of parseSet(text).ranges) if (low > high) return `the range ${low}-${high} runs backwards`;
  return null;
};

/** All the texts that a text with braces stands for, or null beyond the caps. */
export const expand = (text: string): readonly string[] | null => {
  const at = findOutside(text, 0, '{');
  if (at < 0) return [text];
  const texts: string[] = [];
  const tails = expand(text.slice(closing(text, at) + 1));
  if (tails === null) return null;
  let size = 0;
  for (const choice of choices(text, at)) {
    const middles = expand(choice);
    if (middles === null) return null;
    for (const middle of middles) {
      for (const tail of tails) {
        const one = text.slice(0, at) + middle + tail;
        size += one.length;
        if (texts.push(one) > MAX_ALTERNATIVES || size > MAX_EXPANDED) return null;
      }
    }
  }
  return texts;
};

const choices = (text: string, open: number): readonly string[] => {
  const close = closing(text, open);
  const found: string[] = [];
  let start = open + 1;
  for (let at = start; at <= close; at++) {
    const next = findOutside(text, at, '{,}');
    if (text[next] === '{') {
      at = closing(text, next);
      continue;
    }
    found.push(text.slice(start, next));
    start = next + 1;
    at = next;
  }
  return found;
};

const closing = (text: string, open: number): number => {
  let depth = 0;
  for (let at = open; ; at++) {
    at = findOutside(text, at, '{}');
    depth += text[at] === '{' ? 1 : -1;
    if (depth === 0) return at;
  }
};

/** The first of these characters from `at` on that is neither escaped nor in a set, or -1. */
const findOutside = (text: string, from: number, characters: string): number => {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (characters.includes(character)) return at;
    if (character === '\\') at++;
    else if (character === '[') at = setEnd(text, at) - 1;
  }
  return -1;
};

export const parsePart = (text: string): Part => (text === '**' ? null : parsePieces(text));

export const parsePieces = (text: string): readonly Piece[] => {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; ) {
    const character = text[at];
    if (character === '[') {
      const end = setEnd(text, at);
      pieces.push(parseSet(text.slice(at, end)));
      at = end;
      continue;
    }
    if (character === '\\') at++;
    const end = characterEnd(text, at);
    if (character === '*') {
      if (!isStar(pieces.at(-1))) pieces.push(STAR);
    } else pieces.push(character === '?' ? ONE : text.slice(at, end));
    at = end;
  }
  return pieces;
};

const parseSet = (text: string): CharacterSet => {
  const negated = text[1] === '!' || text[1] === '^';
  const members: { character: string; escaped: boolean }[] = [];
  for (let at = negated ? 2 : 1; at < text.length - 1; ) {
    const escaped = text[at] === '\\';
    if (escaped) at++;
    const end = characterEnd(text, at);
    members.push({ character: text.slice(at, end), escaped });
    at = end;
  }
  const ranges: [string, string][] = [];
  for (let i = 0; i < members.length; i++) {
    const low = members[i]!.character;
    const dash = members[i + 1];
    const high = members[i + 2];
    if (dash?.character === '-' && !dash.escaped && high !== undefined) {
      ranges.push([low, high.character]);
      i += 2;
    } else ranges.push([low, low]);
  }
  return { piece: 'set', negated, ranges };
};

export const isStar = (piece: Piece | undefined): boolean =>
  piece !== undefined && typeof piece !== 'string' && piece.piece === 'star';

/** Where the character that begins at `at` ends: one UTF-8 sequence where there is one, else one byte. */
export const characterEnd = (text: string, at: number): number => {
  const lead = text.charCodeAt(at);
  if (lead < 0xc2 || lead > 0xf4) return at + 1;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  for (let i = 1; i < length; i++) {
    const code = text.charCodeAt(at + i);
    if (!(code >= 0x80 && code <= 0xbf)) return at + 1;
  }
  return at + length;
};

/** The text that a component without wildcards stands for, else null. */
export const literal = (part: Part): string | null =>
  part?.every(piece => typeof piece === 'string') ? part.join('') : null;
