// What doctor finds out about a host beside its folders: why it is driven as it is, its clock, tools and limits.
import type { HostPlan } from '../../compiler/plan.js';
import type { About } from '../host/about.js';
import type { Host } from '../host/host.js';

export type ExaminedAbout = Pick<About, 'openFiles' | 'tools' | 'server'> & {
  /** Milliseconds that its clock is ahead of ours, and how exactly that is known; null where it does not tell. */
  readonly clock: { readonly ahead: number; readonly within: number } | 'ours' | null;
};

/** The clock is asked a few times: of all round trips the shortest says most. */
export const examineAbout = async (host: Host): Promise<ExaminedAbout> => {
  let clock: ExaminedAbout['clock'] = null;
  for (let round = 0; round < ROUNDS; round++) {
    const asked = Date.now();
    const { clock: there, clockStep } = await host.about();
    const answered = Date.now();
    if (there === null) break;
    const within = (answered - asked) / 2 + clockStep;
    if (clock === null || within < clock.within) clock = { ahead: there - (asked + answered) / 2, within };
  }
  const { openFiles, tools, server } = await host.about();
  return { clock: host.kind === 'local' ? 'ours' : clock, openFiles, tools, server };
};

/** As the plan says it, or as it was found; what the shell was chosen for stands among what it promises less. */
export const whyDriven = (
  { agent, address }: HostPlan,
  { kind, facts }: Pick<Host, 'kind'> & Partial<Pick<Host, 'facts'>>,
): string => {
  if (kind === 'local') return 'its address is `local`';
  if (agent !== 'auto')
    return address.kind === 'sftp' ? 'its address begins with sftp://' : `the plan says \`agent ${agent}\``;
  return kind === 'agent'
    ? `Node.js ${facts?.node ?? ''} was found there`
    : 'no Node.js that fits was found there: install Node.js 18 or later, or say `agent push-runtime`, and it is driven by an agent';
};

const ROUNDS = 3;
