// What a preview says and what the last words say are the same numbers for the same thing.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { makeSession, type Session } from './session.js';

const test = suite<{ session: Session }>('preview and last words');

test.before.each(context => {
  context.session = makeSession(2);
});
test.after.each(context => context.session.close());

test('the time of a run is its own, without that in which an answer was waited for', async ({ session }) => {
  session.master.put({ a: { file: '1' } });
  let away = 0;
  const clock = (): number => Date.now() + away;
  for (const answer of [false, true]) {
    const confirm = async (): Promise<boolean> => {
      away += 3_600_000;
      return answer;
    };
    const { summary, events } = await session.run({ options: { clock, confirm } });
    assert.equal(summary.declined ?? false, !answer);
    assert.ok(summary.seconds >= 0 && summary.seconds < 600, `${summary.seconds} s`);
    const last = events.at(-1)!;
    assert.ok(last.type === 'summary' && last.seconds === summary.seconds, 'the stream says the same');
  }
  assert.equal(session.remotes[1]!.look().length, 1);
});

test.run();
