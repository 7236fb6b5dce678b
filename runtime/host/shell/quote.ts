// The one way a word that is not ours gets to a POSIX sh: inside single quotes, whatever bytes it holds.
//
// Between single quotes every byte stands for itself but the quote, so a word leaves the quotes for each of its own. What
// must be a single line leaves them for each line end as well: the far side has one in the variable `nl` (scripts.ts).

/** A byte string as one word of sh. A NUL ends a word for the system below the shell, so there is no word with one. */
export const quoteWord = (word: string): string => {
  if (word.includes('\0')) throw new RangeError('a word of sh cannot hold a NUL byte');
  return `'${word.replaceAll("'", "'\\''")}'`;
};

/** Words as the framed data of a script, which makes them its arguments by `eval "set -- …"`; one line, whatever they hold. */
export const quoteWords = (words: readonly string[]): Buffer =>
  Buffer.from(words.map(word => quoteWord(word).replaceAll('\n', `'"$nl"'`)).join(' '), 'latin1');
