// Writes the table of what each kind of host cannot promise into README.md, from what the conformance suite declares.
import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from '../../build/test/host/kinds.js';

const before = readFileSync('README.md', 'utf8');
const after = withTable(before);
if (after !== before) writeFileSync('README.md', after);
console.log(after === before ? 'README.md: the table is as the suite has it' : 'README.md: the table is written');
