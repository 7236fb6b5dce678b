// Addresses by allow-list: "[user@]host[:port]". Nothing that ssh could take for an option ever passes.

export type Address = { readonly host: string; readonly user?: string; readonly port?: number };

/** The parts, or what is wrong with it: "begins with a dash". */
export const parseAddress = (text: string): Address | string => {
  if (text === '') return 'is empty';
  if (text.startsWith('-')) return 'begins with a dash, which ssh would take for an option';
  const at = text.lastIndexOf('@');
  const user = at < 0 ? undefined : text.slice(0, at);
  if (user !== undefined && !isUser(user)) return 'has a user name with characters that are not allowed';
  const rest = text.slice(at + 1);
  const found = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(rest);
  if (!rest.startsWith('[') && rest.split(':').length > 2) return 'has several colons';
  if (found === null) return 'is not "[user@]host[:port]"';
  const [, bracketed, bare, digits] = found;
  const host = bracketed ?? bare ?? '';
  if (bracketed === undefined ? !HOST.test(host) : !isIpv6(host)) {
    return host === ''
      ? 'names no host'
      : host.startsWith('-')
        ? 'begins with a dash, which ssh would take for an option'
        : 'has a host name with characters that are not allowed';
  }
  if (digits !== undefined && !/^\d{1,5}$/.test(digits)) return 'has a port that is no number';
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && !isPort(port)) return 'has a port that is not between 1 and 65535';
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
};

export const isUser = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9._-]{0,62}$/.test(text);

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})$/;

/** Colons and hexadecimal digits, perhaps an IPv4 tail, perhaps a zone. */
const isIpv6 = (text: string): boolean => {
  const [address = '', zone] = text.split('%', 2);
  if (zone !== undefined && !/^[A-Za-z0-9._-]{1,32}$/.test(zone)) return false;
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(address) || /:::/.test(address) || address.split('::').length > 2) return false;
  const groups = address.split(/::?/).filter(group => group !== '');
  const tail = groups.at(-1) ?? '';
  const hasV4 = tail.includes('.');
  if (hasV4 && !/^(\d{1,3}\.){3}\d{1,3}$/.test(tail)) return false;
  const plain = hasV4 ? groups.slice(0, -1) : groups;
  if (!plain.every(group => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  const count = plain.length + (hasV4 ? 2 : 0);
  return address.includes('::') ? count < 8 : count === 8;
};
