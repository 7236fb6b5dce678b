// By which address this machine was reached over SSH, and from which, as its server says: `FROM PORT AT PORT`.
import { isIP } from 'node:net';
import type { Links } from '../host/host.js';

export const reachedBy = (connection: string | undefined): Links['reached'] => {
  if (connection === undefined) return { at: '', from: '' };
  const [from = '', , at = ''] = connection.split(' ');
  return isAddress(from) && isAddress(at) ? { at, from } : { at: '', from: '' };
};

const isAddress = (text: string): boolean => text.length <= 64 && isIP(text.replace(/%[\w.-]+$/, '')) !== 0;
