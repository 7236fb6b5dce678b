// A preview of one relation in which there is nothing but what a test is about.
import type { Preview, PreviewRelation } from '../../runtime/engine/events.js';

export const barePreview = (about: Partial<PreviewRelation>): Preview => ({
  relations: [
    {
      block: 'app',
      host: 'a',
      state: 'compared',
      strategy: '',
      createsRoot: null,
      changes: [],
      problems: [],
      guards: [],
      drift: [],
      unfinished: 0,
      owed: [],
      unchanged: 0,
      skipped: 0,
      bytes: 0,
      alike: { files: 0, bytes: 0 },
      ...about,
    },
  ],
  hosts: [],
  weaker: [],
  unkept: [],
  routes: [],
  specialBits: [],
});
