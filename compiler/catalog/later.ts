// Findings 9xxx: words that are kept for settings to come.
import { quoted } from '../../grammar/findings.js';
import { kind } from './finding.js';

export const reservedWord = kind({
  code: 'SP9004',
  severity: 'error',
  title: 'a word that is reserved',
  explanation:
    '`schedule`, `watch`, `health`, `notify`, `rollout`, `depot`, `exchange` and `trust` are kept for settings to come.',
  example: 'schedule nightly\n',
  say: (word: string) => [`${quoted(word)} is not built yet; the word is reserved`, 'leave the statement out'],
});
