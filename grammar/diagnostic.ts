// A finding about a text: stable code, message, smallest span, labels, help and perhaps a fix. Pure data.
import type { Span } from './source.js';

export type Severity = 'error' | 'warning';

export type Diagnostic = {
  /** `SP` and four digits: 1xxx grammar, 2xxx names, 3xxx settings and values, 4xxx fleet and roles, 5xxx blocks, 9xxx not built yet. */
  readonly code: string;
  readonly severity: Severity;
  /** Stands alone: what is wrong, with the names involved. */
  readonly message: string;
  readonly span: Span;
  readonly labels: readonly { readonly span: Span; readonly message: string }[];
  readonly help: string | null;
  /** Replacements that are safe to make without asking; never overlapping. */
  readonly fix: readonly Edit[] | null;
};

export type Edit = { readonly span: Span; readonly text: string };
