// `syncplan agent --root PATH`: the command of a restricted key. It serves these roots to syncplan, and nothing to anybody else.
import { homedir } from 'node:os';
import { receiveAsked } from '../host/agent/forced-command.js';
import { servedCache, serveFiles } from '../host/agent/serve-files.js';
import { openRestrictedHost } from '../host/restricted.js';
import { makeLinks } from '../link/links.js';
import { reachedBy } from '../link/reached.js';
import { type Command, complain, EXIT } from './command.js';

export const keyAgent: Command = async call => {
  const { options, terminal, process } = call;
  const roots = options.values('root');
  if (roots.length === 0) return complain(call, 'agent needs --root PATH, once or more');
  const { SSH_ORIGINAL_COMMAND: command, SSH_CONNECTION: connection } = terminal.environment;
  const asked = await receiveAsked(command, process.stdin);
  if (asked.is === 'refused') {
    if (asked.greeting !== '') terminal.print(asked.greeting);
    terminal.say(`syncplan: ${asked.words}\n`);
    return EXIT.failed;
  }
  const cacheFolder = servedCache(process.env, homedir());
  await serveFiles({ process, version: SYNCPLAN_VERSION, cacheFolder }, served =>
    openRestrictedHost(
      { roots, program: [process.argv[1] ?? '', process.execPath].filter(path => path !== '') },
      {
        ...served,
        label: asked.label,
        links: options.flag('links') ? makeLinks({ reached: reachedBy(connection) }) : null,
      },
    ),
  );
  return EXIT.done;
};
