/**
 * TLS and AUTH with Postfix and Cyrus SASL. How a message came is what Postfix writes into its Received field: with
 * ESMTP, ESMTPS (TLS), ESMTPA (AUTH) or ESMTPSA.
 */
import assert from 'node:assert/strict'

import { assertBalanced } from '../accounting/ledger.js'
import type { Account } from '../support/many-relays.js'
import type { PostfixParameters } from '../support/postfix.js'
import { type Certificates, makeCertificates } from './certificates.js'
import { assertFates, type ExpectedFates, inWords } from './expected-fates.js'
import {
  describeWithPostfix,
  openPostfixRelays,
  type PostfixCase,
  type PostfixRelays,
  WITHOUT_POSTFIX,
} from './postfix-relays.js'
import { addUser, PASSWORD, SASL, USER, WITHOUT_SASL } from './sasl-users.js'

interface SecureCase extends PostfixCase {
  readonly fates: ExpectedFates
  /** How it arrived. */
  readonly came?: 'ESMTP' | 'ESMTPS' | 'ESMTPA' | 'ESMTPSA'
  /** In the Received field, too. */
  readonly received?: RegExp
  /** In Haraka's log. */
  readonly logged?: RegExp
}

type Certificate = 'right' | 'otherName' | 'selfSigned'

const withTls = (certificate: Certificate, more: PostfixParameters = {}): PostfixParameters => ({
  smtpd_tls_security_level: 'may',
  smtpd_tls_chain_files: `$config_directory/${certificate}.pem`,
  ...more,
})

const implicit = (certificate: Certificate): PostfixParameters =>
  withTls(certificate, { smtpd_tls_wrappermode: 'yes', smtpd_tls_security_level: 'encrypt' })

const DELIVERED: ExpectedFates = { '': 'delivered' }
const QUEUED: ExpectedFates = { '': 'queued' }

const TLS_CASES: readonly SecureCase[] = [
  { name: 'none', server: withTls('right'), ini: 'tls=none', fates: DELIVERED, came: 'ESMTP' },
  { name: 'available', server: withTls('selfSigned'), fates: DELIVERED, came: 'ESMTPS' },
  { name: 'available-not-offered', fates: DELIVERED, came: 'ESMTP' },
  {
    name: 'available-demanded',
    server: withTls('otherName', { smtpd_tls_security_level: 'encrypt' }),
    fates: DELIVERED,
    came: 'ESMTPS',
  },
  {
    name: 'none-although-demanded',
    server: withTls('right', { smtpd_tls_security_level: 'encrypt' }),
    ini: 'tls=none',
    fates: { '': 'bounced' },
    logged: /530 5\.7\.0 Must issue a STARTTLS command first/,
  },
  { name: 'required', server: withTls('right'), ini: 'tls=required', fates: DELIVERED, came: 'ESMTPS' },
  { name: 'required-not-offered', ini: 'tls=required', fates: QUEUED },
  {
    name: 'required-not-told',
    server: withTls('right', { smtpd_discard_ehlo_keywords: 'silent-discard, starttls' }),
    ini: 'tls=required',
    fates: QUEUED,
  },
  {
    name: 'required-self-signed',
    server: withTls('selfSigned'),
    ini: 'tls=required',
    fates: QUEUED,
    logged: /self-signed certificate/,
  },
  {
    name: 'required-other-name',
    server: withTls('otherName'),
    ini: 'tls=required',
    fates: QUEUED,
    logged: /127\.0\.0\.1 is not in the cert's list/,
  },
  {
    name: 'required-any-certificate',
    server: withTls('selfSigned'),
    ini: 'tls=required\nverify_certificate=false',
    fates: DELIVERED,
    came: 'ESMTPS',
  },
  {
    name: 'tls-1-2',
    server: withTls('right', { smtpd_tls_protocols: '>=TLSv1.2, <=TLSv1.2' }),
    ini: 'tls=required',
    fates: DELIVERED,
    came: 'ESMTPS',
    received: /using TLSv1\.2 with cipher/,
  },
  {
    name: 'tls-1-3',
    server: withTls('right', { smtpd_tls_protocols: '>=TLSv1.3' }),
    ini: 'tls=required',
    fates: DELIVERED,
    came: 'ESMTPS',
    received: /using TLSv1\.3 with cipher/,
  },
  { name: 'implicit', server: implicit('right'), ini: 'tls=implicit', fates: DELIVERED, came: 'ESMTPS' },
  { name: 'implicit-self-signed', server: implicit('selfSigned'), ini: 'tls=implicit', fates: QUEUED, rests: true },
  { name: 'implicit-other-name', server: implicit('otherName'), ini: 'tls=implicit', fates: QUEUED, rests: true },
  {
    name: 'implicit-any-certificate',
    server: implicit('otherName'),
    ini: 'tls=implicit\nverify_certificate=false',
    fates: DELIVERED,
    came: 'ESMTPS',
  },
  {
    name: 'tls-rate-reused',
    server: withTls('right', { smtpd_client_new_tls_session_rate_limit: 1 }),
    ini: 'tls=required\nmax_connections=1',
    messages: 10,
    fates: DELIVERED,
    came: 'ESMTPS',
  },
]

