// Problems, texts and words of closed lists as they stand in the pieces of answers.
//
//   text     = UTF-8 bytes as a string (wire.ts); messages are cut to MAX_TEXT characters
//   problem  = code:u8 (index into PROBLEM_CODES) path:string message:text help:text
import { type Reader, WireError, type Writer } from '../../bytes/wire.js';
import { PROBLEM_CODES, type Problem } from '../../tree/entry.js';
import { fromText, MAX_PATH } from '../../tree/path.js';

export const writeProblem = (writer: Writer, { code, path, message, help }: Problem): void => {
  writer.u8(PROBLEM_CODES.indexOf(code));
  writer.string(path);
  writeText(writer, message);
  writeText(writer, help);
};

/** The path of a problem may be one that is refused; it is only ever shown. */
export const readProblem = (reader: Reader): Problem => {
  const code = PROBLEM_CODES[reader.u8()];
  if (code === undefined) throw new WireError('a problem of unknown kind');
  return { code, path: reader.string(2 * MAX_PATH), message: readText(reader), help: readText(reader) };
};

export const flagOf = (reader: Reader): boolean => {
  const flag = reader.u8();
  if (flag > 1) throw new WireError(`a flag of ${flag}`);
  return flag === 1;
};

/** The word of that number. */
export const oneOf = <T>(list: readonly T[], at: number, what: string): T => {
  const one = list[at];
  if (one === undefined) throw new WireError(`${what} has an unknown number, ${at}`);
  return one;
};

export const writeText = (writer: Writer, text: string): void => writer.string(fromText(text.slice(0, MAX_TEXT)));
export const readText = (reader: Reader): string => Buffer.from(reader.string(4 * MAX_TEXT), 'latin1').toString('utf8');

const MAX_TEXT = 4_096;
