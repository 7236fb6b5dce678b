// One relation as a line of the live picture: mark, host, state, and what there is to say, in columns that all rows share.
import { bytesText, countText, numberText, rateText, roughDuration } from './amounts.js';
import { bar } from './bar.js';
import type { Palette } from './colour.js';
import { displayMessage, displayText } from './display.js';
import { cutEnd, cutMiddle, padEnd, padStart, widthOf } from './fit.js';
import { faultText } from './host-fault.js';
import type { Marks } from './marks.js';
import { percentOf, rateOf } from './run-progress.js';
import type { Row } from './run-rows.js';
import { changeCount, type RelationView, type RunView } from './run-state.js';
import { etaOf } from './time-left.js';

/** All that drawing a line needs beside its content. */
export type Brush = { readonly paint: Palette; readonly signs: Marks; readonly width: number; readonly now: number };

/** Widths of the columns of all rows of a picture; 0 leaves a column out. */
export type Measures = {
  readonly host: number;
  /** What is left of a line behind mark, host and state. */
  readonly rest: number;
  readonly bar: number;
  readonly left: number;
  readonly rate: number;
  /** Of the relays that content comes from. */
  readonly via: number;
};

export const measuresOf = (shown: readonly Row[], width: number): Measures => {
  const names = shown.map(row => (row.row === 'relation' ? widthOf(displayText(row.relation.host.host)) : 0));
  const most = Math.max(SHORTEST_HOST, Math.min(Math.floor(width * 0.3), width - INDENT - MARK - GAP - STATE));
  const host = Math.min(Math.max(SHORTEST_HOST, ...names), most);
  const rest = Math.max(0, width - INDENT - MARK - host - GAP - STATE - GAP);
  let spare = rest - SHORTEST_BAR - PERCENT;
  const left = spare >= GAP + LEFT ? LEFT : 0;
  spare -= left === 0 ? 0 : GAP + left;
  const rate = spare >= GAP + RATE ? RATE : 0;
  spare -= rate === 0 ? 0 : GAP + rate;
  const relays = Math.max(0, ...shown.map(row => (row.row === 'relation' ? widthOf(viaText(row.relation)) : 0)));
  const via = relays > 0 && spare >= GAP + relays ? relays : 0;
  spare -= via === 0 ? 0 : GAP + via;
  return { host, rest, bar: Math.max(0, Math.min(LONGEST_BAR, SHORTEST_BAR + spare)), left, rate, via };
};

export const relationLine = (relation: RelationView, view: RunView, measures: Measures, brush: Brush): string => {
  const { paint, signs } = brush;
  const { word, mark, colour } = faceOf(relation, signs);
  const host = padEnd(cutMiddle(displayText(relation.host.host), measures.host, signs.ellipsis), measures.host);
  const isMoving = relation.state === 'staging' || relation.state === 'committing' || relation.state === 'verifying';
  // What is at work and says something waits.
  const rest =
    isMoving && relation.message === null
      ? progressText(relation, view, measures, brush)
      : cutEnd(sayingOf(relation), measures.rest, signs.ellipsis);
  const painted = colour === 'dim' && !isMoving ? paint.dim(rest) : rest;
  return `${' '.repeat(INDENT)}${paint[colour](mark)} ${host}  ${paint[colour](padEnd(word, STATE))}  ${painted}`.trimEnd();
};

type Face = {
  readonly word: string;
  readonly mark: string;
  readonly colour: 'red' | 'yellow' | 'green' | 'cyan' | 'dim';
};

