// What goes wrong while content is staged: as outcomes of steps, and as the end of a connection that cannot be believed.
import type { PackRecord } from '../../bytes/pack.js';
import type { Outcome } from '../../tree/action.js';
import { PROBLEM_CODES, type ProblemCode } from '../../tree/entry.js';
import type { Fault } from '../file-verbs.js';
import { HostError } from '../host-error.js';
import type { FileStep } from './gather.js';
import { failed, failedOrStopped, inconsistent, type Work } from './work.js';

export const failedToCreate = (work: Work, { index, action }: FileStep, fault: Fault): Outcome =>
  failedOrStopped(work, index, action.path, 'create', fault);

export const lost = ({ index, action: { path } }: FileStep, record: PackRecord & { is: 'lost' }): Outcome => {
  if (record.code === 'changed') return inconsistent(index, record.message);
  const known = (PROBLEM_CODES as readonly string[]).includes(record.code);
  const code = known ? (record.code as ProblemCode) : 'io';
  return failed(index, { path, code, message: record.message, help: record.help });
};

export const corrupt = ({ index, action: { path } }: FileStep): Outcome =>
  failed(index, {
    path,
    code: 'corrupt',
    message: 'receive: the content does not have the digest that its sender computed',
    help: 'run the same command again; if it happens again, check memory and network of both machines',
  });

export const wrongSize = ({ index, action: { path, size } }: FileStep, received: number): Outcome =>
  failed(index, {
    path,
    code: 'corrupt',
    message: `receive: ${received} bytes came of a file of ${size}`,
    help: 'run the same command again',
  });

export const protocolFault = ({ label }: Work, what: string): HostError =>
  new HostError(
    'protocol',
    `staging on ${label}: ${what}`,
    'this is a fault in syncplan, or in what passes content on',
  );
