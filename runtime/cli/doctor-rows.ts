// What doctor found out about a host as rows: a label, a text, and what to do where something is amiss.
import type { HostPlan } from '../../compiler/plan.js';
import { FLOCK_FOLDERS } from '../host/lock/grip.js';
import type { Path } from '../tree/path.js';
import { bytesText, numberText } from '../ui/amounts.js';
import { displayMessage, displayPath, displayText, shellQuotePath } from '../ui/display.js';
import { unkeptText } from '../ui/unkept-text.js';
import {
  CLOCK_HELP,
  clockText,
  clockTrouble,
  FILES_HELP,
  filesTrouble,
  limitsText,
  toolsText,
} from './doctor-about.js';
import type { Examined, ExaminedRoot, Left } from './examine.js';
import type { ExaminedAbout } from './examine-about.js';
import type { ExaminedState } from './examine-state.js';
import { type Trouble, withoutHost } from './trouble.js';

/** All texts are safe to show. */
export type Row = {
  readonly label: string;
  readonly text: string;
  /** `bad` keeps the next apply from being done here, `less` does not. */
  readonly is?: 'bad' | 'less';
  readonly help?: string;
  /** What words in capitals stand for in both. */
  readonly where?: string;
};

/** `atLeast`: it stands for several hosts, and amounts are the smallest of them. */
export const rowsOf = (found: Examined, { atLeast }: { readonly atLeast: boolean }): Row[] => [
  ...(found.kind === undefined ? [] : drivenRows(found)),
  ...(found.facts === undefined ? [] : factRows(found, found.facts)),
  ...(found.about === undefined ? [] : aboutRows(found.about)),
  ...(found.unkept ?? []).map(
    (one): Row => ({
      label: 'plan asks',
      text: unkeptText(one),
      is: one.fails ? 'bad' : 'less',
      help: shown(one.help),
    }),
  ),
  ...(found.facts?.weaker ?? []).map((text): Row => ({ label: 'weaker', text: displayMessage(text), is: 'less' })),
  ...found.roots.flatMap(root => rootRows(root, found.host, atLeast)),
  ...(found.trouble === undefined ? [] : [troubled('failed', '', found.trouble, found.host)]),
];

/** Where a host is: `ssh web, eu.web`. */
export const placeText = ({ address, region, group }: HostPlan): string =>
  `${address.kind === 'local' ? 'this machine' : `${address.kind} ${displayText(address.host)}`}, ${displayText(`${region}.${group}`)}`;

const drivenRows = (found: Examined): Row[] => {
  const { kind, why } = found;
  const node = nodeText(found);
  return [
    { label: 'driven by', text: `${driverText(kind)}${why === undefined ? '' : `; ${shown(why)}`}` },
    ...(node === '' ? [] : [{ label: 'Node.js', text: node }]),
  ];
};

/** Which one serves there, or will. */
const nodeText = ({ runtime, facts, about }: Examined): string => {
  if (runtime?.state === 'to-be-copied') {
    const { version, bytes } = runtime;
    const until = facts === undefined ? 'more can be told when it is there' : 'until then it is looked at by its shell';
    return `none that fits; plan and apply copy this machine’s (${version}, ${bytesText(bytes)}) into ~/.cache/syncplan there; ${until}`;
  }
  const path = about?.tools.find(({ name }) => name === 'node')?.path ?? '';
  if (facts === undefined || facts.node === '') return '';
  const copied = runtime?.state === 'copied' ? ': this machine’s, copied by an earlier run' : '';
  return `${displayText(facts.node)}${path === '' ? '' : `, ${displayText(path)}`}${copied}`;
};

const factRows = (found: Examined, facts: NonNullable<Examined['facts']>): Row[] => {
  const { system, user, privileged, caseSensitive } = facts;
  return [
    { label: 'system', text: `${displayText(system)}${caseSensitive ? '' : ', names without regard to case'}` },
    { label: 'user', text: `${displayText(user)}${privileged ? ' (may change owners)' : ''}` },
    {
      label: 'locks',
      text: locksText(found),
    },
    {
      label: 'programs',
      text:
        found.programs === true ? 'yes: hooks and lock commands, as its policy allows' : 'no: hooks cannot run here',
    },
    { label: 'checksums', text: checksumsText(facts) },
  ];
};

/** Where a host does not tell what it has, it locks as it can. */
const locksText = ({ kind, locks, about }: Examined): string => {
  if (locks !== true) return 'no: blocks with consistency lock cannot be used here';
  if (kind === 'sftp') return 'by claims, folders in its state folder that are kept alive from here';
  const flock = about?.tools.find(({ name }) => name === 'flock')?.path;
  if (flock === undefined) return 'yes';
  if (flock !== '') return `by flock (${displayText(flock)}), and a claim beside it for runs that have no flock`;
  return `by claims, folders in its state folder: flock is neither in PATH nor in ${FLOCK_FOLDERS.join(', ')}, nor named by SYNCPLAN_FLOCK`;
};

