// What a run looks like from outside, as a fold of its events; every screen is drawn from it.
//
// `fold` changes the view it is given and gives it back, so that thousands of events a second cost next to nothing;
// nobody else may change one, and whoever wants the past keeps the events.
import type { RunEvent } from '../engine/events.js';
import { commandText } from './hook-text.js';
import { advance, beginStage, compared, progress } from './run-progress.js';
import {
  blockOf,
  hostOf,
  isOver,
  type ProblemView,
  type RelationView,
  type RunView,
  relationIn,
  relationOf,
} from './run-state.js';
import { keepCommitted, passTime } from './time-left.js';

/** The view after one more event: the same object, changed. */
export const fold = (view: RunView, event: RunEvent): RunView => {
  passTime(view, event.time);
  switch (event.type) {
    case 'version':
      view.command = event.command;
      view.run = event.run;
      view.started = event.time;
      for (const outline of event.blocks) {
        const block = blockOf(view, outline.block, outline.after, outline.master);
        for (const host of outline.remotes) relationIn(view, block, host);
      }
      return view;
    case 'host': {
      const host = hostOf(view, event.host);
      host.state = event.state;
      host.kind = event.kind ?? host.kind;
      host.code = event.code ?? host.code;
      host.message = event.message ?? host.message;
      host.help = event.help ?? host.help;
      return view;
    }
    case 'observed': {
      const observed = { entries: event.entries, bytes: event.bytes, skipped: event.skipped };
      if (event.side === 'master') blockOf(view, event.block).observed = observed;
      else relationOf(view, event).observed = observed;
      return view;
    }
    case 'change': {
      const relation = relationOf(view, event);
      relation.changes[event.change]++;
      relation.changeBytes += event.bytes;
      relation.changeFiles += Number(
        event.kind === 'file' && (event.change === 'create' || event.change === 'replace'),
      );
      return view;
    }
    case 'guard':
      remember(view, { ...event, host: event.host ?? null, path: null, code: event.guard });
      return view;
    case 'drift':
      relationOf(view, event).drifted++;
      return view;
    case 'lock':
      relationOf(view, event).waitsFor = event.state === 'waiting' ? event : null;
      return view;
    case 'route':
      return view;
    case 'link': {
      const relation = relationOf(view, event);
      const isRelay = event.from !== blockOf(view, event.block).master;
      if (isRelay) relation.via = event.state === 'open' ? event.from : null;
      else {
        relation.via = null;
        relation.linkedTo = event.state === 'open' ? event.from : '';
      }
      return view;
    }
    case 'hook': {
      const relation = relationOf(view, event);
      relation.hook = event.state === 'running' ? `hook ${commandText(event)}` : null;
      relation.hooksRun += Number(event.state === 'done');
      return view;
    }
    case 'stage':
      if (event.state === 'begin') beginStage(relationOf(view, event), event.files, event.bytes);
      return view;
    case 'progress':
      progress(view, relationOf(view, event), event);
      return view;
    case 'commit': {
      const relation = relationOf(view, event);
      keepCommitted(view, relation, event.time, event.done);
      relation.committed.done = event.done;
      relation.committed.total = event.total;
      advance(view, relation);
      return view;
    }
    case 'inconsistent': {
      const relation = relationOf(view, event);
      relation.inconsistent++;
      if (relation.suspects.length < MOST_SUSPECTS) relation.suspects.push({ path: event.path, why: event.why });
      return view;
    }
    case 'redo': {
      const relation = relationOf(view, event);
      relation.redo = { round: event.round, rounds: event.rounds, paths: event.paths };
      relation.suspects = [];
      return view;
    }
    case 'problem':
      relationOf(view, event).problems++;
      remember(view, event);
      return view;
    case 'block':
      enter(view, relationOf(view, event), event);
      return view;
    case 'stopping':
      view.stopping = true;
      return view;
    case 'summary':
      view.summary = event;
      return view;
  }
};

const enter = (view: RunView, relation: RelationView, event: Extract<RunEvent, { type: 'block' }>): void => {
  const before = relation.state;
  const { counts } = blockOf(view, relation.block);
  counts[before]--;
  counts[event.state]++;
  relation.state = event.state;
  relation.message = event.message ?? null;
  relation.help = event.help ?? null;
  view.ended += Number(isOver(event.state)) - Number(isOver(before));
  for (const state of ['staging', 'committing'] as const)
    view[state].relations += Number(event.state === state) - Number(before === state);
  compared(view, before, event.state);
  advance(view, relation);
  if (isOver(event.state) && !isOver(before) && event.state !== 'done') rememberSuspects(view, relation);
};

/** What was still inconsistent when a relation ended is a problem; what a redo mended is none. */
const rememberSuspects = (view: RunView, relation: RelationView): void => {
  for (const { path, why } of relation.suspects) {
    remember(view, {
      block: relation.block,
      host: relation.host.host,
      path,
      code: 'inconsistent',
      message: why,
      help: null,
    });
  }
};

const remember = (view: RunView, problem: ProblemView): void => {
  view.problemCount++;
  const { block, host, path, code, message, help } = problem;
  const key = JSON.stringify([block, host, code, message, help]);
  const kind = view.problemKinds.get(key);
  if (kind !== undefined && kind.kept >= MOST_ALIKE) {
    kind.first.more = (kind.first.more ?? 0) + 1;
    return;
  }
  if (view.problems.length >= MOST_PROBLEMS) return;
  const kept = { block, host, path, code, message, help };
  view.problems.push(kept);
  if (kind === undefined) view.problemKinds.set(key, { first: kept, kept: 1 });
  else kind.kept++;
};

const MOST_PROBLEMS = 1_000;
const MOST_ALIKE = 50;
const MOST_SUSPECTS = 100;
