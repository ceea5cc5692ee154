/** What makes a name that of a secret, wherever it stands in it: of options, fields of logs, attributes and members of stored data alike. */
export const secretWord = /token|secret|passw(?:or)?d|passphrase|credential|authorization|cookie|private[-_]?key|access[-_]?key|api[-_]?key|(?:^|[^a-z])pwd(?![a-z])/i;
