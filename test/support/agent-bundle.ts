// The agent as it is shipped, bundled from the compiled files into a folder of the test's own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, stop } from 'esbuild';

export type AgentBundle = {
  readonly path: string;
  readonly folder: string;
  readonly remove: () => void;
};

/** `entry` is a compiled module of the project; the agent itself unless a test needs one that misbehaves. */
export const bundleAgent = async (entry = 'build/runtime/cli/agent.js'): Promise<AgentBundle> => {
  const folder = mkdtempSync(join(tmpdir(), 'syncplan-bundle-'));
  const path = join(folder, 'agent.cjs');
  await build({
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node18',
    logLevel: 'warning',
  });
  // It keeps a process of its own running otherwise.
  await stop();
  return { path, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};
