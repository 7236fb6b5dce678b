// The process whose share of a core is measured: the live screen, told the events of a run at the moments they say.
//
// Measured is the time in which content arrives; connecting and comparing, which say less, are told at once before it.
//   node test/bench/screen-load.mjs FIGURES HOSTS SECONDS, with a terminal as standard error
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { recordedRun } from '../../build/test/ui/recorded.js';

const [figures, hosts, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
if (!process.stderr.isTTY) throw new Error('standard error is no terminal');

const { openScreen } = await import('../../build/runtime/ui/screen.js');
const events = eventsOf(hosts, seconds);
const busy = events.findIndex(({ type }) => type === 'stage');
const first = events[busy].time;
let begun = Date.now();
const now = () => first + Date.now() - begun;
const screen = openScreen({ stream: process.stderr, now, colour: true, unicode: true });
for (const event of events.slice(0, busy)) screen.event(event);
// What was loaded is compiled and collected before the clock starts.
await setTimeout(1_000);

begun = Date.now();
const [cpu, written] = [process.cpuUsage(), process.stderr.bytesWritten];
for (let at = busy; at < events.length; ) {
  const moment = now();
  while (at < events.length && events[at].time <= moment) screen.event(events[at++]);
  await setTimeout(10);
}
screen.stop();
const { user, system } = process.cpuUsage(cpu);
const took = (Date.now() - begun) / 1000;
writeFileSync(
  figures,
  JSON.stringify({
    share: (user + system) / 1e6 / took,
    seconds: took,
    events: events.length - busy,
    bytes: process.stderr.bytesWritten - written,
    memory: process.resourceUsage().maxRSS * 1024,
  }),
);

/** All hosts receive at once and say so every 30 ms: a chunk of one and a half files on average. Changes are told before. */
function eventsOf(count, duration) {
  const step = 30;
  const files = Math.ceil(((duration * 1000) / step) * 1.5);
  return recordedRun({ hosts: count, blocks: 1, atOnce: count, files, fileBytes: 700_000, step });
}
