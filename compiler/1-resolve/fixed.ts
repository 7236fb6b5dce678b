// `set { … }`: attributes that are fixed on the remote, whatever the master has.
import type { Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import { finding } from '../catalog/finding.js';
import * as fleet from '../catalog/fleet.js';
import { isUser } from './address.js';
import type { Surroundings } from './level.js';
import type { SetModel } from './model.js';

export const readSet = (statement: Statement | null, around: Surroundings): SetModel | null => {
  if (statement === null) return null;
  const { shapes, values, report } = around;
  const spans = new Map<string, Span>();
  let fixed: SetModel['fixed'] = { owner: null, group: null, files: null, folders: null };
  for (const [inner, said] of shapes.body(statement)) {
    const name = inner.head.text;
    spans.set(name, inner.span);
    switch (name) {
      case 'owner':
      case 'group': {
        const written = said.one('USER');
        const text = written === null ? null : values.textOf(written);
        if (written === null || text === null) break;
        if (isAccount(text)) fixed = { ...fixed, [name]: text };
        else report(finding(fleet.badAccount, written.span, [text, name]));
        break;
      }
      case 'files':
      case 'folders': {
        const written = said.one('MODE');
        const mode = written === null ? null : values.numberOf(written);
        if (mode !== null) fixed = { ...fixed, [name]: mode.value };
        break;
      }
    }
  }
  return Object.values(fixed).some(value => value !== null) ? { fixed, spans } : null;
};

/** A name, as the far system knows it (Samba's machines end in $), or a number. */
const isAccount = (text: string): boolean =>
  isUser(text.replace(/\$$/, '')) || (/^(0|[1-9]\d{0,9})$/.test(text) && Number(text) < 2 ** 32 - 1);
