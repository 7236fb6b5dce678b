// Two takes that write the same path of the same machine: certainly (one holds the other), or possibly.
//
// 1. Every take of every block is a target on each of its remotes: a folder and what is selected below it.
// 2. Only targets whose folders are equal or nested can meet; sorted by path, those of one folder follow it.
// 3. Takes of one block in the same pair of roots are one selection, and never come into each other's way.
import type { BlockModel, HostModel, PlanModel, TakeModel } from '../1-resolve/model.js';
import { placeTake } from '../1-resolve/take-place.js';
import * as blocks from '../catalog/blocks.js';
import { finding, listing, type Report } from '../catalog/finding.js';
import type { FileTest } from '../plan.js';
import { type Location, locate } from './places.js';
import { areDisjoint, contains, type Selection, selectionOf } from './selection.js';
import { moved, within } from './shapes.js';
import { testOf } from './takes.js';

export const checkOverlap = (model: PlanModel, report: Report): void => {
  const meetings = new Map<string, Meeting>();
  const verdicts = new Map<string, Verdict>();
  for (const targets of byDomain(model)) {
    const open: Target[] = [];
    for (const target of targets) {
      while (open.length > 0 && !within(target.at.path, open.at(-1)!.at.path)) open.pop();
      for (const outer of open) meet(outer, target, meetings, verdicts);
      open.push(target);
    }
  }
  for (const meeting of meetings.values()) tell(meeting, report);
};

type Target = {
  readonly block: BlockModel;
  readonly take: TakeModel;
  readonly host: HostModel;
  /** Which take of which block, and which pair of roots in it. */
  readonly key: string;
  readonly pair: string;
  readonly order: number;
  readonly at: Location;
  readonly test: FileTest;
};

type Verdict = 'disjoint' | 'possible' | 'certain';

type Meeting = { readonly a: Target; readonly b: Target; verdict: Verdict; readonly hosts: Set<string> };

const byDomain = (model: PlanModel): readonly (readonly Target[])[] => {
  const domains = new Map<string, Target[]>();
  let order = 0;
  for (const block of model.blocks) {
    for (const take of block.takes) {
      const { pair, base } = placeTake(take);
      const test = testOf(take);
      order++;
      if (test === null) continue;
      for (const host of block.remotes ?? []) {
        for (const at of locate(host, pair.into.root, pair.into.folder, block.roots)) {
          const target = {
            block,
            take,
            host,
            key: String(order),
            pair: `${block.name} ${JSON.stringify(pair)}`,
            order,
            at,
            test: moved(test, base),
          };
          const known = domains.get(at.domain);
          if (known === undefined) domains.set(at.domain, [target]);
          else known.push(target);
        }
      }
    }
  }
  return [...domains.values()].map(targets =>
    targets.sort((a, b) => comparePaths(a.at.path, b.at.path) || a.order - b.order),
  );
};

/** Component by component, so that what lies in a folder follows it directly. */
const comparePaths = (a: string, b: string): number => {
  const left = a.replaceAll('/', '\0');
  const right = b.replaceAll('/', '\0');
  return left < right ? -1 : left > right ? 1 : 0;
};

const meet = (outer: Target, inner: Target, meetings: Map<string, Meeting>, verdicts: Map<string, Verdict>): void => {
  if (outer.pair === inner.pair && outer.host === inner.host) return;
  // Two of one name cannot both stay as they are.
  if (outer.block !== inner.block && outer.block.name === inner.block.name) return;
  const offset = inner.at.path.slice(outer.at.path === '' ? 0 : outer.at.path.length + 1);
  const question = `${outer.key} ${inner.key} ${offset}`;
  const verdict = verdicts.get(question) ?? judge(outer, inner, offset);
  verdicts.set(question, verdict);
  if (verdict === 'disjoint') return;
  const [a, b] = outer.order <= inner.order ? [outer, inner] : [inner, outer];
  const key = `${a.key} ${b.key}`;
  const known = meetings.get(key) ?? { a, b, verdict, hosts: new Set() };
  if (verdict === 'certain') known.verdict = 'certain';
  known.hosts.add(b.host.id);
  meetings.set(key, known);
};

const judge = (outer: Target, inner: Target, offset: string): Verdict => {
  const a: Selection = selectionOf(outer.test);
  const b: Selection = selectionOf(moved(inner.test, offset));
  if (areDisjoint(a, b)) return 'disjoint';
  return contains(a, b) || contains(b, a) ? 'certain' : 'possible';
};

const tell = ({ a, b, verdict, hosts }: Meeting, report: Report): void => {
  const where = a.host === b.host ? listing([...hosts]) : 'one machine';
  const labels = a.take === b.take ? [] : [{ span: a.take.span, message: 'the other take' }];
  const words: [string, string, string] = [...wordsFor(a, b), where];
  if (verdict === 'certain')
    report(finding(blocks.certainOverlap, b.take.span, [...words, a.host !== b.host], { labels }));
  else report(finding(blocks.possibleOverlap, b.take.span, words, { labels }));
};

const wordsFor = (a: Target, b: Target): readonly [string, string] => {
  if (a.host !== b.host) return [`the remote \`${a.host.id}\``, `the remote \`${b.host.id}\``];
  if (a.block === b.block) return ['this take', `another take of the block \`${b.block.name}\``];
  return [`the block \`${a.block.name}\``, `the block \`${b.block.name}\``];
};
