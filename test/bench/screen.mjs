// The case of 60 simulated hosts on the live screen: which share of a core drawing takes, in a terminal that shows them all.
//
// The events are those of a run in which 60 hosts receive at once, 2,000 of them a second, in real time. Loading is not counted.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const screen = async ({ base, rows, say, scale }) => {
  const name = '60 simulated hosts on the screen, 2,000 events a second';
  say(`${name} …`);
  if (spawnSync('script', ['--version']).error !== undefined) {
    rows.push({ name, leftOut: 'there is no script (apt-get install bsdutils), which gives a program a terminal' });
    return;
  }
  const figures = join(base, 'screen.json');
  const seconds = Math.max(4, 15 * scale);
  const drawn = join(base, 'screen.drawn');
  const program = `'${process.execPath}' test/bench/screen-load.mjs '${figures}' 60 ${seconds}`;
  const { CI, CONTINUOUS_INTEGRATION, ...env } = process.env;
  const child = spawn('script', ['-qec', `stty rows 80 cols 120; exec ${program}`, drawn], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8', NODE_ENV: 'production' },
  });
  const code = await new Promise((done, fail) => child.once('error', fail).once('close', done));
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${readFileSync(drawn, 'utf8').slice(-2_000)}`);
  const { share, events, seconds: took, bytes, memory } = JSON.parse(readFileSync(figures, 'utf8'));
  const notes = [
    `drawing took ${(share * 100).toFixed(1)} % of a core over ${took.toFixed(1)} s, ${Math.round(events / took).toLocaleString('en')} events a second`,
  ];
  rows.push({
    name,
    limit: [{ share: 0.25 }],
    sides: { syncplan: { seconds: took, share, memory, drawnBytes: bytes } },
    notes,
  });
};

export const cases = { screen };
