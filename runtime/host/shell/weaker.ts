// What a host driven by its shell promises less than an agent does, in sentences for the preview and doctor.
import { ALGORITHMS } from '../../../compiler/plan.js';
import type { HostError } from '../host-error.js';
import { WITHOUT_FLOCK } from '../lock/grip.js';
import type { ShellTools } from './probe.js';

/** `why` there is no agent, where one was looked for. */
export const weaknessesOf = (tools: ShellTools, why: HostError | null): string[] => [
  ...(why === null ? [] : [`driven by its shell: ${withoutLabel(why.message)}`]),
  ...(tools.pipes ? [] : ['no locks: another run, or anybody else, may write at the same time']),
  ...(tools.pipes && tools.flock === '' ? [WITHOUT_FLOCK] : []),
  'locks are advisory: consistency lock by permissions or by command is refused there',
  ...unable(tools),
  'files that have changed are sent whole: nothing there tells what is old in them',
  'access lists and extended attributes are not carried; hooks cannot run there',
  'folders are looked at before each use, not held in between: a link flipped at that very moment may be followed in reading and in setting modes',
  ...bsd(tools),
  ...(tools.heldNames
    ? []
    : ['there is no /proc: what is moved is addressed by its path, which may be changed meanwhile']),
  ...(tools.fineTouch ? [] : ['times in whole seconds: its touch sets no finer ones']),
  ...(tools.syncFile ? [] : ['files and names may be lost in a power cut there: its sync takes no files']),
  ...(tools.tar ? [] : ['no tar there: small files are written one by one, which is slower']),
];

/** Whatever of its tools is a BSD's. */
const bsd = ({ stat, exactMove, exactLink, touch }: ShellTools): string[] => {
  const theirs = [
    ...(stat === '-f' ? ['stat -f'] : []),
    ...(exactMove === '-h' ? ['mv -h'] : []),
    ...(exactLink === '-h' ? ['ln -h'] : []),
    ...(touch === 'date' ? ['touch with dates'] : []),
  ];
  if (theirs.length === 0) return [];
  return [
    `driven by the tools of a BSD (${theirs.join(', ')}): tried with those of FreeBSD, but not yet on a BSD or a Mac`,
    ...(exactMove === '-h'
      ? [
          'a folder that comes to stand where something is just being moved to takes that in, instead of being in its way',
        ]
      : []),
  ];
};

/** Which checksums have to be made here, of content that is read back. */
const unable = ({ digests }: ShellTools): string[] => {
  const missing = ALGORITHMS.filter(algorithm => !digests.has(algorithm));
  if (missing.length === 0) return [];
  const able = digests.size === 0 ? '' : `; ${[...digests.keys()].join(', ')} it makes itself`;
  return [
    `no program there makes ${missing.join(', ')}: content is read back over the connection, once for each change, to be compared by these${able}`,
  ];
};

/** The host is named beside it. */
const withoutLabel = (message: string): string => message.slice(message.indexOf(': ') + 2);
