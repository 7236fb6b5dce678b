// Counts what a walk meets, and keeps the problems it names up to a cap.
import type { Problem } from '../tree/entry.js';
import type { ScanSummary } from './host.js';

export type Tally = {
  files: number;
  folders: number;
  links: number;
  hard: number;
  bytes: number;
  skipped: number;
  specialBits: number;
  mounts: number;
  readonly problem: (problem: Problem) => void;
  readonly summary: () => Omit<ScanSummary, 'digest' | 'exists'>;
};

export const makeTally = (): Tally => {
  const problems: Problem[] = [];
  let moreProblems = 0;
  const tally: Tally = {
    files: 0,
    folders: 0,
    links: 0,
    hard: 0,
    bytes: 0,
    skipped: 0,
    specialBits: 0,
    mounts: 0,
    problem(problem) {
      if (problems.length < MAX_PROBLEMS) problems.push(problem);
      else moreProblems++;
    },
    summary() {
      const { files, folders, links, hard, bytes, skipped, specialBits, mounts } = tally;
      return { files, folders, links, hard, bytes, skipped, specialBits, mounts, problems, moreProblems };
    },
  };
  return tally;
};

const MAX_PROBLEMS = 1000;
