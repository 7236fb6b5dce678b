// The case of many machines with an uplink each. Bytes are those that the master sends; memory is not looked at.
import { measureFleet } from './fleet.mjs';

const fleet = async ({ rounds, scale, rounded, rows, say }) => {
  const name = `${rounded(40)} MB to eight machines of 100 Mbit/s, route tree`;
  say(`${name} …`);
  const sides = await measureFleet({ rounds, scale, say });
  if (sides !== null) rows.push({ name, limit: '0.25 × rsync, 0.2 of its bytes', sides });
};

export const cases = { fleet };
