// plan -o: takes in what a run observed and writes it as a saved plan, if every host could be compared.
import { resolve } from 'node:path';
import type { Summary } from '../engine/events.js';
import type { Relation } from '../engine/relation.js';
import { SAVED_VERSION, type SavedRelation, saveRelation } from '../engine/saved-plan.js';
import { listText } from '../ui/amounts.js';
import { displayMessage, displayText, shellQuote } from '../ui/display.js';
import type { Call } from './command.js';
import { looksLikeJson } from './files.js';
import type { Inputs } from './inputs.js';
import { INTERRUPTED } from './interrupts.js';
import type { Loaded } from './load-plan.js';
import { refuseOutput } from './output-file.js';
import { reachedBy, wordsAgain } from './plan-again.js';
import { writeSaved } from './saved-file.js';
import { unsaved } from './unsaved.js';

export type Saving = {
  /** For the run: called with what it observed. */
  readonly observed: (relations: readonly Relation[]) => Promise<void>;
  /** After the run; says what became of it. False where it was not saved though the run was fine. */
  readonly finish: (summary: Summary, started: Date) => Promise<boolean>;
};

const isWhole = ({ state, problems, guards }: Relation): boolean =>
  state === 'compared' && problems.length === 0 && guards.length === 0;

const isUnfinished = ({ unfinished }: Relation): boolean => unfinished > 0;

/** A complaint where the output is a file that is not a saved plan: a plan's text is never overwritten. An exit code where it
 * has been said why it could not be written. */
export const prepareSaving = async (
  call: Call,
  loaded: Loaded,
  inputs: Inputs,
  output: string,
): Promise<Saving | { readonly complaint: string } | { readonly exitCode: number }> => {
  const { terminal, options } = call;
  const refused = refuseOutput(call, output);
  if (refused !== null) return { exitCode: refused };
  const target = resolve(terminal.folder, output);
  if (!(await looksLikeJson(target, true))) {
    return { complaint: `${JSON.stringify(output)} exists and is no saved plan; name another file` };
  }
  let relations: readonly SavedRelation[] | null = null;
  let found: readonly Relation[] = [];
  let trouble: string | null = null;
  return {
    async observed(observed) {
      found = observed;
      if (!found.every(isWhole) || found.some(isUnfinished)) return;
      try {
        relations = await Promise.all(found.map(saveRelation));
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
      }
    },
    async finish(summary, started) {
      const { file, plan } = loaded;
      const given = {
        only: options.values('only'),
        except: options.values('except'),
        roles: inputs.roles,
        allowDelete: options.flag('allow-delete'),
        acceptRoots: options.values('accept-root'),
      };
      const words = wordsAgain(call, { file, inputs: plan.inputs, options: given });
      if (relations === null || (summary.exitCode !== 0 && summary.exitCode !== 2)) {
        const interrupted = summary.exitCode === INTERRUPTED;
        const { why, help } =
          trouble === null ? unsaved(found, interrupted, { words, output }) : { why: trouble, help: '' };
        const advice = help === '' ? '' : `  ${displayMessage(help)}\n`;
        terminal.say(`syncplan: the plan was not saved: ${displayMessage(why)}\n${advice}`);
        return trouble === null && summary.exitCode !== 0 && summary.exitCode !== 2;
      }
      const created = started.toISOString();
      const head = { saved: SAVED_VERSION, id: summary.run, created, syncplan: SYNCPLAN_VERSION } as const;
      await writeSaved(target, { ...head, file, options: given, plan, relations });
      const drifted = [...new Set(relations.filter(({ drift }) => drift.length > 0).map(({ host }) => host))];
      const hosts = listText(drifted.map(displayText));
      terminal.say(
        drifted.length === 0
          ? `saved; to do exactly this, once: ${['syncplan apply', shellQuote(output), ...reachedBy(options)].join(' ')}\n`
          : `saved to be read, not to be applied: ${hosts} ${drifted.length === 1 ? 'was' : 'were'} changed by somebody else, and apply refuses a saved plan there\n  to repair that and keep what stands there in the trash: syncplan apply ${words}\n`,
      );
      return true;
    },
  };
};
