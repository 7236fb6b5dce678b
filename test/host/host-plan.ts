// A host of a plan, for tests that connect to one.
import type { HostAddress, HostPlan } from '../../compiler/plan.js';

export const hostPlan = (id: string, address: HostAddress): HostPlan => ({
  id,
  name: id,
  region: '',
  group: '',
  tags: [],
  address,
  agent: 'auto',
});
