// Every host of a plan, connected once for the run, side by side; a host that fails is an answer, not an end.
import type { HostPlan, Plan } from '../../compiler/plan.js';
import type { Host } from '../host/host.js';
import { HostError } from '../host/host-error.js';
import type { RunEvent, Summary, UnkeptHost, WeakerHost } from './events.js';
import { unkeptOf } from './unkept.js';

export type Connected = {
  /** The host, as soon as it is connected; throws its HostError otherwise. */
  readonly get: (id: string) => Promise<Host>;
  readonly plan: (id: string) => HostPlan;
  readonly failures: () => Summary['hosts'];
  /** In the order of the plan. */
  readonly weaker: () => readonly WeakerHost[];
  readonly unkept: () => readonly UnkeptHost[];
  /** What all connections carried so far. */
  readonly traffic: () => { readonly sent: number; readonly received: number };
  readonly close: () => Promise<void>;
};

export type Connecting = {
  readonly plan: Plan;
  readonly connect: (host: HostPlan) => Promise<Host>;
  readonly emit: (event: RunEvent) => void;
  readonly clock: () => number;
  /** Somebody will look at a preview: then each host is also asked which tools it has, which costs a round trip. */
  readonly looked?: boolean;
  /** Where hosts that were being connected when it came are told otherwise. */
  readonly interruption?: AbortSignal;
};

export const connectHosts = ({ plan, connect, emit, clock, looked = false, interruption }: Connecting): Connected => {
  const failures: { host: string; code: string; message: string; help: string }[] = [];
  const open: Host[] = [];
  const unkept = new Map<string, UnkeptHost['unkept']>();
  const connectOne = async (host: HostPlan): Promise<Host> => {
    emit({ type: 'host', time: clock(), host: host.id, state: 'connecting' });
    try {
      const connected = await connect(host);
      open.push(connected);
      const kind = connected.kind === 'memory' ? 'local' : connected.kind;
      const { weaker } = connected.facts;
      const asked = unkeptOf(plan, connected, looked ? await connected.about() : { tools: [] });
      unkept.set(host.id, asked);
      const less = {
        ...(weaker.length === 0 ? {} : { weaker }),
        ...(asked.length === 0 ? {} : { unkept: asked }),
      };
      emit({ type: 'host', time: clock(), host: host.id, state: 'connected', kind, ...less });
      return connected;
    } catch (error) {
      const { code, message, help } =
        error instanceof HostError ? error : new HostError('failed', `${host.id}: ${String(error)}`, '');
      // Of one that was being connected when the run was interrupted, nobody knows whether it can be reached.
      if (code !== 'cancelled' || interruption?.aborted !== true) failures.push({ host: host.id, code, message, help });
      emit({ type: 'host', time: clock(), host: host.id, state: 'lost', code, message, help });
      throw error;
    }
  };
  const plans = new Map(plan.hosts.map(host => [host.id, host]));
  const hosts = new Map(plan.hosts.map(host => [host.id, connectOne(host)]));
  // Whoever needs a host awaits it; a failure that nobody awaits any more must not end the process.
  for (const host of hosts.values()) host.catch(() => undefined);
  return {
    get: id => hosts.get(id)!,
    plan: id => plans.get(id)!,
    failures: () => failures,
    weaker: () =>
      plan.hosts.flatMap(({ id }) => {
        const weaker = open.find(({ label }) => label === id)?.facts.weaker ?? [];
        return weaker.length === 0 ? [] : [{ host: id, weaker }];
      }),
    unkept: () =>
      plan.hosts.flatMap(({ id }) => {
        const asked = unkept.get(id) ?? [];
        return asked.length === 0 ? [] : [{ host: id, unkept: asked }];
      }),
    traffic: () => {
      const total = { sent: 0, received: 0 };
      for (const host of open) {
        const { sent, received } = host.traffic();
        total.sent += sent;
        total.received += received;
      }
      return total;
    },
    async close() {
      await Promise.allSettled(hosts.values());
      await Promise.allSettled(open.map(host => host.close()));
    },
  };
};
