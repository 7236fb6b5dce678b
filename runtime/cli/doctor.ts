// syncplan doctor: reaches every host of a plan; says how it will be driven, what it can do and what is missing.
import { dirname } from 'node:path';
import { beyondDriver } from '../../compiler/catalog/blocks.js';
import type { HostPlan } from '../../compiler/plan.js';
import { type Path, toText } from '../tree/path.js';
import { countText, numberText } from '../ui/amounts.js';
import { escapeJson } from '../ui/display.js';
import { type Command, EXIT } from './command.js';
import { prepareConnect } from './connecting.js';
import { examinedText } from './doctor-text.js';
import { type Examined, examine, troublesOf } from './examine.js';
import { catchInterrupts, INTERRUPTED } from './interrupts.js';
import { loadPlan } from './load-plan.js';

export const doctor: Command = async call => {
  const { terminal, options } = call;
  // What a kind of host cannot do is no reason not to look at it: that is told of each of them, too.
  const loaded = await loadPlan(call, [beyondDriver.code]);
  if ('exitCode' in loaded) return loaded.exitCode;
  const { plan, file, errors } = loaded;
  const interrupts = catchInterrupts(call.process, terminal.say);
  const connecting = prepareConnect(call, dirname(file), interrupts.signal);
  const write = options.flag('json')
    ? (found: Examined) => terminal.print(jsonLine(found))
    : (found: Examined, host: HostPlan) => terminal.print(examinedText(found, host, terminal.colour.print));
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
    if (errors === 0) return exitCode(found, troubled);
    terminal.say(
      `the plan has ${countText(errors, 'error')}, told above: plan and apply refuse it until that is mended\n`,
    );
    return EXIT.faulty;
  } finally {
    interrupts.release();
  }
};

const exitCode = (found: readonly Examined[], troubled: readonly Examined[]): number => {
  if (troubled.length === 0) return EXIT.done;
  if (troubled.length < found.length) return EXIT.partial;
  return troubled.flatMap(troublesOf).some(({ refusal }) => refusal) ? EXIT.refused : EXIT.failed;
};

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
