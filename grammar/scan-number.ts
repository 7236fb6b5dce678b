// Numbers with their units: the value in the base of its kind, exactly, or a finding that says why not.
import type { Unit } from './ast.js';
import { finding, quoted } from './findings.js';
import { scanUnquoted } from './scan-unquoted.js';
import { matchAt, push, type Scanner, spanFrom } from './scanner.js';
import { UNITS } from './schema/units.js';
import { nearest } from './suggest.js';
import * as T from './tokens.js';

const PIECE = /[0-9][0-9A-Za-z_.%]*(?:-(?!>)[0-9A-Za-z_.%]*)*(?:\/[A-Za-z]+)?/y;
const SHAPE = /^([0-9]+)(?:\.([0-9]+))?([A-Za-z%][A-Za-z]*(?:\/[A-Za-z]+)?)?$/;
const CANNOT_FOLLOW = /[^\s"'#{}()[\],;=<>!&|\-\p{Cc}]/uy;
const DETACHED = /[ \t]+((?:(?:[KMGT]i|[kKMGT])?B)(?:\/s)?|ms|[smhd]|%)(?![A-Za-z0-9_.%/-])/y;

const ROWS = new Map(UNITS.map(row => [row.name, row]));
const HABITS: ReadonlyMap<string, string> = new Map([
  ...pairs('s', 'sec secs second seconds'),
  ...pairs('m', 'min mins minute minutes'),
  ...pairs('h', 'hr hrs hour hours'),
  ...pairs('d', 'day days'),
  ...pairs('B', 'b byte bytes'),
  ...pairs('KiB', 'k kib kb'),
  ...pairs('MiB', 'm mib mb'),
  ...pairs('GiB', 'g gib gb'),
  ...pairs('TiB', 't tib tb'),
  ...pairs('MB/s', 'mb/s mbps'),
]);

export function scanNumber(scanner: Scanner): void {
  const piece = matchAt(PIECE, scanner) ?? '';
  CANNOT_FOLLOW.lastIndex = scanner.at + piece.length;
  const shape = SHAPE.exec(piece);
  if (CANNOT_FOLLOW.test(scanner.text) || (shape === null && /^[0-9]+(?:\.[0-9]+){2,}/.test(piece)))
    scanUnquoted(scanner);
  else if (shape === null) reportShape(scanner, piece);
  else scanShape(scanner, piece, shape[1]!, shape[2] ?? '', shape[3] ?? '');
}

function scanShape(scanner: Scanner, piece: string, whole: string, fraction: string, unit: string): void {
  const zero = whole.length > 1 && whole.startsWith('0');
  if (zero && unit === '' && fraction === '') {
    scanMode(scanner, piece);
    return;
  }
  if (zero) {
    const span = spanFrom(scanner, piece.length);
    const fix = [{ span, text: piece.replace(/^0+(?=[0-9])/, '') }];
    const message = `${quoted(piece)} has a leading zero, which marks the mode of a file`;
    scanner.findings.push(finding('SP1008', span, message, { help: `write ${fix[0]!.text}`, fix }));
  }
  const detached = unit === '' ? detachedUnit(scanner, piece.length) : null;
  const row = ROWS.get(detached?.unit ?? unit);
  if (row === undefined && unit !== '') {
    reportUnit(scanner, piece, unit);
    return;
  }
  const length = piece.length + (detached?.length ?? 0);
  const value = baseValue(whole, fraction, row?.unit ?? 'none', row?.factor ?? 1);
  const image = `${whole}${fraction === '' ? '' : `.${fraction}`}${row?.name ?? ''}`;
  const span = spanFrom(scanner, length);
  if (typeof value === 'string') scanner.findings.push(finding('SP1011', span, `${quoted(image)} ${value}`));
  else if (detached !== null) {
    const fix = [{ span, text: image }];
    scanner.findings.push(finding('SP1104', span, `the unit is part of the number: ${quoted(image)}`, { fix }));
  }
  push(scanner, T.Num, length, { unit: row?.unit ?? 'none', value: typeof value === 'string' ? 0 : value }, image);
}

/** The value in the unit's base, or why there is none. Exact: whole bytes, whole milliseconds. */
function baseValue(whole: string, fraction: string, unit: Unit, factor: number): number | string {
  const tooLarge = `is too large: the most is 9007199254740991${unit === 'none' || unit === 'percent' ? '' : ' in its base'}`;
  if (whole.length > 16) return tooLarge;
  if (fraction.length > 12) return 'has too many decimals';
  if (unit === 'percent') return Number(`${whole}.${fraction || '0'}`);
  if (unit === 'none' && fraction !== '') return 'is not whole, and a number without a unit must be';
  // A duration is counted in milliseconds, so that `500ms` and `1.5s` are exact.
  const parts = unit === 'duration' ? 1000 : 1;
  const scaled = BigInt(whole + fraction) * BigInt(Math.round(factor * parts));
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n)
    return unit === 'duration' ? 'is not a whole number of milliseconds' : 'is not a whole number of bytes';
  const value = scaled / divisor;
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? tooLarge : Number(value) / parts;
}

