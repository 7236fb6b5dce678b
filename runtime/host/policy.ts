// What the operator of this machine allows plans to do here; no plan can change it.
//
// Two files are looked at, and what one of them forbids is forbidden: `/etc/syncplan/policy.json`, and this user's
// `$XDG_CONFIG_HOME/syncplan/policy.json` (`~/.config`), in whose place SYNCPLAN_POLICY may name another. A file that is not
// there allows everything; one that cannot be read or understood forbids everything that is below, and so does one that
// SYNCPLAN_POLICY names and that is not there, or by no absolute path. Format, JSON:
//
//   {
//     "policy": 1,                          the version of this format
//     "hooks": false,                       no plan's hooks run here; default true
//     "lockCommands": false,                no plan's lock commands run here; default true
//     "programs": ["/usr/bin/systemctl", "/opt/exchange/bin/*"],
//                                           only these programs run, hooks and lock commands alike; absolute paths or globs
//                                           of programs or of folders they lie in. A bare name counts as the program that
//                                           PATH finds; links are not followed
//     "roots": ["/srv/www", "/data/*"]      only these folders, and what is below them, may be roots or state folders;
//                                           links are followed first. Absolute paths or globs
//   }
//
// Keys that are not known are refused: a policy must never mean less than its author believes.
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod/mini';
import { makeProtect } from '../tree/matcher.js';
import { asText, fromText, type Path } from '../tree/path.js';
import { HostError } from './host-error.js';
import { realPath } from './real-path.js';

export type Policy = {
  /** Why this program may not run for this purpose, or null. `path` is absolute. */
  readonly refuseProgram: (purpose: Purpose, path: string) => string | null;
  /** Does a file allow this kind of program in so many words? One that says nothing allows it to plans, but not to a
   * restricted key (restricted.ts). */
  readonly names: (purpose: Purpose) => boolean;
  /** Throws HostError 'bad-root' where the folder (or, if it is not there yet, the one it would be made in) is not allowed. */
  readonly checkFolder: (what: string, path: Path) => void;
};

export type Purpose = 'hook' | 'lock command';

export type PolicyPlaces = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The system's own file. */
  readonly system?: string;
};

/** Reads the files anew at each question: a policy that is tightened counts at once. */
export const openPolicy = (places: PolicyPlaces): Policy => {
  const files = filesOf(places);
  return {
    refuseProgram(purpose, path) {
      for (const place of files) {
        const read = readPolicy(place);
        if (read === null) continue;
        if ('wrong' in read) return `${read.wrong}; until it is mended no program of a plan runs here`;
        const why = refuseBy(read, purpose, path);
        if (why !== null) return `the policy ${place.file} of this machine ${why}`;
      }
      return null;
    },
    names: purpose =>
      files.some(place => {
        const read = readPolicy(place);
        return read !== null && !('wrong' in read) && read[purpose === 'hook' ? 'hooks' : 'lockCommands'] === true;
      }),
    checkFolder(what, path) {
      for (const place of files) {
        const { file } = place;
        const read = readPolicy(place);
        if (read === null || (!('wrong' in read) && allows(read.roots, realPath(path)))) continue;
        const why = 'wrong' in read ? read.wrong : `the policy ${file} of this machine does not allow this folder`;
        throw new HostError(
          'bad-root',
          `${what} ${asText(path)} cannot be used: ${why}`,
          `Ask whoever looks after that machine to change ${file}, or choose another folder.`,
        );
      }
    },
  };
};

type Rules = z.infer<typeof RULES>;

const globs = z.array(z.string().check(z.refine(isAbsolute), z.maxLength(4096), z.refine(isGlob)));
const RULES = z.strictObject({
  policy: z.literal(1),
  hooks: z.optional(z.boolean()),
  lockCommands: z.optional(z.boolean()),
  programs: z.optional(globs),
  roots: z.optional(globs),
});

type PolicyFile = { readonly file: string; readonly named: boolean };

const filesOf = ({ environment, home, system = SYSTEM_POLICY }: PolicyPlaces): PolicyFile[] => {
  const { SYNCPLAN_POLICY: given = '', XDG_CONFIG_HOME: config = '' } = environment;
  const own = join(isAbsolute(config) ? config : join(home, '.config'), 'syncplan', 'policy.json');
  return [{ file: system, named: false }, given === '' ? { file: own, named: false } : { file: given, named: true }];
};

/** Null where there is none. One that was named has to be there: else a slip in its name would allow what it forbids. */
const readPolicy = ({ file, named }: PolicyFile): Rules | { readonly wrong: string } | null => {
  if (!isAbsolute(file)) return { wrong: `the policy ${file}, which SYNCPLAN_POLICY names, is no absolute path` };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !named) return null;
    if (code === 'ENOENT') return { wrong: `the policy ${file}, which SYNCPLAN_POLICY names, does not exist` };
    return { wrong: `the policy ${file} cannot be read (${code ?? message})` };
  }
  try {
    const checked = z.safeParse(RULES, JSON.parse(text));
    if (checked.success) return checked.data;
    const issue = checked.error.issues[0];
    const keys = issue?.code === 'unrecognized_keys' ? `: unknown ${issue.keys.join(', ')}` : '';
    return { wrong: `the policy ${file} is malformed at ${issue?.path.join('.') || 'its top'}${keys}` };
  } catch (error) {
    return { wrong: `the policy ${file} is not JSON (${(error as Error).message})` };
  }
};

const refuseBy = (rules: Rules, purpose: Purpose, path: string): string | null => {
  if (purpose === 'hook' && rules.hooks === false) return 'forbids hooks';
  if (purpose === 'lock command' && rules.lockCommands === false) return 'forbids lock commands';
  return allows(rules.programs, fromText(path)) ? null : `does not allow the program ${path}`;
};

/** A path or one of the folders above it matches. The globs are anchored below a component that stands for `/`. */
const allows = (globs: readonly string[] | undefined, path: Path): boolean =>
  globs === undefined || makeProtect(globs.map(glob => `${TOP}${fromText(glob)}`))(`${TOP}${path}`);

function isGlob(text: string): boolean {
  try {
    makeProtect([`${TOP}${text}`]);
    return true;
  } catch {
    return false;
  }
}

export const SYSTEM_POLICY = '/etc/syncplan/policy.json';
const TOP = 'top';
