// What an SFTP host promises less than an agent does, in sentences for the preview and doctor.
import { FSYNC, HARDLINK, POSIX_RENAME } from './deeds.js';
import { STATVFS } from './requests.js';
import type { Session } from './session.js';

/** `isNameless`: no user database can be read there. */
export const weaknessesOf = (session: Session, isNameless: boolean): string[] => [
  'locks are claims, kept alive from here: other runs are kept out, but no programs that take such a lock by flock',
  'no checksums there: file content is read back over the connection to be compared',
  'files that have changed are sent whole: nothing there tells what is old in them',
  'times in whole seconds, and no inodes: a change within a second that keeps the size goes unnoticed',
  'hard links are separate files; access lists and extended attributes are not carried',
  'folders are looked at before each use, not held: a link flipped at that very moment would be followed',
  'names that are not UTF-8 are refused',
  ...(isNameless ? ['users and groups are numbers: no list of their names can be read there'] : []),
  session.offers(FSYNC)
    ? 'names put in place may be lost in a power cut there: folders cannot be synced'
    : 'files and names may be lost in a power cut there: the server offers no fsync',
  ...(session.offers(POSIX_RENAME) ? [] : ['the server offers no posix-rename: existing files cannot be replaced']),
  ...(session.offers(HARDLINK) ? [] : ['the server offers no hardlink: replaced files are copied into the trash']),
  ...(session.offers(STATVFS) ? [] : ['the server offers no statvfs: free space is not checked beforehand']),
];
