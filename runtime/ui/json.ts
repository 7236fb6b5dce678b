// Events as NDJSON: one object a line, never a raw control character, the version event first.
//
// Every key `path` of an event, at any depth, is a byte string: it is written as text, and where it is not UTF-8 also as
// `pathBytes` (base64). Names in `detail` are byte strings too. Everything else is text already.
import type { RunEvent } from '../engine/events.js';
import { toText } from '../tree/path.js';
import { detailText, escapeJson } from './display.js';
import type { Show } from './show.js';

export const openJson = (options: { readonly write: (text: string) => void }): Show => {
  const waiting: string[] = [];
  let size = 0;
  let first = true;
  let scheduled = false;
  // Lines are written in batches: a write for each of 200,000 changes would cost more than the comparison.
  const flush = (): void => {
    scheduled = false;
    if (waiting.length === 0) return;
    const text = waiting.join('');
    waiting.length = 0;
    size = 0;
    options.write(text);
  };
  return {
    event: event => {
      if (first && event.type !== 'version')
        throw new Error(`the stream began with "${event.type}", not with "version"`);
      first = false;
      const line = jsonLine(event);
      waiting.push(line);
      size += line.length;
      if (size >= BATCH) flush();
      else if (!scheduled) {
        scheduled = true;
        setImmediate(flush);
      }
    },
    stop: flush,
  };
};

/** One event as one line, ended. */
export const jsonLine = (event: RunEvent): string => objectLine(event);

/** Any object as such a line: for commands that are no run. */
export const objectLine = (value: object): string => `${escapeJson(JSON.stringify(asText(value)))}\n`;

const asText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return value;
  const object: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (key === 'path' && typeof field === 'string') {
      const text = toText(field);
      object.path = text ?? Buffer.from(field, 'latin1').toString('utf8');
      if (text === null) object.pathBytes = Buffer.from(field, 'latin1').toString('base64');
    } else {
      object[key] = key === 'detail' && typeof field === 'string' ? detailText(field) : asText(field);
    }
  }
  return object;
};

const BATCH = 65_536;
