// What a matcher is told of one entry after another while a walk goes on.
import type { Facts } from '../tree/matcher.js';
import type { Stat } from './file-verbs.js';
import type { Managed } from './managed.js';

/** The facts of one entry after another in one object: matching looks at them at once and keeps nothing. */
export const makeFacts = (managed: Managed) => {
  let stat: Stat;
  const facts = {
    kind: 'file' as Facts['kind'],
    name: '',
    size: 0,
    mode: 0,
    modified: 0,
    get owner() {
      return managed.userName(stat.owner);
    },
    get group() {
      return managed.groupName(stat.group);
    },
  };
  return {
    of(name: string, kind: Facts['kind'], seen: Stat): Facts {
      stat = seen;
      facts.kind = kind;
      facts.name = name;
      facts.size = seen.size;
      facts.mode = seen.mode;
      facts.modified = seen.modified;
      return facts;
    },
  };
};
