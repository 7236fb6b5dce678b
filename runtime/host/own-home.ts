// Where this user is at home: a HOME that is no whole path counts as none, since what is kept there would land in whatever
// folder is worked in, a root among them. Node.js takes HOME as it stands.
import { isAbsolute } from 'node:path';

/** To be called before anything asks for the home; who asks then is told what the system's user list says. */
export const dropRelativeHome = (environment: NodeJS.ProcessEnv): void => {
  const { HOME } = environment;
  if (HOME !== undefined && !isAbsolute(HOME)) Reflect.deleteProperty(environment, 'HOME');
};
