// The life of a connection over a real sshd: it may be cut at either end, and leaves no process behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'uvu';
import { processesBelow } from '../support/processes.js';
import {
  agentBelow,
  baseOptions,
  connectTo,
  gone,
  keepAsking,
  nothingIsLeft,
  plan,
  rejects,
  withSshd,
} from './connecting.js';
import { hostPlan } from './host-plan.js';

test('an agent that is killed is lost, for what waits and for what comes', async () => {
  await withSshd({}, async sshd => {
    const host = await connectTo(sshd);
    process.kill(agentBelow(sshd.pid), 'SIGKILL');
    await rejects(keepAsking(host), 'lost', /^there: the connection to the agent was lost/);
    await rejects(host.openRoot('/', { create: false, state: null }), 'lost', /lost/);
    await host.close();
  });
});

test('an agent that stops answering is given up, and closing does not wait for it', async () => {
  await withSshd({}, async sshd => {
    const host = await connectTo(sshd, { options: { agentPatience: 3_000 } });
    const agent = agentBelow(sshd.pid);
    process.kill(agent, 'SIGSTOP');
    await rejects(keepAsking(host), 'silent', /not been heard for 3 s/);
    await host.close();
    process.kill(agent, 'SIGKILL');
  });
});

test('closing leaves no process here or there', async () => {
  await withSshd({}, async sshd => {
    const host = await connectTo(sshd);
    const pids = [
      agentBelow(sshd.pid),
      ...processesBelow(process.pid)
        .filter(({ command }) => /^ssh /.test(command))
        .map(({ pid }) => pid),
    ];
    assert.equal(pids.length, 2);
    await host.close();
    await gone(pids);
  });
});

test('a client that is killed leaves no process here or there', async () => {
  await withSshd({}, async sshd => {
    const script = `
      import { makeConnect } from ${JSON.stringify(new URL('../../runtime/host/connect.js', import.meta.url).href)};
      const connect = makeConnect(${JSON.stringify({ ...baseOptions(), sshConfig: sshd.configFile, environment: { PATH: process.env.PATH } })});
      await Promise.all([connect(${JSON.stringify(plan({ host: sshd.alias }))}), connect(${JSON.stringify(hostPlan('here', { kind: 'local' }))})]);
      console.log('connected');
      setInterval(() => {}, 1000);`;
    const client = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise(resolve => client.stdout.once('data', resolve));
    const pids = [agentBelow(sshd.pid), ...processesBelow(client.pid!).map(({ pid }) => pid)];
    assert.equal(pids.length, 3, 'an agent there, ssh and an agent here');
    client.kill('SIGKILL');
    await gone(pids);
  });
});

test('connecting ends when it is interrupted, and a login that hangs is given up', async () => {
  await withSshd({ lines: ['ForceCommand sleep 60'] }, async sshd => {
    const controller = new AbortController();
    const connecting = connectTo(sshd, { options: { signal: controller.signal } });
    setTimeout(() => controller.abort(), 800);
    await rejects(connecting, 'cancelled', /interrupted/);
    await rejects(connectTo(sshd, { options: { signal: controller.signal } }), 'cancelled', /interrupted/);
    await rejects(connectTo(sshd, { options: { greetingPatience: 800 } }), 'silent', /no answer/);
    assert.deepEqual(
      processesBelow(process.pid).filter(({ command }) => /^ssh /.test(command)),
      [],
    );
  });
});

test('what was started is stopped and removed', nothingIsLeft);

test.run();
