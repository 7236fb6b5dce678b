// Every fault of the system has a code, a reason and something to do.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'uvu';
import { explainFault, hostErrorOf, problemOf, stopsHost } from '../../runtime/host/faults.js';
import { PROBLEM_CODES } from '../../runtime/tree/entry.js';

test('whatever errno comes, code, reason and help are there', () => {
  for (const fault of [...Object.keys(constants.errno), 'EWHATEVER']) {
    const { code, why, help } = explainFault({ fault, message: 'what the system said' });
    assert.ok(PROBLEM_CODES.includes(code), fault);
    assert.ok(why.length > 5 && help.length > 10, fault);
    assert.doesNotMatch(why + help, /\.$/);
  }
  assert.equal(explainFault({ fault: 'EWHATEVER', message: 'what the system said' }).why, 'what the system said');
});

test('the faults that people meet have codes of their own', () => {
  const codes = ['EACCES', 'EPERM', 'ENOSPC', 'EROFS', 'ENAMETOOLONG', 'ENOENT', 'ENOTEMPTY', 'EIO', 'ENXIO'].map(
    fault => explainFault({ fault, message: '' }).code,
  );
  assert.deepEqual(codes, [
    'denied',
    'denied',
    'no-space',
    'read-only',
    'name-too-long',
    'gone',
    'not-empty',
    'io',
    'special',
  ]);
});

test('a problem says what was being done, and not where twice', () => {
  const problem = problemOf('a/b', 'open', { fault: 'EACCES', message: 'permission denied' });
  assert.deepEqual([problem.path, problem.code, problem.message], ['a/b', 'denied', 'open: permission denied']);
});

test('only faults that every file would meet stop a host', () => {
  assert.ok(stopsHost({ fault: 'ENOSPC', message: '' }));
  assert.ok(!stopsHost({ fault: 'EACCES', message: '' }));
  assert.equal(hostErrorOf('write', { fault: 'EDQUOT', message: '' }).code, 'no-space');
  assert.equal(hostErrorOf('write', { fault: 'EROFS', message: '' }).code, 'failed');
});

test.run();
