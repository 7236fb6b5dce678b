// Whether signs outside ASCII can be shown, by the locale that the environment names.

/** POSIX order: LC_ALL, then LC_CTYPE, then LANG; the first that is set decides. */
export const isUnicode = (environment: Readonly<Record<string, string | undefined>>): boolean => {
  const named = [environment.LC_ALL, environment.LC_CTYPE, environment.LANG].find(value => (value ?? '') !== '');
  return /utf-?8/i.test(named ?? '');
};