const login = (password = PASSWORD): string => `auth_user=${USER}\nauth_pass=${password}`

const withLogin = (more: PostfixParameters = {}): PostfixParameters =>
  withTls('right', {
    smtpd_sasl_auth_enable: 'yes',
    smtpd_tls_auth_only: 'yes',
    smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
    ...more,
  })

const MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5']

const AUTH_CASES: readonly SecureCase[] = [
  ...MECHANISMS.flatMap((mechanism): SecureCase[] => {
    const server = withLogin({ smtpd_sasl_mechanism_filter: mechanism })
    const name = mechanism.toLowerCase()
    return [
      { name: `${name}-under-tls`, server, ini: `tls=required\n${login()}`, fates: DELIVERED, came: 'ESMTPSA' },
      {
        name: `${name}-asked-for`,
        server: withLogin(),
        ini: `auth_type=${mechanism}\n${login()}`,
        fates: DELIVERED,
        came: 'ESMTPSA',
      },
      {
        name: `${name}-wrong-password`,
        server,
        ini: login('close sesame'),
        fates: QUEUED,
        logged: new RegExp(`535 5\\.7\\.8 Error: authentication failed`),
      },
      {
        name: `${name}-in-the-clear`,
        server: withLogin({ smtpd_tls_auth_only: 'no', smtpd_sasl_mechanism_filter: mechanism }),
        ini: `tls=none\nauth_plaintext=true\n${login()}`,
        fates: DELIVERED,
        came: 'ESMTPA',
      },
    ]
  }),
  {
    name: 'auth-not-in-the-clear',
    server: withLogin({ smtpd_tls_auth_only: 'no' }),
    ini: `tls=none\n${login()}`,
    fates: QUEUED,
  },
  { name: 'auth-only-under-tls', server: withLogin(), ini: `tls=none\nauth_plaintext=true\n${login()}`, fates: QUEUED },
  {
    name: 'auth-implicit-tls',
    server: { ...withLogin(), ...implicit('right') },
    ini: `tls=implicit\n${login()}`,
    fates: DELIVERED,
    came: 'ESMTPSA',
  },
  { name: 'no-login-at-all', server: withLogin(), fates: { '': 'bounced' }, logged: /554 5\.7\.1 .*Access denied/ },
  {
    name: 'auth-reused',
    server: withLogin({ smtpd_client_auth_rate_limit: 1 }),
    ini: `tls=required\nmax_connections=1\n${login()}`,
    messages: 20,
    fates: DELIVERED,
    came: 'ESMTPSA',
  },
]

const CASES = [...TLS_CASES, ...AUTH_CASES]

const describeWithBoth = WITHOUT_SASL ? describe.skip : describeWithPostfix

describeWithBoth(`TLS and AUTH with Postfix${WITHOUT_POSTFIX || WITHOUT_SASL}`, () => {
  let certificates: Certificates
  let relays: PostfixRelays
  let account: Account

  before(async () => {
    certificates = makeCertificates()
    const { right, otherName, selfSigned } = certificates
    relays = await openPostfixRelays(CASES, {
      env: { NODE_EXTRA_CA_CERTS: certificates.authority },
      postfix: { ...SASL, smtpd_tls_received_header: 'yes' },
      files: { 'right.pem': right, 'otherName.pem': otherName, 'selfSigned.pem': selfSigned },
      prepare: addUser,
    })
    await relays.mail.submit()
    account = await relays.mail.settled()
  })
  after(async () => {
    await relays.remove()
    certificates.remove()
  })

  for (const one of CASES) {
    it(`${one.name}: ${inWords(one.fates)}${one.came ? ` with ${one.came}` : ''}`, () => {
      assertFates(account, one, relays.log(one.name).join('\n'))
      for (const field of one.came ? receivedFields(one.name) : []) {
        assert.match(field, new RegExp(`with ${one.came} id `))
        if (one.came === 'ESMTPSA' || one.came === 'ESMTPA')
          assert.match(field, new RegExp(`\\(Authenticated sender: ${USER}\\b`))
        if (one.received) assert.match(field, one.received)
      }
      if (one.logged) assert.match(relays.mail.haraka.output, one.logged)
    })
  }

  it('the account balances', () => assertBalanced(account.sum))

  it('one connection, one TLS session and one login carry many messages', () => {
    for (const name of ['auth-reused', 'tls-rate-reused']) {
      const connects = relays.log(name).filter((line) => line.startsWith('connect from '))
      assert.equal(connects.length, 1, name)
    }
  })

  it('no secret is in any log', () => {
    const secrets = [
      PASSWORD,
      Buffer.from(PASSWORD).toString('base64'),
      Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64'),
    ]
    for (const secret of secrets) assert.ok(!relays.mail.haraka.output.includes(secret))
  })

  /** The last of Postfix's Received fields of each message that arrived. */
  const receivedFields = (name: string): string[] =>
    relays.mailbox.messages.flatMap(({ rcptTo, data }) => {
      const field = /^Received: from haraka(?:[^\n]*\n)(?:[ \t][^\n]*\n)*/m.exec(data.toString('latin1'))?.[0]
      return rcptTo.some((address) => address.endsWith(`@${name}.test`)) ? [field ?? 'no Received field'] : []
    })
})
