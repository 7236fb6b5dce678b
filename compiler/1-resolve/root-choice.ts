// Which of a host's parallel roots a block uses.
import type { RootChoice } from './model.js';

/** `first` and `second` choose one; where there is one only, it stands for itself. */
export const chosen = <T>(paths: readonly T[], choice: RootChoice): readonly T[] => {
  switch (choice) {
    case 'all':
      return paths;
    case 'first':
      return paths.slice(0, 1);
    case 'second':
      return paths.length === 1 ? paths : paths.slice(1, 2);
  }
};
