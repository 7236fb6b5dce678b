// Measures again what the model is checked against, by route and size: node test/bench/points.mjs [HOSTS [ROUTE…]], an even number
//
// Prints lines for measured-points.ts. Each point is the better of two runs, on a fleet that has its agents already.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { siteOf, withFleet } from './fleet.mjs';

const [hosts = '8', ...routes] = process.argv.slice(2);
const { leftOut } = await withFleet(Number(hosts), async ({ base, syncplan }) => {
  const sites = [1e6, 4e6, 16e6].map(bytes => siteOf(base, bytes));
  await syncplan(sites[0], 'tree');
  for (const route of routes.length > 0 ? routes : ['star', 'chain', 'tree']) {
    for (const site of sites) {
      const runs = [await syncplan(site, route), await syncplan(site, route)];
      const { seconds, bytes: masterBytes } = runs.sort((a, b) => a.seconds - b.seconds)[0];
      const point = {
        hosts: Number(hosts),
        route,
        bytes: sizeOf(site),
        seconds: Number(seconds.toFixed(2)),
        masterBytes,
      };
      console.log(JSON.stringify(point));
    }
  }
  return {};
});
if (leftOut !== undefined) throw new Error(leftOut);

function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + lstatSync(join(parentPath, name)).size, 0);
}
