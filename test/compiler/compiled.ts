// Compiles texts for tests: files by name, the first the main one.
import { type Compiled, type CompileIo, compile } from '../../compiler/compile.js';
import type { Plan } from '../../compiler/plan.js';

export const compileTexts = (
  files: Readonly<Record<string, string | Buffer>>,
  given: Partial<Omit<CompileIo, 'read'>> = {},
): Promise<Compiled> => {
  const [main = ''] = Object.keys(files);
  return compile(main, {
    read: async path => {
      const found = files[path];
      if (found === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
      return Buffer.from(found);
    },
    vars: {},
    ...given,
  });
};

/** A fleet of one master and two remotes in one group, with its roles. */
export const FLEET = `fleet {
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu {
    group web { host "web-{01..02}" at "10.0.1.{11..12}" tags canary }
  }
}
role master is build
role remote is eu.web
`;

/** `CODE text-at-the-place`, without the warning about the layout. */
export const codesOf = ({ diagnostics, sources }: Compiled): readonly string[] =>
  diagnostics
    .filter(({ code }) => code !== 'SP3021')
    .map(({ code, span }) => {
      const text = sources.find(({ path }) => path === span.file)?.text ?? '';
      return `${code} ${text.slice(span.start, span.end).split('\n')[0]}`.trim();
    });

export const codesIn = async (text: string, given: Partial<Omit<CompileIo, 'read'>> = {}): Promise<readonly string[]> =>
  codesOf(await compileTexts({ 'plan.sp': `syncplan 1\n${text}` }, given));

/** The plan of a text that must have no error. */
export const planOf = async (text: string, given: Partial<Omit<CompileIo, 'read'>> = {}): Promise<Plan> => {
  const compiled = await compileTexts({ 'plan.sp': `syncplan 1\n${text}` }, given);
  if (compiled.plan === null) throw new Error(compiled.diagnostics.map(({ message }) => message).join('\n'));
  return compiled.plan;
};
