// What is wrong with the form of one file by itself, whatever other files declare: a statement that ends too early, braces where
// there can be none. The grammar takes such statements, as it knows no words; whoever lays a file out refuses them.
import type { Diagnostic } from '../grammar/diagnostic.js';
import { parse } from '../grammar/parse.js';
import type { Source } from '../grammar/source.js';
import type { Program } from './1-resolve/program.js';
import { shapeProgram } from './1-resolve/shape.js';
import { resolveValues } from './1-resolve/values.js';
import * as settings from './catalog/settings.js';

/** Of a file whose syntax is right; in the order of the text. */
export const faultsOfForm = (source: Source): readonly Diagnostic[] => {
  const { syntax } = parse(source);
  const program: Program = {
    main: source.path,
    files: new Map([[source.path, { source, syntax, shown: source.path, broken: false }]]),
    statements: syntax.statements,
    lists: new Map(),
    isWhole: false,
  };
  const found: Diagnostic[] = [];
  const values = resolveValues(
    program,
    { vars: {}, named: [] },
    () => true,
    () => undefined,
  );
  shapeProgram(program, values, one => {
    if (isOfForm(one)) found.push(one);
  });
  return found.sort((a, b) => a.span.start - b.span.start);
};

export const isOfForm = ({ code }: Pick<Diagnostic, 'code'>): boolean => CODES.has(code);

const CODES: ReadonlySet<string> = new Set([settings.incompleteSetting.code, settings.misplacedBody.code]);
