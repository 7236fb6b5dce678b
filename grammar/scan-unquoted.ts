// Text that is no token: reported once, with a fix where quotes are all that is missing, and taken as what was meant.
import { finding, hexOf, quoted } from './findings.js';
import { matchAt, push, type Scanner, spanFrom } from './scanner.js';
import * as T from './tokens.js';

/** What somebody may have meant as one piece: a path, a glob, an address. */
const UNQUOTED = /[^\s"'#{}()[\],;=<>\p{Cc}]+/uy;
const INVISIBLE = /\p{Zs}+|(?:(?![\t\n])[\u2028\u2029\uFEFF\p{Cc}\p{Cs}])+/uy;
const NAME_LIKE = /^[\p{L}\p{M}\p{N}_.-]+$/u;

/** A piece of text that can only have been meant as a name or a string: reported once, and taken as what was meant. */
export function scanUnquoted(scanner: Scanner): void {
  const piece = matchAt(UNQUOTED, scanner);
  if (piece === null) {
    scanInvisible(scanner);
    return;
  }
  const span = spanFrom(scanner, piece.length);
  const fix = /[\\$\p{C}]/u.test(piece) ? undefined : [{ span, text: `"${piece}"` }];
  if (!/[\p{L}\p{N}*?/~.]/u.test(piece)) {
    scanner.findings.push(finding('SP1001', span, `${quoted(piece)} means nothing here`));
    push(scanner, T.Stray, piece.length);
  } else if (/^-[0-9]/.test(piece)) {
    scanner.findings.push(finding('SP1008', span, `${quoted(piece)} is not a number: nothing in a plan is negative`));
    push(scanner, T.Stray, piece.length);
  } else if (NAME_LIKE.test(piece) && !/^[0-9]/.test(piece) && /[A-Za-z\p{L}]/u.test(piece[0]!)) {
    const help =
      'a name has the letters a to z, digits, - and _, starts with a letter, and dots join several; quote anything else';
    scanner.findings.push(finding('SP1012', span, `${quoted(piece)} is not a name`, { help }));
    push(scanner, T.Word, piece.length);
  } else {
    const help = 'paths, globs, addresses and commands stand between double quotes';
    scanner.findings.push(finding('SP1013', span, `${quoted(piece)} needs quotes`, fix ? { help, fix } : { help }));
    push(scanner, T.Str, piece.length, { parts: [piece] });
  }
}

function scanInvisible(scanner: Scanner): void {
  const piece = matchAt(INVISIBLE, scanner) ?? scanner.text[scanner.at]!;
  const span = spanFrom(scanner, piece.length);
  const spaces = /^\p{Zs}+$/u.test(piece);
  const name = piece === "'" ? 'a single quote' : `the character U+${hexOf(piece)}`;
  const more = spaces ? { help: 'write a plain space', fix: [{ span, text: ' ' }] } : {};
  const message =
    piece === "'" ? `${name} opens a string that is not closed on its line` : `${name} means nothing here`;
  scanner.findings.push(finding('SP1001', span, message, more));
  if (spaces) scanner.at += piece.length;
  else push(scanner, T.Stray, piece.length);
}
