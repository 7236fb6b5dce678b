// What a far shell runs before it has anything of ours: it takes lines and evaluates them (scripts.ts says which).
//
// It travels within the quotes of the command that `ssh` is given, so it holds none of what a login shell might not leave alone.
export const BOOT = 'while read -r line; do eval "$line"; done';
