// A saved plan in words, or as the stream a preview would be, without contacting anybody.
import type { ChangeLine, Preview, Summary, Totals } from '../engine/events.js';
import { type SavedPlan, savedPreview } from '../engine/saved-plan.js';
import { newTally, totalsOf } from '../engine/tally.js';
import { placeOf } from '../engine/which-hooks.js';
import { displayText } from '../ui/display.js';
import { objectLine } from '../ui/json.js';
import { previewText } from '../ui/preview-text.js';
import { type Call, EXIT } from './command.js';
import { changedSources } from './saved-again.js';
import type { Use } from './saved-use.js';
import { textOptions, wantsJson, wantsQuiet } from './show.js';

export const showSaved = async (call: Call, saved: SavedPlan, use: Use | null): Promise<number> => {
  const { terminal, options } = call;
  const preview = savedPreview(saved);
  const changes = preview.relations.reduce((sum, relation) => sum + relation.changes.length, 0);
  const exitCode = options.flag('exit-code') && changes > 0 ? EXIT.changes : EXIT.done;
  if (wantsJson(call)) terminal.print(streamOf(saved, preview, exitCode));
  else if (!wantsQuiet(call)) {
    const shown = previewText(preview, { ...textOptions(terminal, 'print'), verbose: options.flag('verbose') });
    terminal.print(`${await headOf(saved, use)}${shown}`);
  }
  return exitCode;
};

const headOf = async (saved: SavedPlan, use: Use | null): Promise<string> => {
  const inputs = Object.entries(saved.plan.inputs).map(([name, value]) => `${name}=${displayText(value)}`);
  const { only, except, allowDelete, acceptRoots } = saved.options;
  const flags = [
    ...only.map(name => `--only ${name}`),
    ...except.map(name => `--except ${name}`),
    ...(allowDelete ? ['--allow-delete'] : []),
    ...acceptRoots.map(name => `--accept-root ${name}`),
  ].map(displayText);
  const changed = (await changedSources(saved)).there;
  const drifted = saved.relations.filter(({ drift }) => drift.length > 0).map(({ host }) => displayText(host));
  const lines = [
    `saved by run ${saved.id} at ${saved.created} from ${displayText(saved.file)}`,
    ...(inputs.length === 0 ? [] : [`  made with ${inputs.join(' ')}`]),
    ...(flags.length === 0 ? [] : [`  restricted by ${flags.join(' ')}`]),
    ...(changed.length === 0
      ? []
      : [`  since then ${changed.map(displayText).join(', ')} changed; apply does what was saved`]),
    ...(drifted.length === 0 ? [] : [`  ! drift on ${[...new Set(drifted)].join(', ')}: apply will refuse it`]),
    ...(use === null ? [] : [`  ! used by run ${use.run} at ${use.time}: apply will refuse it`]),
  ];
  return `${lines.join('\n')}\n\n`;
};

const streamOf = (saved: SavedPlan, preview: Preview, exitCode: number): string => {
  const time = Date.parse(saved.created);
  const lines: object[] = [
    {
      type: 'version',
      time,
      stream: 1,
      syncplan: saved.syncplan,
      run: saved.id,
      command: 'plan',
      blocks: saved.plan.blocks.map(({ name, after, master, remotes }) => ({ block: name, after, master, remotes })),
    },
  ];
  const counted: { readonly block: string; readonly host: string; readonly tally: Totals }[] = [];
  for (const { block, host, changes, drift, hooks = [], unchanged, skipped } of preview.relations) {
    const tally = { ...newTally(), unchanged, skipped };
    for (const line of changes) {
      tally[COUNTED[line.change]]++;
      lines.push({ type: 'change', time, host, block, ...line });
    }
    for (const path of drift) lines.push({ type: 'drift', time, host, block, path });
    const outline = saved.plan.blocks.find(({ name }) => name === block)!;
    for (const { when, on, command } of hooks) {
      const place = placeOf({ host, block: outline }, on);
      lines.push({ type: 'hook', time, host, block, when, on: place, command, state: 'planned' });
    }
    counted.push({ block, host, tally });
  }
  const relations = counted.map(({ block, host, tally }) => ({ host, block, state: 'compared' as const, ...tally }));
  const states = relations.length === 0 ? {} : { compared: relations.length };
  const run = { exitCode, seconds: 0, run: saved.id, planned: true as const, states };
  const end: Summary = { ...run, ...totalsOf(counted), relations, hosts: [] };
  lines.push({ type: 'summary', time, ...end });
  return lines.map(objectLine).join('');
};

const COUNTED: Readonly<Record<ChangeLine['change'], 'created' | 'replaced' | 'attributes' | 'linked' | 'deleted'>> = {
  create: 'created',
  replace: 'replaced',
  attributes: 'attributes',
  link: 'linked',
  delete: 'deleted',
};
