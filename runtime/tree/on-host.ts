// A problem that names the machine it is of, where what it is told about goes by another's name.

export const problemOn = <T extends { readonly code: string; readonly message: string; readonly help: string }>(
  problem: T,
  host: string,
): T => ({
  ...problem,
  message: `on ${host}: ${problem.message}`,
  help:
    problem.code === 'denied'
      ? `give the user that syncplan works as on ${host} the right to read it, or leave it out`
      : problem.help.replace('that host', host),
});
