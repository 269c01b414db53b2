/** What Haraka can do with a reply, and what that depends on. */
import type { Stage } from '../../core/reply-guards.js'
import type { Reply } from '../../core/reply.js'
import type { SenderSettings } from '../../core/settings/settings.js'

export type Deed = 'goes on' | 'delivers' | 'defers' | 'bounces' | 'loses' | 'nothing'

export interface HarakaDoes {
  /** `loses`: the message or recipient leaves the queue undelivered. */
  readonly does: Deed
  readonly whom: 'message' | 'recipient' | 'nobody'
  /** The next relay server is tried before, where there is one left. */
  readonly nextServerFirst: boolean
  /** What completes "Haraka". */
  readonly words: string
}

export interface Answered {
  readonly stage: Stage
  /** As ReturnCodeHandler sees it. */
  readonly command: string
  readonly real: Reply
  readonly presented: Reply
  /** TLS is on. */
  readonly encrypted: boolean
  readonly sender: Pick<SenderSettings, 'servers' | 'tls' | 'auth' | 'authPlaintext'>
}

/** `words` complete "Haraka". */
export function on(words: string): HarakaDoes {
  return { does: 'goes on', whom: 'message', nextServerFirst: false, words }
}

export function deferred(words: string): HarakaDoes {
  return { does: 'defers', whom: 'message', nextServerFirst: false, words }
}
