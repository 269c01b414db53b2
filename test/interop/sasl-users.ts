/**
 * The users of a relay server that logs in through Cyrus SASL: one, in a database of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import path from 'node:path'

import type { Postfix, PostfixParameters } from '../support/postfix.js'

export const USER = 'joe'
export const PASSWORD = 'open sesame'

const REALM = 'postfix.example.com'

/** For the title of a suite; '' when there is everything. */
export const WITHOUT_SASL = spawnSync('saslpasswd2', ['-h']).error
  ? ' (skipped: no saslpasswd2; test/support/install-relays.sh installs it)'
  : ''

/** For main.cf, as parameters of every relay server; a server offers AUTH with `smtpd_sasl_auth_enable = yes`. */
export const SASL: PostfixParameters = {
  // Debian's Postfix looks there whatever is said here.
  cyrus_sasl_config_path: '$config_directory/sasl',
  smtpd_sasl_local_domain: REALM,
  smtpd_sasl_authenticated_header: 'yes',
  broken_sasl_auth_clients: 'no',
}

export function addUser(postfix: Postfix): void {
  const database = path.join(postfix.folder, 'sasldb2')
  execFileSync('saslpasswd2', ['-c', '-p', '-f', database, '-u', REALM, USER], { input: PASSWORD })
  execFileSync('chown', ['postfix', database])
  postfix.write(
    'sasl/smtpd.conf',
    [
      'pwcheck_method: auxprop',
      'auxprop_plugin: sasldb',
      `sasldb_path: ${database}`,
      'mech_list: PLAIN LOGIN CRAM-MD5',
      '',
    ].join('\n'),
  )
}
