/** The names of the globals that the script and the mail server share (contract 4). */

/** An assignment changes nothing. */
export const READ_ONLY = ['senderid', 'sendername', 'ConnectedServer'] as const

export const LIMITS = ['MaxMessagesPerConnection', 'MaxRecipientsPerConnection', 'MaxRecipientsPerMessage'] as const

/** What a script may set. */
export const WRITABLE = ['UseBATV', 'VerifyCertificate', ...LIMITS] as const
