// The few signs that pictures are made of, in Unicode or, where the terminal cannot show it, in ASCII.

export type Marks = {
  readonly done: string;
  readonly failed: string;
  readonly warning: string;
  readonly active: string;
  readonly waiting: string;
  readonly skipped: string;
  readonly to: string;
  readonly ellipsis: string;
  readonly full: string;
  readonly empty: string;
};

export const marks = (unicode: boolean): Marks => (unicode ? UNICODE : ASCII);

const UNICODE: Marks = {
  done: '✓',
  failed: '✗',
  warning: '!',
  active: '▸',
  waiting: '·',
  skipped: '–',
  to: '→',
  ellipsis: '…',
  full: '━',
  empty: '┄',
};

const ASCII: Marks = {
  done: '=',
  failed: 'x',
  warning: '!',
  active: '>',
  waiting: '.',
  skipped: '-',
  to: '->',
  ellipsis: '...',
  full: '#',
  empty: '.',
};