const faceOf = (relation: RelationView, signs: Marks): Face => {
  switch (relation.state) {
    case 'waiting':
      if (relation.host.state === 'lost') return { word: 'lost', mark: signs.failed, colour: 'red' };
      if (relation.host.state === 'connecting') return { word: 'connecting', mark: signs.active, colour: 'cyan' };
      return { word: 'waiting', mark: signs.waiting, colour: 'dim' };
    case 'observing':
      return { word: 'comparing', mark: signs.active, colour: 'cyan' };
    case 'compared':
      return { word: 'compared', mark: signs.waiting, colour: 'dim' };
    case 'locking':
      return { word: 'locking', mark: signs.active, colour: 'cyan' };
    case 'staging':
    case 'committing':
    case 'verifying':
      // All is staged, and it says whom it waits for.
      if (relation.message !== null) return { word: 'staged', mark: signs.waiting, colour: 'dim' };
      return troubled(relation, { word: relation.state, mark: signs.active, colour: 'cyan' }, signs);
    case 'done':
      return troubled(relation, { word: 'done', mark: signs.done, colour: 'green' }, signs);
    case 'partial':
      return { word: 'partial', mark: signs.warning, colour: 'yellow' };
    case 'failed':
      return { word: 'failed', mark: signs.failed, colour: 'red' };
    case 'refused':
      return { word: 'refused', mark: signs.failed, colour: 'red' };
    case 'skipped':
      return { word: 'skipped', mark: signs.skipped, colour: 'yellow' };
  }
};

const troubled = (relation: RelationView, face: Face, signs: Marks): Face =>
  relation.problems > 0 ? { ...face, mark: signs.warning, colour: 'yellow' } : face;

const progressText = (
  relation: RelationView,
  view: RunView,
  measures: Measures,
  { paint, signs, now }: Brush,
): string => {
  if (measures.rest < PERCENT) return '';
  const done = percentOf(relation) ?? 0;
  const columns = [
    bar(done / 100, measures.bar, paint.cyan, paint.dim, signs) + padStart(`${done} %`, PERCENT),
    measures.left === 0 ? '' : padStart(leftText(relation, view, now), measures.left),
    measures.rate === 0 ? '' : padStart(paceText(relation, now), measures.rate),
    measures.via === 0 ? '' : paint.dim(viaText(relation)),
  ];
  return columns.filter(column => column !== '').join(' '.repeat(GAP));
};

const leftText = (relation: RelationView, view: RunView, now: number): string => {
  if (relation.hook !== null) return 'hook';
  if (relation.redo !== null) return `redo ${relation.redo.round} of ${relation.redo.rounds}`;
  const left = etaOf(view, relation, now);
  return left === null ? '' : `${roughDuration(left)} left`;
};

const viaText = ({ via }: RelationView): string => (via === null ? '' : `via ${displayText(via)}`);

const paceText = (relation: RelationView, now: number): string => {
  if (relation.state === 'committing' && relation.committed.total > 0) {
    return `${numberText(relation.committed.done)}/${numberText(relation.committed.total)}`;
  }
  const pace = rateOf(relation, now);
  return relation.state !== 'staging' || pace === null || pace < 1 ? '' : rateText(pace);
};

/** What a relation that is not at work has to say. */
const sayingOf = (relation: RelationView): string => {
  const message = relation.message ?? (relation.host.state === 'lost' ? relation.host.message : null);
  if (message !== null) return faultText({ host: relation.host.host, message });
  if (relation.hook !== null) return relation.hook;
  if (relation.waitsFor !== null) {
    const { on, message = null } = relation.waitsFor;
    return `waiting for the lock of ${displayText(on)}${message === null ? '' : `: ${displayMessage(message)}`}`;
  }
  const problems = [
    relation.problems === 0 ? '' : countText(relation.problems, 'problem'),
    relation.linkedTo === '' ? 'no data link' : '',
    relation.drifted === 0 ? '' : `! ${countText(relation.drifted, 'path')} drifted`,
  ]
    .filter(text => text !== '')
    .join(', ');
  switch (relation.state) {
    case 'done':
    case 'partial':
    case 'compared': {
      const changes = changeCount(relation);
      const owed = relation.hooksRun === 0 ? '' : `${countText(relation.hooksRun, 'owed hook')} run`;
      if (changes === 0) return [problems, owed].filter(text => text !== '').join(', ') || 'nothing to change';
      const sizes = relation.changeBytes === 0 ? '' : bytesText(relation.changeBytes);
      return [problems, countText(changes, 'change'), sizes].filter(text => text !== '').join(', ');
    }
    default:
      return problems;
  }
};

const INDENT = 2;
const MARK = 2;
const GAP = 2;
const STATE = 10;
const SHORTEST_HOST = 4;
const PERCENT = 6;
const LEFT = 15;
const RATE = 12;
const SHORTEST_BAR = 8;
const LONGEST_BAR = 24;
