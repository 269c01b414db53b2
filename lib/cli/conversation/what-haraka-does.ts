/**
 * What Haraka does with the reply that it is given: its state machine (outbound/hmail.js) under what the plugin changes
 * of it, as one pure function.
 *
 *  - 3xx is an answer to DATA and AUTH only; anywhere else Haraka defers the message.
 *  - 4xx defers the message, 5xx bounces it; to RCPT it is the one recipient.
 *  - A greeting with either goes to the next relay server first (delivery-dialogue.ts).
 *  - EHLO refused for good falls back to HELO; LHLO does not.
 *  - A refused STARTTLS does not go on without TLS, also with tls = available.
 *  - Recipients deferred at RCPT stay in the queue when the message bounces after it (contract 10, R2), and those refused
 *    there bounce when it is deferred after it.
 *  - Replies to RSET and QUIT are not Haraka's concern: the plugin sends these for its connections.
 *
 * LMTP's replies for each recipient after the dot are not told from SMTP's one, and Haraka's own outbound settings
 * (enable_tls, no_tls_hosts, force_tls_hosts) are taken to be as they come.
 */
import type { Stage } from '../../core/reply-guards.js'
import { replyClass, replyTexts } from '../../core/reply.js'
import { afterEhlo, afterHelo } from './after-ehlo.js'
import { type Answered, deferred, type Deed, type HarakaDoes, on } from './haraka-does.js'

export function whatHarakaDoes(answered: Answered): HarakaDoes {
  const { stage, real, presented } = answered
  const accepted = replyClass(real) === 2
  if (stage === 'rset' || stage === 'quit') return nothing(stage)
  if (stage === 'rcpt') return ofRecipient(accepted, replyClass(presented))
  if (stage === 'auth' && replyClass(presented) === 3) return furtherLine(answered)
  if (replyClass(presented) === 2 || (stage === 'data' && presented.code === 354)) return goesOn(answered, accepted)
  if (stage === 'ehlo' && replyClass(presented) === 5) return on('goes on with HELO')
  return refused(answered)
}

function goesOn(answered: Answered, accepted: boolean): HarakaDoes {
  switch (answered.stage) {
    case 'greeting':
      return on('goes on with EHLO')
    case 'ehlo':
    case 'lhlo':
      return afterEhlo(answered)
    case 'helo':
      return afterHelo(answered)
    case 'starttls':
      return on('starts TLS, then sends EHLO again')
    case 'auth':
      return on('goes on with MAIL')
    case 'mail':
      return accepted
        ? on('goes on with RCPT')
        : on('goes on with RCPT, which the relay server will refuse: it knows of no MAIL')
    case 'data':
      return on('sends the message')
    default:
      return accepted ? delivers : loses
  }
}

const delivers: HarakaDoes = {
  does: 'delivers',
  whom: 'message',
  nextServerFirst: false,
  words: 'is done with the message: it is delivered to the recipients that were accepted',
}

const loses: HarakaDoes = {
  does: 'loses',
  whom: 'message',
  nextServerFirst: false,
  words: 'is done with the message, which leaves the queue undelivered',
}

function nothing(stage: 'rset' | 'quit'): HarakaDoes {
  const words =
    stage === 'quit' ? 'does nothing: the message is done with' : 'does nothing: RSET is sent by the plugin alone'
  return { does: 'nothing', whom: 'nobody', nextServerFirst: false, words }
}

function ofRecipient(accepted: boolean, presented: number): HarakaDoes {
  const made = (does: Deed, words: string): HarakaDoes => ({ does, whom: 'recipient', nextServerFirst: false, words })
  const anew = accepted ? '; before DATA the transaction is made anew without it' : ''
  if (presented === 5) return made('bounces', `bounces this recipient${anew}`)
  if (presented === 4) return made('defers', `defers this recipient${anew}`)
  return accepted
    ? made('goes on', 'goes on with this recipient')
    : made('loses', 'takes this recipient for accepted: it leaves the queue undelivered')
}

/** Haraka knows what it is asked by these words alone (RFC 4954 has them in no particular form). */
const LOGIN_CHALLENGES = ['VXNlcm5hbWU6', 'UGFzc3dvcmQ6']

function furtherLine({ command, presented }: Answered): HarakaDoes {
  const mechanism = command.split(' ')[1]?.toUpperCase()
  const known =
    mechanism === 'CRAM-MD5' || (mechanism === 'LOGIN' && LOGIN_CHALLENGES.includes(replyTexts(presented).join(' ')))
  return known ? on('goes on with the next line of AUTH') : deferred('defers the message: it cannot answer that')
}

function refused({ stage, presented, sender }: Answered): HarakaDoes {
  const does = replyClass(presented) === 5 ? 'bounces' : 'defers'
  const several = stage === 'greeting' && replyClass(presented) >= 4 && sender.servers.length !== 1
  const end = endOf(stage, does)
  return {
    does,
    whom: 'message',
    nextServerFirst: several,
    words: several ? `tries the next relay server; after the last one it ${end}` : end,
  }
}

function endOf(stage: Stage, does: 'bounces' | 'defers'): string {
  if (stage !== 'data' && stage !== 'end-of-data') return `${does} the message`
  return does === 'defers'
    ? 'defers the message, for all recipients but those that were refused at RCPT'
    : 'bounces the message, for all recipients but those that were deferred at RCPT'
}
