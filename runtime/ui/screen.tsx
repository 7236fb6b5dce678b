// The live screen: a run drawn by ink on a terminal, a tick at a time, and its outcome left behind when it stops.
//
// Events go into one plain view outside React; nothing is drawn when they arrive. A tick, ten times a second, draws the
// picture once if it has changed. A picture that took long is followed by a longer pause, so that many hosts on a high
// terminal take little of the core that compares. It is always lower than the terminal: one that fills it flickers.
import { render, Text } from 'ink';
import { useSyncExternalStore } from 'react';
import { outcomeText } from './outcome-text.js';
import { picture } from './picture.js';
import { emptyView } from './run-state.js';
import { fold } from './run-view.js';
import type { Show } from './show.js';

export type ScreenOptions = {
  /** The terminal, usually standard error. */
  readonly stream: NodeJS.WriteStream;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly colour: boolean;
  /** May signs outside ASCII be drawn? `isUnicode` (runtime/ui/locale.ts) tells by the environment. */
  readonly unicode: boolean;
};

export type Screen = Show & {
  /** Takes the picture away, for a question or a text; events are still taken in. */
  readonly pause: () => void;
  readonly resume: () => void;
};

export const openScreen = (options: ScreenOptions): Screen => {
  const { stream } = options;
  let view = emptyView();
  let close: (() => void) | null = null;
  const draw = (): string =>
    picture(view, {
      width: (stream.columns || 80) - 1,
      height: Math.max(2, (stream.rows || 24) - 1),
      colour: options.colour,
      unicode: options.unicode,
      now: options.now(),
    }).join('\n');
  const resume = (): void => {
    close ??= mount(stream, draw, options.now);
  };
  const pause = (): void => {
    close?.();
    close = null;
  };
  resume();
  return {
    event: event => {
      view = fold(view, event);
    },
    pause,
    resume,
    stop: () => {
      pause();
      const width = (stream.columns || 80) - 1;
      stream.write(outcomeText(view, { colour: options.colour, unicode: options.unicode, width }));
    },
  };
};

/** What the component draws, kept outside React: it is told when `text` has changed. */
export type Store = { readonly subscribe: (listener: () => void) => () => void; readonly text: () => string };

export const Picture = ({ store }: { readonly store: Store }) => (
  <Text>{useSyncExternalStore(store.subscribe, store.text)}</Text>
);

const mount = (stream: NodeJS.WriteStream, draw: () => string, now: () => number): (() => void) => {
  let text = draw();
  const listeners = new Set<() => void>();
  const show = (next: string): void => {
    if (next === text) return;
    text = next;
    for (const listener of listeners) listener();
  };
  const store: Store = {
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    text: () => text,
  };
  const ink = render(<Picture store={store} />, {
    stdout: stream,
    stderr: stream,
    patchConsole: false,
    exitOnCtrlC: false,
    maxFps: 2_000 / TICK,
  });
  const redraw = (): void => show(draw());
  stream.on('resize', redraw);
  let timer: NodeJS.Timeout;
  // The screen alone keeps no program alive.
  const tickAfter = (pause: number): void => {
    timer = setTimeout(tick, pause).unref();
  };
  let closed = false;
  const tick = (): void => {
    const begun = now();
    redraw();
    // By then React and ink are done with it.
    setImmediate(() => {
      if (!closed) tickAfter(pauseAfter(now() - begun));
    });
  };
  tickAfter(TICK);
  return () => {
    closed = true;
    clearTimeout(timer);
    stream.off('resize', redraw);
    show('');
    ink.clear();
    ink.unmount();
  };
};

/** What has drawn for so many milliseconds waits for so many. */
export const pauseAfter = (took: number): number => Math.min(SLOWEST, Math.max(TICK - took, took * REST));

const TICK = 100;
/** A picture takes a seventh of the time at most; what is left behind by drawing is collected meanwhile. */
const REST = 6;
const SLOWEST = 1_000;
