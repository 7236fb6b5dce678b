// What the model is checked against: runs of the fleet case by number of hosts, route and size, and the costs read off them.
//
// Measured on 2026-11-29 on two cores that carried all of these machines, each with an uplink of 100 Mbit/s in a network of
// its own, by `node test/bench/points.mjs HOSTS`. `masterBytes` is what the master's interface has sent, control included.
import type { Assumed, Costs } from './model.js';

export type Point = {
  readonly hosts: number;
  readonly route: Assumed['route'];
  readonly bytes: number;
  readonly seconds: number;
  readonly masterBytes: number;
};

export const POINTS: readonly Point[] = [
  { hosts: 8, route: 'star', bytes: 950_000, seconds: 4.75, masterBytes: 7_723_606 },
  { hosts: 8, route: 'star', bytes: 3_806_000, seconds: 6.4, masterBytes: 30_632_254 },
  { hosts: 8, route: 'star', bytes: 15_320_000, seconds: 14.75, masterBytes: 123_292_726 },
  { hosts: 8, route: 'chain', bytes: 950_000, seconds: 5.18, masterBytes: 1_063_354 },
  { hosts: 8, route: 'chain', bytes: 3_806_000, seconds: 5.43, masterBytes: 3_930_510 },
  { hosts: 8, route: 'chain', bytes: 15_320_000, seconds: 6.09, masterBytes: 15_489_536 },
  { hosts: 8, route: 'tree', bytes: 950_000, seconds: 4.98, masterBytes: 1_062_634 },
  { hosts: 8, route: 'tree', bytes: 3_806_000, seconds: 6.7, masterBytes: 3_933_714 },
  { hosts: 8, route: 'tree', bytes: 15_320_000, seconds: 6.48, masterBytes: 15_490_510 },
  { hosts: 4, route: 'star', bytes: 950_000, seconds: 2.6, masterBytes: 3_861_548 },
  { hosts: 4, route: 'star', bytes: 3_806_000, seconds: 4.33, masterBytes: 15_317_890 },
  { hosts: 4, route: 'star', bytes: 15_320_000, seconds: 7.67, masterBytes: 61_602_214 },
  { hosts: 4, route: 'tree', bytes: 950_000, seconds: 2.68, masterBytes: 1_006_882 },
  { hosts: 4, route: 'tree', bytes: 3_806_000, seconds: 3.97, masterBytes: 3_875_528 },
  { hosts: 4, route: 'tree', bytes: 15_320_000, seconds: 3.82, masterBytes: 15_427_456 },
];

export const UPLINK = 100e6 / 8;

/** Here all machines share two cores, so a host costs more than a handshake. */
export const COSTS: Costs = { start: 0.5, perHost: 0.51, control: 13_000, overhead: 1.008 };

/** The setting of the points. */
export const pointSetting = ({ hosts, route, bytes }: Point): Assumed => ({
  hosts,
  route,
  bytes,
  uplink: UPLINK,
  latency: 0.001,
  parallel: 16,
  groupOf: hosts / 2,
  regionOf: 1,
  ...COSTS,
});
