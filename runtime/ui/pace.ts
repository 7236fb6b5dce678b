// How long what is left will take, by what was seen: bytes take time, and files take some whatever is in them.
//
// That of the last seconds was `bytes · a + files · b`, which leaves open how much of it is whose. Where what is left is mixed
// as what came, it makes no difference. Where it does, all that was seen decides, if that was mixed now so, now so; else
// nothing is said: a link that has carried only small files says little of a large one.
import { growth, type Meter, makeMeter, measure, STEP } from './meter.js';

export type Amount = { readonly bytes: number; readonly files: number };

export type Pace = { readonly bytes: Meter; readonly files: Meter; readonly past: Past };

/** Sums over steps of what came and how long it took, the older the lighter: enough to fit both prices to. */
type Past = { time: number; bytes: number; files: number; bb: number; bf: number; ff: number; bt: number; ft: number };

export const makePace = (): Pace => ({
  bytes: makeMeter(),
  files: makeMeter(),
  past: { time: -1, bytes: 0, files: 0, bb: 0, bf: 0, ff: 0, bt: 0, ft: 0 },
});

/** So much has come by `time`: milliseconds of work, which stand still while nothing is to come. */
export const keepPace = ({ bytes, files, past }: Pace, time: number, came: Amount): void => {
  measure(bytes, time, came.bytes);
  measure(files, time, came.files);
  if (past.time < 0) Object.assign(past, { time, ...came });
  const t = time - past.time;
  if (t < STEP) return;
  const [b, f, older] = [came.bytes - past.bytes, came.files - past.files, 0.5 ** (t / HALF_LIFE)];
  past.bb = past.bb * older + b * b;
  past.bf = past.bf * older + b * f;
  past.ff = past.ff * older + f * f;
  past.bt = past.bt * older + b * t;
  past.ft = past.ft * older + f * t;
  Object.assign(past, { time, ...came });
};

/** Milliseconds; null where nothing came, or where what came does not tell. */
export const timeFor = (left: Amount, { bytes, files, past }: Pace, now: number): number | null => {
  const [b, f] = [growth(bytes, now), growth(files, now)];
  if (b === null || f === null) return null;
  const seen = { bytes: b.grown, files: f.grown };
  if (seen.bytes === 0) return seen.files > 0 && left.bytes === 0 ? (left.files * b.ms) / seen.files : null;
  const at = (price: number): number =>
    left.files * price + (left.bytes * Math.max(0, b.ms - seen.files * price)) / seen.bytes;
  const dearest = seen.files === 0 ? MOST_PER_FILE : Math.min(MOST_PER_FILE, b.ms / seen.files);
  const [low, high] = [at(0), at(dearest)].sort((one, other) => one - other) as [number, number];
  if (high <= Math.max(low * ALIKE, low + SHORT)) return (low + high) / 2;
  const fitted = pricesOf(past);
  if (fitted === null) return null;
  const cost = ({ bytes: b, files: f }: Amount): number => b * fitted.byte + f * fitted.file;
  if (cost(seen) === 0) return null;
  // The prices against each other are those of all that was seen, their height is that of the last seconds.
  return Math.min(high, Math.max(low, (cost(left) * b.ms) / cost(seen)));
};

/** Least squares; null where bytes and files always came in much the same proportion. */
const pricesOf = ({ bb, bf, ff, bt, ft }: Past): { readonly byte: number; readonly file: number } | null => {
  const apart = bb * ff - bf * bf;
  if (apart <= bb * ff * MIXED) return null;
  const byte = (bt * ff - ft * bf) / apart;
  const file = (ft * bb - bt * bf) / apart;
  if (byte <= 0) return { byte: 0, file: ft / ff };
  return file <= 0 ? { byte: bt / bb, file: 0 } : { byte, file };
};

/** Milliseconds: no file without anything in it takes longer. */
const MOST_PER_FILE = 2;
/** Two estimates are one if they differ by no more than this, or by so many milliseconds. */
const ALIKE = 3;
const SHORT = 2_000;
const HALF_LIFE = 60_000;
const MIXED = 0.2;
