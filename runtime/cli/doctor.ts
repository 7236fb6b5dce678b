// syncplan doctor: reaches every host of a plan; says how it will be driven, what it can do and what is missing.
import { dirname } from 'node:path';
import type { HostPlan } from '../../compiler/plan.js';
import { type Path, toText } from '../tree/path.js';
import { bytesText, countText, numberText } from '../ui/amounts.js';
import { palette } from '../ui/colour.js';
import { displayMessage, displayPath, displayText, escapeJson } from '../ui/display.js';
import { type Command, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { type Examined, type ExaminedRoot, examine } from './examine.js';
import type { ExaminedState } from './examine-state.js';
import { catchInterrupts, INTERRUPTED } from './interrupts.js';
import { loadPlan } from './load-plan.js';
import type { Trouble } from './trouble.js';

export const doctor: Command = async call => {
  const { terminal, options } = call;
  const loaded = await loadPlan(call);
  if ('exitCode' in loaded) return loaded.exitCode;
  const { plan, file } = loaded;
  const interrupts = catchInterrupts(call.process, terminal.say);
  const connecting = prepareConnect(call, dirname(file), interrupts.signal);
  const write = options.flag('json')
    ? (found: Examined) => terminal.print(jsonLine(found))
    : (found: Examined, host: HostPlan) => terminal.print(textOf(found, host, terminal.colour.print));
  try {
    // All are reached at the same time, and told in the plan's order as soon as it allows.
    const examinations = plan.hosts.map(host => examine(plan, host, connecting));
    for (const examination of examinations) examination.catch(() => undefined);
    const found: Examined[] = [];
    for (const [index, host] of plan.hosts.entries()) {
      const one = await examinations[index]!;
      found.push(one);
      write(one, host);
    }
    if (interrupts.signal.aborted) return INTERRUPTED;
    const troubled = found.filter(one => troublesOf(one).length > 0);
    terminal.say(
      `${countText(found.length, 'host')}, ${troubled.length === 0 ? 'all fit' : `${numberText(troubled.length)} with trouble`}\n`,
    );
    return exitCode(found, troubled);
  } finally {
    interrupts.release();
  }
};

const exitCode = (found: readonly Examined[], troubled: readonly Examined[]): number => {
  if (troubled.length === 0) return EXIT.done;
  if (troubled.length < found.length) return EXIT.partial;
  return troubled.flatMap(troublesOf).some(({ refusal }) => refusal) ? EXIT.refused : EXIT.failed;
};

const troublesOf = ({ trouble, roots }: Examined): readonly Trouble[] =>
  [trouble, ...roots.flatMap(root => [root.trouble, root.stateFolder?.trouble])].filter(one => one !== undefined);

const textOf = (found: Examined, { address, region, group }: HostPlan, colour: boolean): string => {
  const paint = palette(colour);
  const where = address.kind === 'local' ? 'this machine' : `${address.kind} ${displayText(address.host)}`;
  const sign = troublesOf(found).length === 0 ? paint.green('ok  ') : paint.red('FAIL');
  const lines = [`${sign} ${paint.bold(displayText(found.host))}  ${where}, ${displayText(`${region}.${group}`)}`];
  if (found.facts !== undefined) {
    const { system, node, user, privileged, caseSensitive, algorithms, weaker } = found.facts;
    lines.push(
      `     driven by  ${driverText(found.kind)}`,
      `     system     ${displayText(system)}${node === '' ? '' : `, Node.js ${displayText(node)}`}${caseSensitive ? '' : ', names without regard to case'}`,
      `     user       ${displayText(user)}${privileged ? ' (may change owners)' : ''}`,
      `     locks      ${found.locks === true ? 'yes' : 'no: blocks with consistency lock cannot be used here'}`,
      `     programs   ${found.programs === true ? 'yes: hooks and lock commands, as its policy allows' : 'no: hooks cannot run here'}`,
      `     checksums  ${algorithms.map(displayText).join(' ')}`,
      ...weaker.map(text => `     ${paint.yellow('!')} weaker   ${displayText(text)}`),
    );
  }
  for (const root of found.roots) {
    lines.push(`     root       ${rootText(root, found.host)}`, ...adviceOf(root.trouble));
    const { stateFolder } = root;
    if (stateFolder !== undefined)
      lines.push(`     state      ${stateText(stateFolder, found.host)}`, ...adviceOf(stateFolder.trouble));
  }
  if (found.trouble !== undefined)
    lines.push(`     ${messageOf(found.trouble, found.host)}`, ...adviceOf(found.trouble));
  return `${lines.join('\n')}\n`;
};

const driverText = (kind: Examined['kind']): string => {
  if (kind === 'local') return 'its own agent, without ssh';
  if (kind === 'shell') return 'its shell over ssh: no Node.js is needed there';
  return kind === 'sftp' ? 'SFTP alone: nothing of syncplan runs there' : `${kind} over ssh`;
};

const rootText = (found: ExaminedRoot, host: string): string => {
  const { root, path, role, state, space, trouble } = found;
  const free = space === null ? '' : `, ${bytesText(space.bytes)} and ${numberText(space.inodes)} files free`;
  const head = `${displayText(root)} (${role})  ${displayPath(path)}`;
  switch (state) {
    case 'there':
      return `${head}: there${free}, ${writeText(found)}${knownText(found)}`;
    case 'to-be-created':
      return `${head}: missing; apply will make it${free}, ${writeText(found)}`;
    case 'trouble':
      return `${head}: ${trouble === undefined ? '' : messageOf(trouble, host)}`;
  }
};

const stateText = ({ path, state, writable, trouble }: ExaminedState, host: string): string => {
  const head = `${displayPath(path)}: ${state === 'there' ? 'there' : 'missing; apply will make it'}`;
  return `${head}, ${trouble === undefined ? writeText({ writable }) : messageOf(trouble, host)}`;
};

/** Its host stands above it already. */
const messageOf = ({ message }: Trouble, host: string): string => {
  const rest = message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
  const words = rest.split(' ');
  const at = words.findIndex((word, i) => words[i - 1] === 'on' && word.replace(/[:,]$/, '') === host);
  if (at < 0) return displayMessage(rest);
  const before = words.slice(0, at - 1).join(' ');
  return displayMessage([`${before}${words[at]!.slice(host.length)}`, ...words.slice(at + 1)].join(' '));
};

const writeText = ({ writable, trouble }: Pick<ExaminedRoot, 'writable' | 'trouble'>): string => {
  if (writable === null) return 'whether it may be written to only trying would tell';
  return writable === true ? 'may be written to' : displayMessage(trouble?.message ?? 'may not be written to');
};

/** What syncplan itself keeps there: its marker, and what earlier runs left for the next apply. */
const knownText = ({ role, marker, fileSystem, unfinished = [], owed = [] }: ExaminedRoot): string =>
  [
    fileSystem === undefined || fileSystem === '' ? '' : displayText(fileSystem),
    role === 'master' ? '' : marker === null || marker === undefined ? 'no marker yet' : 'with marker',
    ...unfinished.map(({ run, block }) => `! block ${displayText(block)} of run ${displayText(run)} is unfinished`),
    ...owed.map(({ run, block }) => `! hooks of block ${displayText(block)} are owed since run ${displayText(run)}`),
  ]
    .filter(text => text !== '')
    .map(text => `, ${text}`)
    .join('');

const adviceOf = (trouble: Trouble | undefined): string[] =>
  trouble === undefined || trouble.help === '' ? [] : [`       help: ${displayMessage(trouble.help)}`];

const jsonLine = (found: Examined): string => {
  const roots = found.roots.map(({ stateFolder, ...root }) => ({
    ...root,
    ...pathFields(root.path),
    ...(stateFolder === undefined ? {} : { stateFolder: { ...stateFolder, ...pathFields(stateFolder.path) } }),
  }));
  return `${escapeJson(JSON.stringify({ ...found, roots }))}\n`;
};

/** As text; one that is not UTF-8 also as it is, in base64. */
const pathFields = (path: Path): { readonly path: string; readonly pathBytes?: string } => {
  const text = toText(path);
  const bytes = Buffer.from(path, 'latin1');
  return text === null ? { path: bytes.toString('utf8'), pathBytes: bytes.toString('base64') } : { path: text };
};
