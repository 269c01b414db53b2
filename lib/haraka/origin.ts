/**
 * How a message came in, as far as the script is told: noted at MAIL, before any other plugin changes anything, in the
 * transaction's notes, which Haraka keeps in the queue file.
 */
import { toBytes } from '../core/byte-string.js'
import type { HarakaConnection, HMail } from './shapes.js'

const NOTE = 'relayout'

interface Noted {
  /** The return path as the client gave it. */
  readonly mailFrom?: string
  /** Who had logged in. */
  readonly authUser?: string
  readonly ip?: string | undefined
}

/** Byte strings; '' for what is not known. */
export interface Origin {
  readonly mailFrom: string
  readonly authSender: string
  readonly senderIp: string
}

/** For the `mail` hook. */
export function noteOrigin({ transaction, notes, remote }: HarakaConnection): void {
  if (!transaction) return
  const { auth_user: authUser } = notes
  const noted: Noted = {
    mailFrom: String(transaction.mail_from.address),
    ip: remote.ip,
    ...(typeof authUser === 'string' ? { authUser } : {}),
  }
  transaction.notes[NOTE] = noted
}

/** Of a message that Haraka made itself only the return path is known. */
export function originOf({ todo }: HMail): Origin {
  // From the queue file, where other plugins and other versions may have left something else under that name.
  const noted = (todo.notes?.[NOTE] ?? {}) as Readonly<Record<keyof Noted, unknown>>
  const text = (name: keyof Noted, otherwise = ''): string => {
    const value = noted[name]
    return toBytes(typeof value === 'string' ? value : otherwise)
  }
  return { mailFrom: text('mailFrom', todo.mail_from.address), authSender: text('authUser'), senderIp: text('ip') }
}
