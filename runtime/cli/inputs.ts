// Values for the inputs of a plan, and roles given for this run: command line over files over the environment.
import * as z from 'zod/mini';
import type { Call } from './command.js';
import { readText } from './files.js';

export type Inputs = {
  readonly vars: Readonly<Record<string, string>>;
  /** Names that were said on purpose (not by the environment): each must be an input of the plan. */
  readonly named: readonly string[];
  readonly roles: Readonly<Record<string, readonly string[]>>;
};

export const readInputs = async ({ options, terminal }: Call): Promise<Inputs | { readonly complaint: string }> => {
  const vars = new Map<string, string>();
  for (const [key, value] of Object.entries(terminal.environment)) {
    if (key.startsWith(PREFIX) && value !== undefined) vars.set(key.slice(PREFIX.length), value);
  }
  const named = new Map<string, string>();
  for (const file of options.values('var-file')) {
    const found = parseVarFile(await readText(file));
    if ('complaint' in found) return { complaint: `--var-file ${JSON.stringify(file)}: ${found.complaint}` };
    for (const [name, value] of found.values) named.set(name, value);
  }
  for (const word of options.values('var')) {
    const pair = parsePair(word);
    if (pair === null) return { complaint: `--var wants NAME=VALUE, not ${JSON.stringify(word)}` };
    named.set(...pair);
  }
  for (const [name, value] of named) vars.set(name, value);
  const roles = parseRoles(options);
  if ('complaint' in roles) return roles;
  return { vars: Object.fromEntries(vars), named: [...named.keys()], roles: Object.fromEntries(roles.roles) };
};

const PREFIX = 'SYNCPLAN_VAR_';
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

const parsePair = (word: string): [string, string] | null => {
  const at = word.indexOf('=');
  const name = word.slice(0, Math.max(0, at));
  return NAME.test(name) ? [name, word.slice(at + 1)] : null;
};

type Values = { readonly values: ReadonlyMap<string, string> } | { readonly complaint: string };

/** A JSON object of strings, numbers and booleans; or lines of NAME=VALUE with # comments and empty lines between. */
const parseVarFile = (text: string): Values => {
  if (/^\s*\{/.test(text)) return parseJson(text);
  const values = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const pair = parsePair(line.trimStart());
    if (pair === null) return { complaint: `line ${index + 1} is not NAME=VALUE` };
    values.set(...pair);
  }
  return { values };
};

const Scalars = z.record(z.string().check(z.regex(NAME)), z.union([z.string(), z.number(), z.boolean()]));

const parseJson = (text: string): Values => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { complaint: `not JSON: ${(error as Error).message}` };
  }
  const found = Scalars.safeParse(json);
  if (!found.success) return { complaint: 'must be one object of names with strings or numbers' };
  return { values: new Map(Object.entries(found.data).map(([name, value]) => [name, String(value)])) };
};

const parseRoles = (
  options: Call['options'],
): { readonly roles: ReadonlyMap<string, readonly string[]> } | { readonly complaint: string } => {
  const roles = new Map<string, readonly string[]>();
  const add = (role: string, hosts: string): void => {
    const names = hosts.split(',').map(name => name.trim());
    roles.set(role, [...(roles.get(role) ?? []), ...names]);
  };
  for (const word of options.values('role')) {
    const pair = parsePair(word);
    if (pair === null) return { complaint: `--role wants NAME=HOSTS, not ${JSON.stringify(word)}` };
    add(...pair);
  }
  for (const word of options.values('master')) add('master', word);
  for (const word of options.values('remote')) add('remote', word);
  for (const [role, names] of roles) {
    if (names.includes('')) return { complaint: `role ${role} is given an empty host name` };
  }
  return { roles };
};
