// Installs what is missing, and nothing else: npm packages by the lockfile; with --system also the programs that tests use.
//
// System programs are installed by apt-get where this runs as root; elsewhere the exact command is said and the exit is 1.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** By the Debian package that each is in. */
const PROGRAMS = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  rsync: 'rsync',
  flock: 'util-linux',
  setfattr: 'attr',
  setfacl: 'acl',
  strace: 'strace',
  sudo: 'sudo',
  busybox: 'busybox',
  fish: 'fish',
  tcsh: 'tcsh',
  'bsd-csh': 'csh',
  bsdtar: 'libarchive-tools',
};
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin', '/usr/bin', '/bin'];

checkNode();
if (!packagesMatch()) run('npm', ['ci', '--include=dev'], 'install the packages of package-lock.json');
if (process.argv.includes('--system')) preparePrograms();

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Node.js ${process.versions.node} is too old: syncplan needs 20.19 or later`);
}

/** Does node_modules hold what the lockfile says? npm keeps a lockfile of what it installed inside. */
function packagesMatch() {
  if (!existsSync('node_modules/.package-lock.json')) return false;
  const wanted = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const present = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    const found = present[path];
    if (path === '') return true;
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity && existsSync(join(path, 'package.json'));
  });
}

function preparePrograms() {
  const missing = Object.entries(PROGRAMS).filter(([program]) => !present(program));
  if (missing.length === 0) return;
  const names = missing.map(([program]) => program).join(', ');
  const packages = [...new Set(missing.map(([, name]) => name))];
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!present('apt-get'))
    fail(`${names} missing: install what this system calls ${packages.join(', ')}, then run this again`);
  if (process.getuid?.() !== 0) fail(`${names} missing: run  sudo sh -c '${install}'  and then this again`);
  console.log(`${names} missing: ${install}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], 'refresh the package lists', env);
  run(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...packages],
    `install ${packages.join(', ')}`,
    env,
  );
  const still = missing.filter(([program]) => !present(program));
  if (still.length > 0) fail(`${still.map(([program]) => program).join(', ')} still missing after: ${install}`);
}

function present(program) {
  return FOLDERS.some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function run(program, args, doing, env = process.env) {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  if (status !== 0)
    fail(`could not ${doing}: ${program} ${args.join(' ')} ${error ? error.message : `ended with ${status}`}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