const driverText = (kind: Examined['kind']): string => {
  if (kind === 'local') return 'its own agent, without ssh';
  if (kind === 'shell') return 'its shell over ssh';
  return kind === 'sftp' ? 'SFTP alone: nothing of syncplan runs there' : `${kind} over ssh`;
};

/** Where they are made, and what it costs. */
const checksumsText = ({ algorithms, digests }: NonNullable<Examined['facts']>): string => {
  if (digests === undefined) return `made there: ${algorithms.join(' ')}`;
  const others = algorithms.filter(one => !digests.made.includes(one));
  const often = digests.remembered ? 'once for each change' : 'in every run';
  const made = digests.made.length === 0 ? 'none is made there' : `made there: ${digests.made.join(' ')}`;
  const quick = digests.made.length === 0 ? 'only what is to be replaced or deleted' : 'nothing';
  return `${made}; made here, of content that is read back over the network ${often}, for files of equal size and what is to be replaced or deleted: ${others.join(' ')}; \`compare quick\` reads ${quick} back`;
};

const aboutRows = (about: ExaminedAbout): Row[] => [
  ...(toolsText(about) === '' ? [] : [{ label: 'tools', text: toolsText(about) }]),
  { label: 'clock', text: clockText(about), ...amiss(clockTrouble(about), CLOCK_HELP) },
  ...(limitsText(about) === ''
    ? []
    : [{ label: 'limits', text: limitsText(about), ...amiss(filesTrouble(about), FILES_HELP) }]),
];

const amiss = (trouble: string | null, help: string): Pick<Row, 'is' | 'help'> =>
  trouble === null ? {} : { is: 'less', help };

const rootRows = (root: ExaminedRoot, host: string, atLeast: boolean): Row[] => {
  const { stateFolder } = root;
  const head = `${displayText(root.root)} (${root.role})  ${displayPath(root.path)}: `;
  return [
    root.state === 'trouble' && root.trouble !== undefined
      ? troubled('root', head, root.trouble, host)
      : { label: 'root', text: `${head}${rootText(root, atLeast)}`, ...advice(root.trouble) },
    ...(stateFolder === undefined ? [] : [stateRow(stateFolder, host)]),
    ...(root.owed ?? []).flatMap(left => (left.record === undefined ? [] : [strandedRow(left, left.record)])),
  ];
};

/** Renamed, or another plan's: which of them only a person knows. */
const strandedRow = ({ run, block }: Left, record: Path): Row => ({
  label: 'owed',
  text: `hooks of block ${displayText(block)}, since run ${displayText(run)}: this plan has no such block there, so no apply of it runs them`,
  is: 'less',
  help: `where another plan has that block, its next apply runs them; where the block was renamed or taken out, do by hand what they would have done, then remove on that host what says that they are owed: rm ${shellQuotePath(record)}`,
});

const rootText = (found: ExaminedRoot, atLeast: boolean): string => {
  const { state, space } = found;
  const there = state === 'there' ? 'there' : 'missing; apply will make it';
  const most = atLeast ? 'at least ' : '';
  const free = space === null ? '' : `, ${most}${bytesText(space.bytes)} and ${numberText(space.inodes)} files free`;
  return `${there}${free}, ${writeText(found)}${state === 'there' ? knownText(found) : ''}`;
};

const stateRow = ({ path, state, writable, trouble }: ExaminedState, host: string): Row => {
  const head = `${displayPath(path)}: ${state === 'there' ? 'there' : 'missing; apply will make it'}, `;
  return trouble === undefined
    ? { label: 'state', text: `${head}${writeText({ writable })}` }
    : troubled('state', head, trouble, host);
};

const writeText = ({ writable, trouble }: Pick<ExaminedRoot, 'writable' | 'trouble'>): string => {
  if (writable === null) return 'whether it may be written to only trying would tell';
  return writable === true ? 'may be written to' : shown(trouble?.message ?? 'may not be written to');
};

/** What syncplan itself keeps there: its marker, and what earlier runs left for the next apply. */
const knownText = ({ role, marker, fileSystem, unfinished = [], owed = [] }: ExaminedRoot): string =>
  [
    fileSystem === undefined || fileSystem === '' ? '' : displayText(fileSystem),
    role === 'master'
      ? ''
      : marker === null || marker === undefined
        ? 'no marker yet: no run has written there'
        : 'with the marker of an earlier run',
    ...unfinished.map(
      ({ run, block }) =>
        `! block ${displayText(block)} of run ${displayText(run)} is unfinished: the next apply finishes it`,
    ),
    ...owed
      .filter(({ record }) => record === undefined)
      .map(
        ({ run, block }) =>
          `! hooks of block ${displayText(block)} are owed since run ${displayText(run)}: the next apply runs them`,
      ),
  ]
    .filter(text => text !== '')
    .map(text => `, ${text}`)
    .join('');

const troubled = (label: string, head: string, trouble: Trouble, host: string): Row => ({
  label,
  text: `${head}${withoutHost(trouble.message, host)}`,
  ...advice(trouble),
});

const advice = (trouble: Trouble | undefined): Pick<Row, 'is' | 'help'> =>
  trouble === undefined ? {} : { is: 'bad', help: shown(trouble.help) };

const shown = displayMessage;
