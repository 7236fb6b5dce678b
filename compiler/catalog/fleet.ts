// Findings 4xxx: hosts, their addresses and roots, and roles.
import { quoted } from '../../grammar/findings.js';
import { kind, listing } from './finding.js';

export const badHostName = kind({
  code: 'SP4001',
  severity: 'error',
  title: 'a host name with characters that are not allowed',
  explanation:
    'The name of a host in the fleet has letters, digits, - and _, and starts with a letter; a range `{02..12}` may stand in a quoted one.',
  example: 'fleet { host "web 01" at "10.0.1.11" }\n',
  say: (name: string) => [
    `${quoted(name)} cannot be the name of a host`,
    'names have letters, digits, - and _, and start with a letter',
  ],
});

export const badRange = kind({
  code: 'SP4002',
  severity: 'error',
  title: 'a malformed range',
  explanation:
    'A range is `{02..12}`: two whole numbers, the smaller first; leading zeros fix the width. A range has at most 10,000 members.',
  example: 'fleet { host "web-{12..02}" at "10.0.1.{12..22}" }\n',
  say: (range: string, why: string) => [`the range ${quoted(range)} ${why}`, 'a range is written as in "web-{02..12}"'],
});

export const fleetTooLarge = kind({
  code: 'SP4026',
  severity: 'error',
  title: 'a fleet with too many hosts',
  explanation:
    'A plan holds at most 10,000 hosts, masters included. Larger fleets are several plans, which may import the same files.',
  example: 'fleet { host build at local; host "web-{1..10000}" at "web-{1..10000}" }\n',
  say: (name: string, most: number) => [
    `with ${quoted(name)} the plan has more than ${most} hosts`,
    'spread them over several plans, which may import what they share',
  ],
});

export const unequalRanges = kind({
  code: 'SP4003',
  severity: 'error',
  title: 'ranges of unequal length',
  explanation:
    'The ranges of a host statement are counted in step, names and addresses alike, so they must be equally long.',
  example: 'fleet { host "web-{02..12}" at "10.0.1.{12..20}" }\n',
  say: (first: number, second: number) => [
    `the ranges are of unequal length: ${first} and ${second}`,
    'ranges expand in step, the first name with the first address',
  ],
});

export const badAddress = kind({
  code: 'SP4004',
  severity: 'error',
  title: 'a malformed address',
  explanation:
    'An address is "[user@]host[:port]", where the host is a name, an IPv4 address, an IPv6 address in square brackets, or an alias of the ssh configuration.',
  example: 'fleet { host web at "-oProxyCommand=x" }\n',
  say: (address: string, why: string) => [
    `the address ${quoted(address)} ${why}`,
    'an address is written "[user@]host[:port]"; an IPv6 address stands in square brackets',
  ],
});

export const badUser = kind({
  code: 'SP4005',
  severity: 'error',
  title: 'a user name with characters that are not allowed',
  explanation: 'User names have letters, digits, dots, - and _, and start with a letter or _.',
  example: 'fleet { ssh { user "-root" } }\n',
  say: (name: string) => [
    `${quoted(name)} cannot be a user name`,
    'user names have letters, digits, ".", "-" and "_", and start with a letter or "_"',
  ],
});

export const forbiddenRoot = kind({
  code: 'SP4006',
  severity: 'error',
  title: 'a folder that can never be a root',
  explanation: '`/` and a bare home folder hold far more than what one plan should be able to replace or delete.',
  example: 'fleet { root everything "/" }\n',
  say: (path: string) => [`${quoted(path)} can never be a root`, 'name a folder below it'],
});

export const shallowRoot = kind({
  code: 'SP4007',
  severity: 'error',
  title: 'a root less than two levels deep',
  explanation: 'A folder directly below `/` often belongs to the system. Where it is meant, `wide` says so.',
  example: 'fleet { root srv "/srv" }\n',
  say: (path: string) => [
    `${quoted(path)} is less than two levels deep`,
    `if that is meant, write \`wide\` behind it: "${path}" wide`,
  ],
});

export const relativeRoot = kind({
  code: 'SP4008',
  severity: 'error',
  title: 'a relative root on another machine',
  explanation:
    'A relative root is relative to the file that declares it, which only this machine (`at local`) has, or to the login folder of a host reached by `sftp://`.',
  example: 'fleet { root www "dist"; host web at "10.0.1.11" }\n',
  say: (path: string, host: string) => [
    `${quoted(path)} is relative, but ${quoted(host)} is another machine`,
    'write an absolute path, or one in the home folder there: "~/…"',
  ],
});

