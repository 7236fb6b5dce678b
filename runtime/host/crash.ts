// What a Node.js process that broke off has said: its error, without the trace that hides it.

/** The error line where there is one with a trace behind it; else all of the text. */
export const withoutTrace = (text: string): string => /^(\w*Error\b.*)(?:\n.*)?\n +at /m.exec(text)?.[1] ?? text;
