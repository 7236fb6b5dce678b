// Weak sums over a memory of one's own: content is read straight into it, and summed there without being copied.
import { FREE_AT, type SumsCode, sumsModule } from './sums-code.js';

export type Sums = SumsCode & {
  readonly memory: ArrayBuffer;
  /** Where what is its owner's begins, and how much that is. */
  readonly at: number;
  readonly bytes: number;
};

/** With so many bytes of memory for its owner, all of them 0. `sideBySide` false: as on a machine that cannot do that. */
export const openSums = (bytes: number, sideBySide = true): Sums => {
  const { Memory, Instance } = engine();
  const memory = new Memory({ initial: Math.ceil((FREE_AT + bytes) / PAGE) });
  const { exports } = new Instance(compiled(sideBySide), { host: { memory } });
  return { ...exports, memory: memory.buffer, at: FREE_AT, bytes: memory.buffer.byteLength - FREE_AT };
};

const compiled = (sideBySide: boolean): object => {
  const kind = sideBySide ? 'quick' : 'plain';
  modules[kind] ??= compile(sideBySide);
  return modules[kind];
};

const compile = (sideBySide: boolean): object => {
  const { Module, validate } = engine();
  const code = sumsModule(sideBySide);
  return validate(code) ? new Module(code) : compiled(false);
};

const modules: { quick?: object; plain?: object } = {};

/** What is used here of WebAssembly, of which the types of Node.js know no more than the name. */
type Engine = {
  readonly validate: (code: Uint8Array) => boolean;
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: SumsCode };
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};
const engine = (): Engine => (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

const PAGE = 65_536;
