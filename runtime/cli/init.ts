// syncplan init: a commented starter plan that checks clean as it stands; never overwrites one.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../host/make-folders.js';
import { displayText } from '../ui/display.js';
import type { Command } from './command.js';
import { EXIT } from './command.js';

export const init: Command = async ({ operands: [folder = '.'], terminal }) => {
  const path = join(folder, NAME);
  makeFolders(folder);
  try {
    await writeFile(path, STARTER, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    terminal.say(
      `syncplan init: ${displayText(path)} exists already and was left as it is\n  name another folder: syncplan init DIR\n`,
    );
    return EXIT.failed;
  }
  terminal.print(`${displayText(path)}\n`);
  terminal.say(`next: put files into ${displayText(join(folder, 'site'))}, then  syncplan plan ${displayText(path)}\n`);
  return EXIT.done;
};

const NAME = 'rollout.sp';

const STARTER = `syncplan 1
# Keeps the folder "copy" equal to the folder "site". Both stand beside this file, so you can try it at once:
#   mkdir site && date > site/index.html
#   syncplan plan rollout.sp       what would change, and nothing else
#   syncplan apply rollout.sp      makes it so

# The machines, and where each keeps the files. A root is a folder with a name.
fleet {
  host build at local { root site "./site" }
  host copy at local { root site "./copy" }

  # Machines behind SSH look like this; the address may be a name from your ssh configuration.
  # group web {
  #   root site "/srv/www/site"
  #   host "web-{01..03}" at "deploy@10.0.1.{11..13}"
  # }
}

# Who has the files, and who gets them. With the group above:  role remote is web
role master is build
role remote is copy

# Kinds of files, told by their names, sizes, times and modes.
class page where ext in [html, xml]

# Files that belong together: staged and verified as a whole on every machine, then switched.
block site {
  take all in site
  # Pages last, so that none names a file that is not there yet.
  order all, page
  # Remove from the remotes what the master no longer has, but never more than 500 files in one run.
  delete mirror { max 500 files }
}
`;
