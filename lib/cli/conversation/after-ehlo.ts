/** How a delivery goes on after EHLO, LHLO or HELO was accepted: TLS, login or MAIL, as hmail and the plugin have it. */
import { replyTexts, type Reply } from '../../core/reply.js'
import { offeredBy } from '../../relay/ehlo-keywords.js'
import { type Answered, deferred, type HarakaDoes, on } from './haraka-does.js'

const AUTH = /^#?(?:\d\.\d\.\d\s)?AUTH\s+(.+)$/

const WITHOUT_LOGIN = deferred(
  'defers the message: credentials are configured, and no AUTH that can be used is offered',
)

export function afterEhlo(answered: Answered): HarakaDoes {
  const { presented, encrypted, sender } = answered
  if (encrypted || sender.tls === 'none') return login(answered)
  if (offeredBy(presented).startTls) return on('goes on with STARTTLS')
  if (sender.tls === 'required') return deferred('defers the message: tls = required, and no STARTTLS is offered')
  return login(answered)
}

/** There is no AUTH without EHLO. */
export function afterHelo({ sender }: Answered): HarakaDoes {
  return sender.auth ? WITHOUT_LOGIN : on('goes on with MAIL')
}

function login({ presented, encrypted, sender }: Answered): HarakaDoes {
  const { auth, authPlaintext } = sender
  if (!auth) return on('goes on with MAIL')
  const offered = mechanisms(presented)
  const wanted = auth.type ? [auth.type] : ['CRAM-MD5', 'PLAIN', 'LOGIN']
  if (!wanted.some((mechanism) => offered.includes(mechanism))) return WITHOUT_LOGIN
  if (!encrypted && !authPlaintext) return deferred('defers the message: the login is not sent without TLS')
  return on('goes on with AUTH')
}

/** As hmail takes them from the lines: the last AUTH counts, and an enhanced code in front does not. */
function mechanisms(ehlo: Reply): readonly string[] {
  const found = replyTexts(ehlo).findLast((text) => AUTH.test(text))
  return AUTH.exec(found ?? '')?.[1]?.split(/\s+/) ?? []
}