export const badRootPath = kind({
  code: 'SP4009',
  severity: 'error',
  title: 'a malformed path of a root or a key',
  explanation: 'A path has no empty, "." (but in front) or ".." parts behind a name, and no control characters.',
  example: 'fleet { root www "/srv/../etc" }\n',
  say: (path: string, why: string) => `the path ${quoted(path)} ${why}`,
});

export const missingRoot = kind({
  code: 'SP4010',
  severity: 'error',
  title: 'a root that a host needs and does not have',
  explanation:
    'A block takes from a root of the master into a root of every remote, so each of them must have it, by itself or from its group, region or fleet.',
  example: 'fleet {\n  host build at local { root www "./dist" }\n  host web at "10.0.1.11"\n}\n',
  absence: true,
  say: (root: string, hosts: readonly string[], role: 'master' | 'remote') => [
    `the root ${quoted(root)} is missing on ${listing(hosts)}`,
    `each ${role} of this block needs it: \`root ${root} "…"\` in the host, its group, its region or the fleet`,
  ],
});

export const sshOnLocal = kind({
  code: 'SP4011',
  severity: 'error',
  title: 'ssh settings on a host that is this machine',
  explanation: 'A host `at local` is not reached by SSH, so nothing can be set about it there.',
  example: 'fleet { host build at local { ssh { user deploy } } }\n',
  say: (host: string) => [`${quoted(host)} is this machine and is not reached by ssh`, 'leave the ssh settings out'],
});

export const emptyRole = kind({
  code: 'SP4012',
  severity: 'error',
  title: 'a role that matches no host',
  explanation: 'A role without hosts would make a plan that does nothing, without anybody noticing.',
  example: 'role remote where group is web and tag is cannary\n',
  absence: true,
  say: (role: string) => [`the role ${quoted(role)} matches no host`, 'compare its condition with the fleet'],
});

export const severalMasters = kind({
  code: 'SP4013',
  severity: 'error',
  title: 'several masters in one block',
  explanation: 'A block has one master in this edition. Write a block for each, or a role of one host.',
  example: 'role master is eu.web   # four hosts\n',
  say: (block: string, role: string, hosts: readonly string[]) => [
    `the block ${quoted(block)} has ${hosts.length} masters: ${listing(hosts)}`,
    `make ${quoted(role)} one host, or say \`from\` another role`,
  ],
});

export const bothRoles = kind({
  code: 'SP4014',
  severity: 'error',
  title: 'a host that is master and remote of one block',
  explanation: 'A host cannot be synchronised with itself. Leave it out of one of the roles.',
  example: 'role master is web-01\nrole remote where group is web   # web-01 too\n',
  say: (block: string, host: string) => [
    `${quoted(host)} is master and remote of the block ${quoted(block)}`,
    `leave it out of one: \`where … and not host is ${host}\``,
  ],
});

export const noSecondPath = kind({
  code: 'SP4015',
  severity: 'error',
  title: 'a second parallel root where there is one path',
  explanation:
    '`roots second` takes the second of a remote’s parallel file systems, so the root must have two paths there. A master of one path pairs with whatever a remote has.',
  example: 'block app { take all in www; roots second }\n',
  absence: true,
  say: (root: string, hosts: readonly string[]) => [
    `the root ${quoted(root)} has one path only on ${listing(hosts)}`,
    'say `roots first` or leave it out',
  ],
});

export const badAccount = kind({
  code: 'SP4016',
  severity: 'error',
  title: 'an owner or group with characters that are not allowed',
  explanation:
    'Owners and groups are names, with letters, digits, dots, - and _, that start with a letter or _; or numbers, in quotes, below 4294967295.',
  example: 'block app { take all in www; set { owner "www data" } }\n',
  say: (name: string, what: string) => [
    `${quoted(name)} cannot be the ${what} of files`,
    'write a name such as "www-data", or a number in quotes such as "33"',
  ],
});

export const unequalPaths = kind({
  code: 'SP4017',
  severity: 'error',
  title: 'parallel roots of unequal number',
  explanation:
    'One path of the master pairs with each parallel path of a remote; equal numbers pair in order. With anything else it is nobody’s guess which goes where.',
  example: 'root www "/a/www", "/b/www"   # on the master; the remotes have one path\n',
  say: (root: string, masters: number, master: string, remotes: number, remote: string) => [
    `the ${masters} paths on ${quoted(master)} cannot be paired with ${remotes === 1 ? 'the one path' : `the ${remotes} paths`} of ${quoted(root)} on ${quoted(remote)}`,
    'give the master one path, or as many as the remote has, or say `roots first`',
  ],
});

