// Names of settings and values that can only hold a secret.
export const SECRET_NAME =
  /(^|[-_.])(password|passwd|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?)($|[-_.])/i;
