// What every way of showing a run offers: it is told the events, and in the end to finish.
import type { RunEvent } from '../engine/events.js';

export type Show = {
  readonly event: (event: RunEvent) => void;
  /** The run is over, or given up: writes what is left to say. Called once; no event comes after it. */
  readonly stop: () => void;
};
