// What a row is held to: bounds, and whether what was measured keeps them.
//
//   bound = { side = 'syncplan', of?, time?, bytes?, memory?, share?, perEntry? }
//
// Beside `of`, another side, `time` and `bytes` are ratios to it; alone they are seconds and bytes. `memory` is in bytes,
// `share` is of a core, `perEntry` is how much faster memory may grow at its last step than at the one before.

/** One check for every figure that a bound names. */
export const checksOf = ({ limit, sides }) => {
  if (!Array.isArray(limit)) return [];
  return limit.flatMap(({ side = 'syncplan', of, ...most }) =>
    Object.entries(most).map(([what, wanted]) => {
      const figure = sides[side]?.[what === 'time' ? 'seconds' : what];
      const beside = of === undefined ? 1 : sides[of]?.[what === 'time' ? 'seconds' : what];
      const measured = figure / beside;
      return { side, of, what, wanted, measured, met: measured <= wanted };
    }),
  );
};

/** The bounds in words; a limit that is a text already is only told. */
export const limitText = limit =>
  Array.isArray(limit) ? limit.map(boundText).join('; ') : limit === undefined ? '' : limit;

const boundText = ({ side, of, ...most }) =>
  [
    side === undefined ? '' : `${side}: `,
    Object.entries(most)
      .map(([what, wanted]) => `${what === 'time' ? '' : `${WORDS[what]} `}≤ ${amountOf(what, wanted, of)}`)
      .join(', '),
  ].join('');

const WORDS = { bytes: 'bytes', memory: 'memory', share: 'drawing', perEntry: 'growth for each entry' };

export const amountOf = (what, value, of) => {
  if (of !== undefined) return what === 'time' ? `${ratio(value)} × ${of}` : `${ratio(value)} ×`;
  switch (what) {
    case 'time':
      return timeText(value);
    case 'share':
      return `${Math.round(value * 1000) / 10} % of a core`;
    case 'perEntry':
      return `${ratio(value)} × the step before`;
    default:
      return bytesText(value);
  }
};

export const ratio = value => (value < 0.1 ? value.toPrecision(2) : String(Math.round(value * 100) / 100));

export const timeText = seconds => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`);

export const bytesText = bytes =>
  bytes < 1e5
    ? `${(bytes / 1024).toFixed(1)} KiB`
    : bytes < 1e9
      ? `${(bytes / 2 ** 20).toFixed(1)} MiB`
      : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
