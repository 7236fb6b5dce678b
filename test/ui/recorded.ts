// Recorded-like runs for the tests of ui: event lists as the engine would say them, for any number of hosts and blocks.
import type { BlockState, RelationSummary, RunEvent, Summary, Totals } from '../../runtime/engine/events.js';

export type FleetShape = {
  readonly hosts: number;
  readonly blocks: number;
  readonly command?: 'plan' | 'apply';
  /** Hosts (by number) that cannot be reached. */
  readonly unreachable?: readonly number[];
  /** Hosts that fail while the first block is staged. */
  readonly failing?: readonly number[];
  /** Hosts with a problem in the first block. */
  readonly troubled?: readonly number[];
  readonly atOnce?: number;
  readonly files?: number;
  readonly fileBytes?: number;
  /** Milliseconds between one step of a relation and the next. */
  readonly step?: number;
};

export const hostName = (number: number): string => `eu.web.web-${String(number).padStart(2, '0')}`;
export const START = 1_790_000_000_000;

/** The whole run, in order of time, from `version` to `summary`. */
export const recordedRun = (shape: FleetShape): RunEvent[] => {
  const events: RunEvent[] = [];
  const files = shape.files ?? 40;
  const fileBytes = shape.fileBytes ?? 262_144;
  const step = shape.step ?? 100;
  const hosts = Array.from({ length: shape.hosts }, (_, i) => hostName(i + 1));
  const blocks = Array.from({ length: shape.blocks }, (_, i) => BLOCKS[i] ?? `block-${i + 1}`);
  const isIn = (list: readonly number[] | undefined, host: string): boolean =>
    (list ?? []).some(n => hostName(n) === host);
  const relations: RelationSummary[] = [];
  let time = START;
  const later = (ms: number): number => {
    time += ms;
    return time;
  };
  events.push({
    type: 'version',
    time,
    stream: 1,
    syncplan: '0.1.0',
    run: '20260921-7f3a',
    command: shape.command ?? 'apply',
    blocks: blocks.map((block, i) => ({
      block,
      after: i === 0 ? [] : [blocks[i - 1]!],
      master: 'build',
      remotes: hosts,
    })),
  });
  events.push({ type: 'host', time, host: 'build', state: 'connected', kind: 'local' });
  for (const host of hosts) events.push({ type: 'host', time: later(step / 10), host, state: 'connecting' });
  for (const host of hosts) {
    events.push(
      isIn(shape.unreachable, host)
        ? {
            type: 'host',
            time: later(step / 2),
            host,
            state: 'lost',
            code: 'unreachable',
            message: UNREACHABLE,
            help: START_SSHD,
          }
        : { type: 'host', time: later(step / 2), host, state: 'connected', kind: 'agent' },
    );
  }
  const end = (
    block: string,
    host: string,
    state: BlockState,
    totals: Partial<Totals>,
    message?: string,
    help?: string,
  ): void => {
    const said = { ...(message === undefined ? {} : { message }), ...(help === undefined ? {} : { help }) };
    events.push({ type: 'block', time, host, block, state, ...said });
    relations.push({ ...NOTHING, ...totals, host, block, state, ...said });
  };
  const alive = new Set(hosts);
  for (const block of blocks) {
    events.push({
      type: 'observed',
      time: later(step),
      host: 'build',
      block,
      side: 'master',
      entries: files * 4,
      bytes: files * 4 * fileBytes,
      skipped: 0,
    });
    for (const host of hosts) {
      if (isIn(shape.unreachable, host)) {
        end(block, host, 'failed', {}, UNREACHABLE, START_SSHD);
        alive.delete(host);
        continue;
      }
      events.push({ type: 'block', time: later(step / 4), host, block, state: 'observing' });
      events.push({
        type: 'observed',
        time: later(step / 4),
        host,
        block,
        side: 'remote',
        entries: files * 3,
        bytes: files * 3 * fileBytes,
        skipped: 0,
      });
      for (let i = 0; i < files; i++) {
        events.push({
          type: 'change',
          time,
          host,
          block,
          change: i % 3 === 0 ? 'create' : 'replace',
          path: `assets/file-${i}.js`,
          kind: 'file',
          bytes: fileBytes,
          detail: i % 3 === 0 ? '' : 'content',
        });
      }
      events.push({ type: 'block', time, host, block, state: 'compared' });
    }
  }
  if (shape.command !== 'plan') {
    for (const block of blocks) {
      const queue = [...alive];
      type Work = { host: string; sent: number; pace: number };
      const work: Work[] = [];
      while (queue.length > 0 || work.length > 0) {
        while (work.length < (shape.atOnce ?? 16) && queue.length > 0) {
          const host = queue.shift()!;
          events.push({ type: 'block', time, host, block, state: 'staging' });
          events.push({ type: 'stage', time, host, block, files, bytes: files * fileBytes, state: 'begin' });
          work.push({ host, sent: 0, pace: 1 + ((host.charCodeAt(host.length - 1) * 7) % 5) / 4 });
        }
        time += step;
        for (const item of [...work]) {
          const { host } = item;
          item.sent = Math.min(files, item.sent + item.pace);
          events.push({
            type: 'progress',
            time,
            host,
            block,
            files: Math.floor(item.sent),
            bytes: Math.floor(item.sent * fileBytes),
          });
          const isFirst = block === blocks[0];
          if (isFirst && isIn(shape.failing, host) && item.sent > files / 2) {
            events.push({ type: 'host', time, host, state: 'lost', code: 'lost', message: LOST, help: AGAIN });
            end(block, host, 'failed', { failed: 1 }, LOST, AGAIN);
            alive.delete(host);
            for (const following of blocks.slice(1))
              end(following, host, 'skipped', {}, `${block} failed on this host`);
          } else if (item.sent >= files) {
            events.push({ type: 'stage', time, host, block, files, bytes: files * fileBytes, state: 'done' });
            events.push({ type: 'block', time, host, block, state: 'committing' });
            events.push({ type: 'commit', time, host, block, done: Math.floor(files / 2), total: files });
            events.push({ type: 'commit', time, host, block, done: files, total: files });
            events.push({ type: 'block', time, host, block, state: 'verifying' });
            const counts = {
              created: Math.ceil(files / 3),
              replaced: files - Math.ceil(files / 3),
              unchanged: files * 2,
            };
            if (isFirst && isIn(shape.troubled, host)) {
              events.push({
                type: 'problem',
                time,
                host,
                block,
                path: 'assets/secret\n.key',
                code: 'denied',
                message: 'open: permission denied',
                help: 'let the user who runs syncplan read it',
              });
              end(block, host, 'partial', { ...counts, failed: 1 });
            } else end(block, host, 'done', counts);
          } else continue;
          work.splice(work.indexOf(item), 1);
        }
      }
    }
  }
  const sum = (pick: (totals: Totals) => number): number =>
    relations.reduce((total, relation) => total + pick(relation), 0);
  const bad = relations.some(({ state }) => state !== 'done');
  events.push({
    type: 'summary',
    time,
    ...NOTHING,
    created: sum(({ created }) => created),
    replaced: sum(({ replaced }) => replaced),
    unchanged: sum(({ unchanged }) => unchanged),
    failed: sum(({ failed }) => failed),
    bytesSent: sum(({ created, replaced }) => created + replaced) * fileBytes,
    bytesReceived: 52_345,
    exitCode: bad ? 5 : 0,
    states: statesOf(relations),
    seconds: (time - START) / 1000,
    run: '20260921-7f3a',
    relations,
    hosts: hosts
      .filter(host => isIn(shape.unreachable, host))
      .map(host => ({ host, code: 'unreachable', message: UNREACHABLE, help: START_SSHD })),
  });
  return events;
};

const statesOf = (relations: readonly RelationSummary[]): Summary['states'] =>
  Object.fromEntries(
    [...new Set(relations.map(({ state }) => state))].map(state => [
      state,
      relations.filter(one => one.state === state).length,
    ]),
  );

export const NOTHING: Totals = {
  created: 0,
  replaced: 0,
  attributes: 0,
  linked: 0,
  moved: 0,
  deleted: 0,
  unchanged: 0,
  inconsistent: 0,
  failed: 0,
  skipped: 0,
  bytesSent: 0,
  bytesReceived: 0,
  bytesLiteral: 0,
  bytesMatched: 0,
  bytesRelayed: 0,
};

const BLOCKS = ['app', 'config', 'media', 'docs', 'certificates'];
const UNREACHABLE = 'connecting to 10.0.1.7 port 22 failed: connection refused';
const START_SSHD = 'see that sshd runs there: ssh -v 10.0.1.7';
const LOST = 'the connection was lost while content was sent';
const AGAIN = 'run the same command again; it finishes what is left';
