// A small assembler of WebAssembly: functions over one memory, written as nested expressions, as the bytes of a module.
//
// An instruction is a function of its operands, which stand before it on the stack: `i32.add(x.get, i32.const(1))`. Only what
// sums-code.ts needs is here. Nothing is checked: the engine refuses what does not fit together when it compiles the module.

/** Instructions, encoded. */
export type Code = readonly number[];

export type Type = 'i32' | 'i64' | 'v128';

/** A parameter or another local of a function. */
export type Local = {
  readonly get: Code;
  readonly set: (value: Code) => Code;
  /** Adds to an i32 in place. */
  readonly advance: (by: number) => Code;
};

export type Defined = {
  /** Exported under it; null for those that only others call. */
  readonly name: string | null;
  readonly params: readonly Type[];
  readonly result: Type | null;
  readonly locals: readonly Type[];
  readonly body: Code;
};

/** Describes a function: `body` is given its parameters and makes the other locals it needs. */
export const define = (
  name: string | null,
  params: readonly Type[],
  result: Type | null,
  body: (params: readonly Local[], local: (type: Type) => Local) => readonly Code[],
): Defined => {
  const locals: Type[] = [];
  const local = (type: Type): Local => localAt(params.length + locals.push(type) - 1);
  const code = body(
    params.map((_, at) => localAt(at)),
    local,
  );
  return { name, params, result, locals, body: code.flat() };
};

/** A module with these functions, which know each other by their place, and an imported memory of `pages` at least. */
export const assemble = (functions: readonly Defined[], pages: number): Uint8Array<ArrayBuffer> => {
  const types = functions.map(({ params, result }) => [
    0x60,
    ...list(params.map(typeOf)),
    ...list(result === null ? [] : [typeOf(result)]),
  ]);
  const exported = functions.flatMap(({ name }, at) =>
    name === null ? [] : [[...text(name), KIND_FUNCTION, ...unsigned(at)]],
  );
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map(type => [1, ...typeOf(type)])), ...body, END];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, [[...text('host'), ...text('memory'), KIND_MEMORY, 0, ...unsigned(pages)]]),
    ...section(
      3,
      functions.map((_, at) => unsigned(at)),
    ),
    ...section(7, exported),
    ...section(10, bodies),
  ]);
};

const simple =
  (...code: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...code];
/** SIMD instructions have a prefix and a number of their own. */
const vector = (number: number) => simple(0xfd, ...unsigned(number));
/** The address is the first operand; `offset` is added to it. No alignment is promised. */
const memory =
  (...code: number[]) =>
  (offset: number, ...operands: Code[]): Code => [...operands.flat(), ...code, 0, ...unsigned(offset)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value | 0))],
  load: memory(0x28),
  load8: memory(0x2d),
  store: memory(0x36),
  isEqual: simple(0x46),
  isLess: simple(0x49),
  add: simple(0x6a),
  sub: simple(0x6b),
  mul: simple(0x6c),
  and: simple(0x71),
  or: simple(0x72),
  shiftLeft: simple(0x74),
  shiftRight: simple(0x76),
};

export const i64 = {
  const: (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))],
  load: memory(0x29),
  store: memory(0x37),
  isEqual: simple(0x51),
  add: simple(0x7c),
  mul: simple(0x7e),
  xor: simple(0x85),
  shiftRight: simple(0x88),
  rotateLeft: simple(0x89),
  extend: simple(0xad),
};

export const v128 = {
  /** Eight bytes as eight numbers of 16 bits. */
  load8x8: memory(0xfd, 2),
  store: memory(0xfd, 11),
  const: (bytes: readonly number[]): Code => [0xfd, 12, ...bytes],
};

export const i16x8 = { add: vector(142), mul: vector(149) };
export const i32x4 = { addPairs: vector(127) };

/** Runs `body` again as long as `condition`, which is looked at after it, is not zero. */
export const repeatWhile = (condition: Code, body: readonly Code[]): Code => [
  ...[0x03, 0x40],
  ...body.flat(),
  ...condition,
  ...[0x0d, 0],
  END,
];

export const when = (condition: Code, body: readonly Code[]): Code => [
  ...condition,
  ...[0x04, 0x40],
  ...body.flat(),
  END,
];

export const returned = (value: Code): Code => [...value, 0x0f];

/** Calls the function at that place of the module. */
export const call = (place: number, ...operands: Code[]): Code => [...operands.flat(), 0x10, ...unsigned(place)];

const localAt = (at: number): Local => {
  const get = [0x20, ...unsigned(at)];
  const set = (value: Code): Code => [...value, 0x21, ...unsigned(at)];
  return { get, set, advance: by => set(i32.add(get, i32.const(by))) };
};

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(Math.floor(value / 128))];
}

function signed(value: bigint): number[] {
  const least = Number(value & 127n);
  return value >= -64n && value < 64n ? [least] : [least | 128, ...signed(value >> 7n)];
}

const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];

const section = (number: number, items: readonly Code[]): number[] => {
  const content = list(items);
  return [number, ...unsigned(content.length), ...content];
};

const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value, 'latin1')];

const typeOf = (type: Type): number[] => [TYPES[type]];

const TYPES = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
const KIND_FUNCTION = 0;
const KIND_MEMORY = 2;
const END = 0x0b;
