// Deliberately broken variants of the program: which words of the compiled code become which, and the tests that must notice.
//
// `from` must occur exactly once in the file. Every mutant still carries out an undisturbed upgrade: it is broken only where
// something goes wrong, which is where a test suite is most easily blind – but for those that are called gross. `quick`
// ones run in `npm test`; those with `program` need the program as it is shipped.

const TRANSACTION = 'build/runtime/host/transaction';
const CRASH = 'proof/crash';
const FAULTS = 'proof/faults';

export const MUTANTS = [
  // Durability.
  {
    name: 'nothing that is staged is synced',
    file: `${TRANSACTION}/durable.js`,
    from: 'if (!work.id.strict) return;',
    to: 'return;',
    tests: [CRASH],
    quick: true,
  },
  {
    name: 'nothing is synced after the switch',
    file: `${TRANSACTION}/durable.js`,
    from: 'if (work.id.strict && marked > 0) {',
    to: 'if (false) {',
    tests: [CRASH],
    quick: true,
  },
  {
    name: 'the folders above staging are not synced',
    file: `${TRANSACTION}/durable.js`,
    from: 'for (const above of [stagingParent, folder, place.root]) await syncFolder(work, above, doing);',
    to: '',
    tests: [CRASH],
  },
  {
    name: 'files are synced, their folders are not',
    file: `${TRANSACTION}/durable.js`,
    from: 'const syncFolder = (work, folder, doing) => syncOne(work, { do: "sync-folder", at: folder }, doing);',
    to: 'const syncFolder = async () => {};',
    tests: [CRASH],
  },
  {
    name: 'a sync that failed counts as done',
    file: `${TRANSACTION}/durable.js`,
    from: 'if (fault.fault !== "EACCES" || !await syncAll(work, doing)) throw failedSync(doing, fault);',
    to: '',
    tests: [FAULTS],
  },
  {
    name: 'a sync that failed is tried again',
    file: `${TRANSACTION}/durable.js`,
    from: 'if (fault !== null && fault.fault !== "ENOENT") await syncAround(work, fault, doing);',
    to: 'if (fault !== null && await performOne(work.verbs, deed) !== null) await syncAround(work, fault, doing);',
    tests: [FAULTS],
  },
  {
    name: 'a folder that cannot be entered counts as synced',
    file: `${TRANSACTION}/durable.js`,
    from: 'await syncOne(work, { do: "sync-file", at, name: leaf(path) }, doing);\n      else if (!GONE.has(at.fault)) await syncAround(work, at, doing);',
    to: 'await syncOne(work, { do: "sync-file", at, name: leaf(path) }, doing);',
    tests: [FAULTS],
  },
  {
    name: 'a record is put in place before its content is synced',
    file: `${TRANSACTION}/record.js`,
    from: 'if (durable) placing.unshift({ do: "sync-file", at, name: temporary });',
    to: '',
    tests: [CRASH],
  },
  {
    name: 'the name of a record is not synced',
    file: `${TRANSACTION}/record.js`,
    from: 'if (durable) placing.push({ do: "sync-folder", at });',
    to: '',
    tests: [CRASH],
  },
  // Crash safety.
  {
    name: 'the intent record is written when all is done',
    file: `${TRANSACTION}/commit.js`,
    from: 'await writeIntent(work.verbs, place, stagingName, intent);\n  yield* finishWork(work, intent);',
    to: `yield* switchSteps(work);
  await writeIntent(work.verbs, place, stagingName, intent);
  await syncChanged(work);
  await advanceBaselines(work);
  await markDone(work.verbs, place, stagingName, intent);`,
    tests: [CRASH],
    quick: true,
  },
  {
    name: 'the intent record is struck off before the switch is durable',
    file: `${TRANSACTION}/commit.js`,
    from: 'yield* switchSteps(work);\n  await syncChanged(work);\n  if (work.id.remembers) await advanceBaselines(work);\n  const { place, stagingName } = work.parts[0].desk;\n  await markDone(work.verbs, place, stagingName, intent);',
    to: 'yield* switchSteps(work);\n  const { place, stagingName } = work.parts[0].desk;\n  await markDone(work.verbs, place, stagingName, intent);\n  await syncChanged(work);\n  if (work.id.remembers) await advanceBaselines(work);',
    tests: [CRASH],
  },
  {
    name: 'what is replaced is removed first',
    file: `${TRANSACTION}/move.js`,
    from: 'deeds.push({ do: "rename", at: desk.staging, name: stagedName(work, one.index), to: at, toName });',
    to: 'if (one.now !== null) deeds.push({ do: "remove", at, name: toName });\n    deeds.push({ do: "rename", at: desk.staging, name: stagedName(work, one.index), to: at, toName });',
    tests: [CRASH],
    quick: true,
  },
  {
    name: 'content is written at its final path',
    file: `${TRANSACTION}/move.js`,
    from: 'const faults = first === void 0 ? [] : await performIn(work, part, folderIn(work, first.index), deeds);',
    to: `const faults = [];
  for (const deed of deeds) {
    const source = deed.to === at ? await work.verbs.read(deed.at, deed.name, false) : { fault: 'none' };
    if ('fault' in source) { faults.push((await work.verbs.perform([deed]))[0]); continue; }
    const content = new Uint8Array(source.stat.size);
    await source.read(content);
    await source.close();
    await work.verbs.perform([{ do: 'remove', at, name: deed.toName }]);
    const sink = await work.verbs.write(at, deed.toName);
    await sink.write(content);
    await sink.finish({ mode: source.stat.mode, modified: source.stat.modified });
    await work.verbs.perform([{ do: 'remove', at: deed.at, name: deed.name }]);
    faults.push(null);
  }`,
    tests: [CRASH],
  },
  {
    name: 'recovery does not look at what stands there',
    file: `${TRANSACTION}/switch.js`,
    from: 'await judgeFirst(work, index2, now) ?? judge(work, index2, now, false)',
    to: 'await judgeFirst(work, index2, now) ?? (work.again ? null : judge(work, index2, now, false))',
    tests: [CRASH],
    quick: true,
  },
  {
    name: 'recovery takes what is in place for what is still to do',
    file: `${TRANSACTION}/switch.js`,
    from: 'return judgeAgain(work, index, now);',
    to: 'return null;',
    tests: [CRASH],
  },
  {
    name: 'recovery forgets a step in the middle',
    file: `${TRANSACTION}/recover.js`,
    from: 'work.table.setReady(index);',
    to: 'if (index % 5 !== 3) work.table.setReady(index);',
    tests: [CRASH],
  },
  {
    name: 'a damaged record is read all the same',
    file: `${TRANSACTION}/record.js`,
    from: 'if (await sumOf(bytes, head.length) !== sum) return { damage: "its checksum does not match" };',
    to: '',
    tests: ['proof/damage'],
    quick: true,
  },
  // What belongs to somebody else.
  {
    name: 'the destination is not looked at before the switch',
    file: `${TRANSACTION}/destination.js`,
    from: 'const differs = (work, index, now) => {',
    to: 'const differs = (work, index, now) => {\n  return null;',
    tests: ['host/transaction-faults', CRASH],
  },
  {
    name: 'nothing is kept before it is replaced',
    file: `${TRANSACTION}/commit.js`,
    from: 'await keepWhatGoes(work);',
    to: '',
    tests: [FAULTS],
  },
  {
    name: 'what cannot be looked at is replaced without being kept',
    file: `${TRANSACTION}/keep.js`,
    from: 'if (trouble !== null) table.settle(trouble);',
    to: '',
    tests: [FAULTS],
  },
  {
    name: 'what is deleted is gone at once',
    file: `${TRANSACTION}/move.js`,
    from: 'deeds.push({ do: "rename", at, name, to: trash, toName: name });',
    to: 'deeds.push({ do: "remove", at, name });',
    tests: [FAULTS],
  },
  {
    name: 'everything counts as our own',
    file: 'build/runtime/host/provenance.js',
    from: 'if (entry === void 0) return "unknown";',
    to: 'return "baseline";',
    tests: [FAULTS],
  },
  {
    name: 'the baseline advances whatever came of a step',
    file: `${TRANSACTION}/advance.js`,
    from: 'if (work.table.step(index)?.part !== number || work.table.state(index) !== "done") continue;',
    to: 'if (work.table.step(index)?.part !== number) continue;',
    tests: [FAULTS],
  },
  {
    name: 'protected paths are deleted',
    file: 'build/runtime/engine/observe.js',
    from: 'const isProtected = makeProtect(',
    to: 'const isProtected = () => false; makeProtect(',
    tests: ['engine/run'],
  },
  {
    name: 'there is no bound on deletions',
    file: 'build/runtime/tree/guard.js',
    from: 'if (policy.mode === "never" || deletions === 0) return null;',
    to: 'return null;',
    tests: ['engine/run'],
  },
  {
    name: 'an unreadable folder is an empty one',
    file: 'build/runtime/host/walk.js',
    from: 'tally.problem(problemOf(path, "list the folder", fault));\n      return "unreadable";',
    to: 'return "gone";',
    tests: [FAULTS],
  },
  {
    name: 'a root without its marker is like any other',
    file: 'build/runtime/engine/guards.js',
    from: 'if (expected === null || root.marker === expected) return null;',
    to: 'return null;',
    tests: ['proof/roots'],
  },
  {
    name: 'links below a root are followed on write',
    file: 'build/runtime/host/local-folder.js',
    from: 'const FOLDER_FLAGS = NAMES_ONLY | constants.O_DIRECTORY;',
    to: 'const FOLDER_FLAGS = (NAMES_ONLY & ~constants.O_NOFOLLOW) | constants.O_DIRECTORY;',
    tests: ['host/local-verbs', 'host/conformance-local'],
  },
  // Content.
  {
    name: 'content that arrives damaged is taken',
    file: `${TRANSACTION}/stage.js`,
    from: 'if (hasherOf(work, hashers, step).whole.hash(content) !== digest) return trouble(receiving, corrupt(step));',
    to: '',
    tests: ['host/conformance-memory'],
  },
  {
    name: 'files of equal size count as equal',
    file: 'build/runtime/engine/descend.js',
    from: 'else if (a === b) found.changes.push(...compareEqualSized(pair, rules));',
    to: 'else if (true) found.changes.push(...compareEqualSized(pair, rules));',
    tests: ['engine/run'],
    gross: true,
  },
  {
    name: 'the source is not looked at again',
    file: 'build/runtime/engine/attempt.js',
    from: 'if (consistencyOf(relation).strategy === "none") return [];',
    to: 'return [];',
    tests: ['engine/run'],
  },
  // What is said.
  {
    name: 'a partial run exits with 0',
    file: 'build/runtime/engine/summary.js',
    from: 'if (applies && relations.some(didSomething)) return 5;',
    to: 'if (applies && relations.some(didSomething)) return 0;',
    tests: [FAULTS],
  },
  {
    name: 'a block with problems counts as done',
    file: 'build/runtime/engine/carry-out.js',
    from: 'setState(relation, isWhole ? "done" : "partial", context);',
    to: 'setState(relation, "done", context);',
    tests: [FAULTS],
  },
  // Several at once.
  {
    name: 'a lock that somebody else has is taken',
    file: 'build/runtime/host/lock/flock.js',
    from: 'if (!await callTool(descriptor, options)) return null;',
    to: 'await callTool(descriptor, options);',
    tests: ['proof/interleave'],
    program: true,
  },
  {
    name: 'a block is not locked',
    file: 'build/runtime/engine/locking.js',
    from: 'const shared = strategy === null',
    to: 'return { waited: false, remote: null, scans: null, release };\n    const shared = strategy === null',
    tests: ['proof/interleave'],
    program: true,
  },
  {
    name: 'over SFTP, a claim is taken for dead as soon as another one is younger',
    file: 'build/runtime/host/lock/claim.js',
    from: 'now - time > LEASE_SECONDS',
    to: 'now - time > 1',
    tests: ['host/sftp-locks'],
  },
  {
    name: 'leases are judged by the time of day',
    file: 'build/runtime/host/this-machine.js',
    from: 'Number(process.hrtime.bigint()) / 1e9',
    to: 'Date.now() / 1e3',
    tests: ['proof/clocks'],
  },
  {
    name: 'whoever marks a new root does so with a marker of its own',
    file: `${TRANSACTION}/first-marker.js`,
    from: 'MARKER, first, true,',
    to: 'MARKER, sealed, true,',
    tests: ['host/first-marker'],
  },
  {
    name: 'what was the first marker is put in place without another look whether there is one',
    file: `${TRANSACTION}/first-marker.js`,
    from: 'let there = await readMarker(verbs, place, state, proposed.root);',
    to: 'let there = null;',
    tests: ['host/first-marker'],
  },
  {
    name: 'trash that is due goes while its transaction is at work',
    file: `${TRANSACTION}/end.js`,
    from: 'others.some((other) => isTrashOf(run, name, other.name))',
    to: 'false',
    tests: ['host/side-by-side'],
  },
  {
    name: 'a folder that two blocks make is brought whole by both',
    file: 'build/runtime/engine/run.js',
    from: 'findSharedFolders(relations);',
    to: '',
    tests: ['engine/shared-folders'],
  },
  {
    name: 'hosts that switch together do not wait for each other',
    file: 'build/runtime/engine/barrier.js',
    from: 'return all;',
    to: 'return Promise.resolve(true);',
    tests: ['proof/together'],
  },
  {
    name: 'a file is taken for the one that was listed although its inode has changed since',
    file: 'build/runtime/host/local-kept.js',
    from: ' && changedOf(stats) === columns[at + 3]',
    to: '',
    tests: ['host/listing-cache'],
  },
  {
    name: 'a folder whose names were looked for in the moment of a change is taken for what it was',
    file: 'build/runtime/host/listing-file.js',
    from: 'Math.max(modified, changed) < settled',
    to: 'true',
    tests: ['host/listing-cache'],
  },
  {
    name: 'a folder is taken for what it was by what its name led to a moment ago',
    file: 'build/runtime/host/walk.js',
    from: '!isFault(held) && isSameInode(held, seen) && held.modified === seen.modified && held.changed === seen.changed',
    to: 'true',
    tests: ['host/listing-cache-swaps'],
  },
];
