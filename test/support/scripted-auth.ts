/**
 * The server side of AUTH PLAIN, LOGIN and CRAM-MD5 (RFC 4954, RFC 4616, RFC 2195) for the scripted relay.
 */
import { createHmac } from 'node:crypto'

interface Step {
  reply: string
  user?: string
}

export interface AuthCheck {
  /** The AUTH command line. */
  start(line: string): Step
  /** A continuation line. */
  next(line: string): Step
}

const CHALLENGE = '<1896.697170952@relay.test>'

export function checkAuth(expected: { user: string; pass: string }): AuthCheck {
  let mechanism = ''
  let user: string | undefined
  const verdict = (name: string | undefined, right: boolean): Step =>
    right && name !== undefined
      ? { reply: '235 2.7.0 welcome', user: name }
      : { reply: '535 5.7.8 authentication failed' }
  const plain = (base64: string): Step => {
    const [, name, pass] = decode(base64).split('\0')
    return verdict(name, name === expected.user && pass === expected.pass)
  }
  return {
    start(line) {
      const [, wanted = '', initial] = line.split(' ')
      mechanism = wanted.toUpperCase()
      if (mechanism === 'PLAIN') return initial === undefined ? { reply: '334 ' } : plain(initial)
      if (mechanism === 'LOGIN') return { reply: '334 VXNlcm5hbWU6' }
      if (mechanism === 'CRAM-MD5') return { reply: `334 ${Buffer.from(CHALLENGE).toString('base64')}` }
      return { reply: '504 5.5.4 unknown mechanism' }
    },
    next(line) {
      if (mechanism === 'PLAIN') return plain(line)
      if (mechanism === 'LOGIN' && user === undefined) {
        user = decode(line)
        return { reply: '334 UGFzc3dvcmQ6' }
      }
      if (mechanism === 'LOGIN') return verdict(user, user === expected.user && decode(line) === expected.pass)
      const [name, digest] = decode(line).split(' ')
      const right = createHmac('md5', expected.pass).update(CHALLENGE).digest('hex')
      return verdict(name, name === expected.user && digest === right)
    },
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
