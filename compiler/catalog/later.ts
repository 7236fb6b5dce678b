// Findings 9xxx: what the language has and this program does not build yet.
import { quoted } from '../../grammar/findings.js';
import { kind } from './finding.js';

const EXAMPLE_HELP = 'it is part of the language, and refused so that nothing is silently left undone';

export const laterTransfer = kind({
  code: 'SP9002',
  severity: 'error',
  title: 'routes are not built yet',
  explanation:
    'Not built yet: `route chain`, `route tree` and `route { }`. They are refused so that nothing is silently left undone.',
  example: 'route tree\n',
  say: (shown: string, instead: string | null) => [`${quoted(shown)} is not built yet`, instead ?? EXAMPLE_HELP],
});

export const reservedWord = kind({
  code: 'SP9004',
  severity: 'error',
  title: 'a word that is reserved',
  explanation:
    '`schedule`, `watch`, `health`, `notify`, `rollout`, `depot`, `exchange` and `trust` are kept for settings to come.',
  example: 'schedule nightly\n',
  say: (word: string) => [`${quoted(word)} is not built yet; the word is reserved`, 'leave the statement out'],
});
