// Any error as a text for people: what was being done, on what, why it failed, what to do; and the exit code it means.
import { HostError, isRefusal } from '../host/host-error.js';
import { displayMessage as display } from '../ui/display.js';
import { reasonOf } from './reasons.js';

export const explainError = (
  error: unknown,
  doing: string,
  verbose: boolean,
): { readonly text: string; readonly exitCode: number } => {
  const stack = verbose && error instanceof Error ? `${(error.stack ?? '').split('\n').map(display).join('\n')}\n` : '';
  if (error instanceof HostError) {
    return {
      text: `${display(doing)}: ${display(error.message)}\n  ${display(error.help)}\n${stack}`,
      exitCode: isRefusal(error) ? 4 : 1,
    };
  }
  const reason = systemReason(error);
  if (reason !== null) return { text: `${display(doing)}: ${display(reason)}\n${stack}`, exitCode: 1 };
  const message = error instanceof Error ? error.message : String(error);
  const hint = verbose ? '' : '; --verbose shows where';
  return {
    text: `${display(doing)}: failed: ${display(message)}\n  this is a fault of syncplan, not of the plan${hint}\n${stack}`,
    exitCode: 1,
  };
};

/** `cannot open "x": no such file`, for errors of the operating system that name a path. */
export const systemReason = (error: unknown): string | null => {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return null;
  const { code, syscall } = error as NodeJS.ErrnoException;
  const path = (error as NodeJS.ErrnoException).path;
  // What is above was made or there: then it is the file system that refuses.
  const refused = syscall === 'mkdir' && code === 'ENOENT' ? 'its file system makes no folders there' : undefined;
  const why = refused ?? reasonOf(code);
  return `cannot ${VERBS[String(syscall)] ?? String(syscall)}${path === undefined ? '' : ` ${JSON.stringify(path)}`}: ${why}`;
};

/** Why something failed, whatever was thrown: in words where the operating system says it by a code. */
export const whyFailed = (error: unknown): string =>
  systemReason(error) ?? (error instanceof Error ? error.message : String(error));

/** What to do where this machine cannot keep what it remembers of runs. */
export const STATE_HELP = 'make that folder writable, or name another one by XDG_STATE_HOME';

const VERBS: Readonly<Record<string, string>> = {
  open: 'open',
  scandir: 'list',
  mkdir: 'make the folder',
  rename: 'rename',
};
