// Texts and names in a plan that look like secrets.
import type { Expression, Item, Statement, StringValue } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import type { Program } from '../1-resolve/program.js';
import { SECRET_NAME } from '../1-resolve/secret-name.js';
import { finding, type Report } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';

export const checkSecrets = (program: Program, report: Report): void => {
  for (const statement of program.statements) visit(statement, report);
};

const visit = (statement: Statement, report: Report): void => {
  const [name, ...rest] = statement.items;
  const isValue = statement.head.text === 'let' || statement.head.text === 'input';
  const holdsText = rest.some(item => item.kind === 'string' && item.parts.length > 0);
  if (isValue && name?.kind === 'name' && SECRET_NAME.test(name.text) && holdsText) {
    report(finding(settings.secret, name.span, [`a secret, by its name \`${name.text}\``]));
  }
  for (const item of statement.items) visitItem(item, report);
  if (statement.where !== null) visitExpression(statement.where, report);
  for (const inner of statement.body?.statements ?? []) visit(inner, report);
};

const visitItem = (item: Item, report: Report): void => {
  if (item.kind === 'string') visitString(item, report);
  if (item.kind === 'list') for (const inner of item.items) visitItem(inner, report);
  if (item.kind === 'name') reportIn(item.text, item.span, report);
};

const visitString = (value: StringValue, report: Report): void => {
  reportIn(value.parts.map(part => (typeof part === 'string' ? part : 'x')).join(''), value.span, report);
};

const visitExpression = (expression: Expression, report: Report): void => {
  switch (expression.kind) {
    case 'not':
      visitExpression(expression.operand, report);
      break;
    case 'and':
    case 'or':
      for (const operand of expression.operands) visitExpression(operand, report);
      break;
    case 'test':
      if (expression.operand !== null) visitItem(expression.operand, report);
  }
};

const reportIn = (text: string, span: Span, report: Report): void => {
  const found = LOOKS.find(([, pattern]) => pattern.test(text));
  if (found !== undefined) report(finding(settings.secret, span, [found[0]]));
};

/** Every pattern is linear: fixed words, then one run. */
const LOOKS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN\b/],
  ['an access key of Amazon', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a token of GitHub', /\b(?:gh[pousr]_[0-9A-Za-z]{20}|github_pat_[0-9A-Za-z_]{20})/],
  ['a token of Slack', /\bxox[abeoprs]-[0-9A-Za-z-]{10}/],
  ['a password in an address', /(?:^|:\/\/)[^\s:/@[\]]{1,64}:[^\s/@]{1,128}@/],
  ['a password', /(?:^|[\s?&;,])(?:password|passwd|pwd|passphrase|secret|token)\s{0,3}[=:]\s{0,3}[^\s$]/i],
];
