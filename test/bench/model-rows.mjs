// The model past this machine as rows: 40 MB to 10, 100, 1,000 and 10,000 hosts by route, from parameters that are stated.
//
// How well it agrees with what was measured here is tested in test/bench/model.test.ts.

const model = async ({ rows }) => {
  const { expectedOf } = await import('../../build/test/bench/model.js');
  const { COSTS, UPLINK } = await import('../../build/test/bench/measured-points.js');
  // There, each machine has cores of its own. What is left here is a handshake: 0.3 s of one of two cores, and some more.
  const costs = { ...COSTS, perHost: 0.2 };
  const common = { bytes: 40e6, uplink: UPLINK, latency: 0.02, groupOf: 50, regionOf: 4, ...costs };
  for (const hosts of [10, 100, 1_000, 10_000]) {
    const figures = (route, parallel) => {
      const { seconds, masterBytes, mostBytes, depth } = expectedOf({ ...common, hosts, route, parallel });
      return { seconds, bytes: masterBytes, relayBytes: mostBytes, depth };
    };
    const sides = { star: figures('star', 16), chain: figures('chain', 16), tree: figures('tree', 16) };
    if (hosts > 16) sides[`tree, parallel ${hosts}`] = figures('tree', hosts);
    const { depth, relayBytes } = sides.tree;
    const notes = [`the tree is ${depth} hosts deep; no relay sends more than ${Math.round(relayBytes / 1e6)} MB`];
    const connecting = Math.round(costs.start + costs.perHost * hosts);
    notes.push(`${connecting.toLocaleString('en')} s of each are this machine's own, for connecting and comparing`);
    rows.push({ name: `model: 40 MB to ${hosts.toLocaleString('en')} hosts, bytes sent by the master`, sides, notes });
  }
  const { start, perHost, control, overhead } = costs;
  const assumed = [
    `uplinks of ${(common.uplink * 8) / 1e6} Mbit/s, ${common.latency * 1000} ms there and back, parallel 16 unless said otherwise`,
    `${common.groupOf} hosts to a group, ${common.regionOf} groups to a region; who sends to whom is what the program chooses`,
    `a run ${start} s, a host ${perHost} s of the machine that commands and ${control} bytes of control, content × ${overhead}`,
  ];
  rows.push({ name: 'model: what is assumed', notes: assumed, assumed: { ...common, parallel: 16 } });
};

export const cases = { model };
