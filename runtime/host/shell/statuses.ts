// The statuses of a verb that did not succeed: what the far side says (scripts.ts) and what is understood here.

/** It could not begin; its output says why. */
export const UNABLE = 90;
/** It could not go on; why stands behind the mark between two NULs. */
export const BROKEN = 91;
