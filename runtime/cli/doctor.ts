// syncplan doctor: reaches every host of a plan; says how it will be driven, what it can do and what is missing.
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { beyondDriver } from '../../compiler/catalog/blocks.js';
import { type Path, toText } from '../tree/path.js';
import { countText, numberText } from '../ui/amounts.js';
import { displayMessage, escapeJson } from '../ui/display.js';
import { type Call, type Command, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { doctorText } from './doctor-text.js';
import { type Examined, examine, type Left, troublesOf } from './examine.js';
import { stateFolder } from './history.js';
import { catchInterrupts, INTERRUPTED } from './interrupts.js';
import { loadPlan } from './load-plan.js';
import { openRootMemory } from './root-memory.js';
import { textOptions } from './show.js';
import { verdictOf } from './verdict.js';

export const doctor: Command = async call => {
  const { terminal, options } = call;
  // What a kind of host cannot do is no reason not to look at it: that is told of each of them, too.
  const loaded = await loadPlan(call, [beyondDriver.code]);
  if ('exitCode' in loaded) return loaded.exitCode;
  const { plan, whole, file, errors } = loaded;
  const isJson = options.flag('json');
  const interrupts = catchInterrupts(call.process, terminal.say);
  const connecting = prepareConnect(call, dirname(file), interrupts.signal, { copiesRuntime: false });
  const waiting = isJson ? SILENT : openWaiting(call, plan.hosts.length);
  try {
    // All are reached at the same time; a stream tells them in the plan's order, each as soon as it allows.
    const warn = (message: string): void => terminal.say(`syncplan: ${displayMessage(message)}\n`);
    const memory = openRootMemory(stateFolder(terminal.environment, homedir()), plan.hosts, warn);
    const examinations = plan.hosts.map(host => examine({ plan, whole }, host, connecting, memory));
    for (const examination of examinations) examination.then(waiting.answered, () => undefined);
    const found: Examined[] = [];
    for (const examination of examinations) {
      const one = await examination;
      found.push(one);
      if (isJson) terminal.print(jsonLine(one));
    }
    waiting.end();
    if (!isJson) {
      const seen = found.map((one, i) => ({ found: one, host: plan.hosts[i]! }));
      terminal.print(doctorText(seen, textOptions(terminal, 'print')));
    }
    if (interrupts.signal.aborted) return INTERRUPTED;
    terminal.say(`${isJson ? '' : '\n'}${countsText(found)}\n`);
    if (errors === 0) return exitCode(found);
    terminal.say(
      `the plan has ${countText(errors, 'error')}, told above: plan and apply refuse it until that is mended\n`,
    );
    return EXIT.faulty;
  } finally {
    interrupts.release();
    waiting.end();
  }
};

/** A slow login is no silence: on a terminal one line tells how many have answered, until there is more to say. */
const openWaiting = ({ terminal }: Call, hosts: number): typeof SILENT => {
  if (!terminal.drawable || terminal.ci) return SILENT;
  let answered = 0;
  let ended = false;
  const tell = (): void =>
    terminal.say(`\r\x1b[Kreaching ${countText(hosts, 'host')}: ${numberText(answered)} answered`);
  tell();
  return {
    answered() {
      answered++;
      if (!ended) tell();
    },
    end() {
      if (!ended) terminal.say('\r\x1b[K');
      ended = true;
    },
  };
};

const SILENT = { answered: (): void => undefined, end: (): void => undefined };

/** `60 hosts: 57 ready, 1 ready but weaker, 2 fail` */
const countsText = (found: readonly Examined[]): string => {
  const verdicts = found.map(one => verdictOf(one).verdict);
  const counts = (['ready', 'weaker', 'fails'] as const)
    .map(verdict => [verdicts.filter(one => one === verdict).length, WORDS[verdict]] as const)
    .filter(([count]) => count > 0)
    .map(([count, [one, many]]) => `${numberText(count)} ${count === 1 ? one : many}`);
  return `${countText(found.length, 'host')}: ${counts.join(', ')}`;
};

const WORDS = {
  ready: ['ready', 'ready'],
  weaker: ['ready but weaker', 'ready but weaker'],
  fails: ['fails', 'fail'],
} as const;

const exitCode = (found: readonly Examined[]): number => {
  const troubled = found.filter(one => troublesOf(one).length > 0);
  if (troubled.length === 0) return EXIT.done;
  if (troubled.length < found.length) return EXIT.partial;
  return troubled.flatMap(troublesOf).some(one => 'refusal' in one && one.refusal) ? EXIT.refused : EXIT.failed;
};

const jsonLine = (found: Examined): string => {
  const roots = found.roots.map(({ stateFolder, owed, ...root }) => ({
    ...root,
    ...(owed === undefined ? {} : { owed: owed.map(leftFields) }),
    ...pathFields(root.path),
    ...(stateFolder === undefined ? {} : { stateFolder: { ...stateFolder, ...pathFields(stateFolder.path) } }),
  }));
  return `${escapeJson(JSON.stringify({ ...found, ...verdictOf(found), roots }))}\n`;
};

const leftFields = ({ record, ...left }: Left): object =>
  record === undefined ? left : { ...left, record: pathFields(record) };

/** As text; one that is not UTF-8 also as it is, in base64. */
const pathFields = (path: Path): { readonly path: string; readonly pathBytes?: string } => {
  const text = toText(path);
  const bytes = Buffer.from(path, 'latin1');
  return text === null ? { path: bytes.toString('utf8'), pathBytes: bytes.toString('base64') } : { path: text };
};