export const nestedPaths = kind({
  code: 'SP4018',
  severity: 'error',
  title: 'parallel paths of a root that lie in one another',
  explanation: 'Each of the parallel paths is a folder of its own, so that neither holds what belongs to the other.',
  example: 'root www "/srv/www", "/srv/www/standby"\n',
  say: (root: string, a: string, b: string) => [
    `two paths of the root ${quoted(root)} lie in one another: ${quoted(a)} and ${quoted(b)}`,
    'choose folders beside each other',
  ],
});

export const stateInRoot = kind({
  code: 'SP4019',
  severity: 'error',
  title: 'a state folder that meets a root',
  explanation:
    'syncplan keeps its own files in the state folder: what it stages, keeps and remembers. In a root they would be compared and removed like any others. Without `state` they are in `.syncplan`, which no root ever lists.',
  example: 'root www "/srv/www" state "/srv/www/state"\n',
  say: (state: string, root: string, isInside: boolean) => [
    isInside
      ? `the state folder ${quoted(state)} lies in the root ${quoted(root)}`
      : `the root ${quoted(root)} lies in the state folder ${quoted(state)}`,
    'choose a folder beside the roots, on the same file system',
  ],
});

export const sharedState = kind({
  code: 'SP4020',
  severity: 'error',
  title: 'one state folder for two roots',
  explanation: 'Each root has a marker, a baseline and locks of its own, so its state folder is its own as well.',
  example: 'root www "/srv/www" state "/srv/state"\nroot img "/srv/img" state "/srv/state"\n',
  say: (state: string, other: string) => [
    state === other
      ? `the state folder ${quoted(state)} is that of two roots`
      : `two state folders lie in one another: ${quoted(other)} and ${quoted(state)}`,
    'give each root one of its own',
  ],
});

export const stateOfSeveral = kind({
  code: 'SP4021',
  severity: 'error',
  title: 'one state folder for parallel paths',
  explanation:
    'Parallel paths are file systems of their own, and a state folder lies on the same file system as its root. Without `state`, each path has its own, `.syncplan` in it.',
  example: 'root www "/a/www", "/b/www" state "/a/state"\n',
  say: (root: string) => [
    `the parallel paths of the root ${quoted(root)} cannot share one state folder`,
    'leave `state` out, or make two roots of it, each with its own',
  ],
});

export const wrongDriver = kind({
  code: 'SP4022',
  severity: 'error',
  title: 'a host that cannot be driven that way',
  explanation:
    'An address `sftp://…` is driven by SFTP, where nothing of syncplan can run; a host `at local` is this machine, which is never reached by SFTP or a shell.',
  example: 'fleet { host shop at "sftp://shop.example.net" { agent node } }\n',
  say: (agent: string, host: string, why: string) => [
    `${quoted(`agent ${agent}`)} does not fit: ${quoted(host)} ${why}`,
    'leave the setting out for this host, or say `agent auto`',
  ],
});

export const badJump = kind({
  code: 'SP4023',
  severity: 'error',
  title: 'a host that cannot be jumped through',
  explanation:
    '`via` names one host of the fleet that is reached over SSH, or a quoted address. For several on the way, say `via` for that host in its turn.',
  example: 'fleet { ssh { via build }; host build at local; host web-01 at "10.0.1.11" }\n',
  say: (name: string, why: string) => [
    `${quoted(name)} cannot be jumped through: it ${why}`,
    'name one host that is reached over SSH, or an address in quotes',
  ],
});

export const jumpCircle = kind({
  code: 'SP4024',
  severity: 'error',
  title: 'hosts that are reached through each other',
  explanation: 'Following `via` from a host must end at one that is reached directly.',
  example: 'fleet { host a at "a" { ssh { via b } }; host b at "b" { ssh { via a } } }\n',
  say: (host: string, via: string) => [
    `${quoted(host)} and ${quoted(via)} are reached through each other`,
    'say `via` only for the group or the hosts behind the jump host',
  ],
});

export const becomeNowhere = kind({
  code: 'SP4025',
  severity: 'error',
  title: '`become` where no other account can be taken',
  explanation:
    '`become` starts the far side through `sudo`. A host driven by SFTP starts nothing, and on this machine whoever starts syncplan is meant.',
  example: 'fleet { become www-data; host shop at "sftp://shop.example.net" }\n',
  say: (host: string, why: string) => [
    `${quoted('become')} does not fit: ${quoted(host)} ${why}`,
    'log in there as that user, or say `become` only for the other hosts',
  ],
});
