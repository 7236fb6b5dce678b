// Chooses how a run is shown: the live screen, lines, the JSON stream or nothing; and opens it.
import { openJson } from '../ui/json.js';
import { openLines } from '../ui/lines.js';
import { isUnicode } from '../ui/locale.js';
import { openQuiet } from '../ui/quiet.js';
import type { Show } from '../ui/show.js';
import type { Call, LoadScreen } from './command.js';
import type { Terminal } from './terminal.js';

export type ShowKind = 'ink' | 'lines' | 'json' | 'quiet';

/** A show that can step aside for a question. */
export type RunShow = Show & { readonly kind: ShowKind; readonly pause: () => void; readonly resume: () => void };

export const openShow = async (call: Call): Promise<RunShow> => {
  const { terminal } = call;
  const kind = showKind(call);
  const options = { ...textOptions(terminal, 'say'), write: terminal.say };
  const verbose = call.options.flag('verbose');
  switch (kind) {
    case 'ink': {
      const { openScreen } = await loadScreen(call);
      return { kind, ...openScreen({ stream: terminal.streams.err, now: Date.now, ...textOptions(terminal, 'say') }) };
    }
    case 'lines':
      return { kind, ...openLines({ ...options, verbose, writeResult: terminal.print }), ...NEVER_ASIDE };
    case 'json':
      return { kind, ...openJson({ write: terminal.print }), ...NEVER_ASIDE };
    case 'quiet':
      return { kind, ...openQuiet(terminal.say, textOptions(terminal, 'say')), ...NEVER_ASIDE };
  }
};

/**
 * While it is loaded, ink looks whether this is a build server and would then draw nothing at all; that it is to draw has been
 * decided already, so it is not to see.
 */
const loadScreen = async ({ process: { env: environment }, loadScreen: load }: Call): ReturnType<LoadScreen> => {
  const hidden = CI_NAMES.map(name => [name, environment[name]] as const);
  for (const name of CI_NAMES) delete environment[name];
  try {
    return await load();
  } finally {
    for (const [name, value] of hidden) if (value !== undefined) environment[name] = value;
  }
};

/** What every text for this terminal needs to know of it. */
export const textOptions = (
  terminal: Terminal,
  stream: 'print' | 'say',
): { readonly colour: boolean; readonly width: number; readonly unicode: boolean } => ({
  colour: terminal.colour[stream],
  width: terminal.width,
  unicode: isUnicode(terminal.environment),
});

export const wantsJson = ({ options }: Call): boolean => options.flag('json') || options.value('ui') === 'json';
export const wantsQuiet = ({ options }: Call): boolean => options.value('ui') === 'quiet';

const showKind = ({ options, terminal }: Call): ShowKind => {
  const wanted = options.flag('json') ? 'json' : options.value('ui');
  if (wanted === 'ink') return terminal.drawable ? 'ink' : 'lines';
  if (wanted === 'lines' || wanted === 'json' || wanted === 'quiet') return wanted;
  return terminal.drawable && !terminal.ci ? 'ink' : 'lines';
};

const NEVER_ASIDE = { pause: () => undefined, resume: () => undefined };
const CI_NAMES = ['CI', 'CONTINUOUS_INTEGRATION'] as const;
