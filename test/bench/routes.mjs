// The case of many machines with an uplink each. Bytes are those that the master sends; memory is not looked at.
import { measureFleet } from './fleet.mjs';

const fleet = async ({ rounds, scale, rounded, rows, say }) => {
  const name = `${rounded(40)} MB to eight machines of 100 Mbit/s, route tree`;
  say(`${name} …`);
  const { sides, leftOut } = await measureFleet({ rounds, scale, say });
  rows.push(
    leftOut === undefined ? { name, limit: [{ of: 'rsync', time: 0.25, bytes: 0.2 }], sides } : { name, leftOut },
  );
};

export const cases = { fleet };