function scanMode(scanner: Scanner, piece: string): void {
  const span = spanFrom(scanner, piece.length);
  const octal = /^[0-7]+$/.test(piece);
  const value = octal ? Number.parseInt(piece.slice(-8), 8) : 0;
  if (!octal) {
    const fix = piece.replace(/^0+/, '');
    const message = `${quoted(piece)} is not a mode: a leading zero makes a number octal, with digits from 0 to 7`;
    scanner.findings.push(finding('SP1010', span, message, { help: `write ${fix} for the decimal number` }));
  } else if (value > 0o7777 || piece.replace(/^0+/, '').length > 4) {
    scanner.findings.push(finding('SP1010', span, `${quoted(piece)} is not a mode: the highest is 07777`));
  }
  push(scanner, T.Num, piece.length, { unit: 'mode', value: value & 0o7777 });
}

function detachedUnit(scanner: Scanner, offset: number): { unit: string; length: number } | null {
  DETACHED.lastIndex = scanner.at + offset;
  const found = DETACHED.exec(scanner.text);
  return found === null ? null : { unit: found[1]!, length: found[0].length };
}

function reportUnit(scanner: Scanner, piece: string, unit: string): void {
  const meant = HABITS.get(unit.toLowerCase()) ?? nearest(unit, ROWS.keys());
  const row = meant === null ? undefined : ROWS.get(meant);
  if (row === undefined) {
    reportShape(scanner, piece, `${UNITS_TEXT}; `);
    return;
  }
  const span = spanFrom(scanner, piece.length);
  const place = { ...span, start: span.end - unit.length };
  const help = `did you mean ${quoted(row.name)}? ${UNITS_TEXT}`;
  scanner.findings.push(finding('SP1009', place, `${quoted(unit)} in ${quoted(piece)} is not a unit`, { help }));
  push(scanner, T.Num, piece.length, { unit: row.unit, value: 1 });
}

const UNITS_TEXT = 'units are B kB MB GB TB, KiB MiB GiB TiB, the same with /s, ms s m h d, and %';

function reportShape(scanner: Scanner, piece: string, units = ''): void {
  const span = spanFrom(scanner, piece.length);
  const help = `${units}a name starts with a letter; anything else stands between double quotes`;
  const fix = [{ span, text: `"${piece}"` }];
  scanner.findings.push(finding('SP1008', span, `${quoted(piece)} is neither a number nor a name`, { help, fix }));
  push(scanner, T.Str, piece.length, { parts: [piece] });
}

function pairs(unit: string, words: string): readonly (readonly [string, string])[] {
  return words.split(' ').map(word => [word, unit]);
}
