/**
 * Certificates for relay servers, made by openssl(1): of an authority that Haraka is told to trust, for 127.0.0.1 and for
 * another name, and one that nobody has signed.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { TEST_CERTIFICATE, TEST_KEY } from '../support/test-certificate.js'

export interface Certificates {
  /** For NODE_EXTRA_CA_CERTS. */
  readonly authority: string
  /** Private key and certificate in one text, as smtpd_tls_chain_files takes them. */
  readonly right: string
  readonly otherName: string
  readonly selfSigned: string
  remove(): void
}

export function makeCertificates(): Certificates {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'relayout-certificates-'))
  const authority = sign(folder, 'authority', ['basicConstraints=critical,CA:TRUE', 'keyUsage=keyCertSign'])
  const server = (name: string, names: string): string => {
    const { key, certificate } = sign(folder, name, ['basicConstraints=CA:FALSE', `subjectAltName=${names}`], authority)
    return fs.readFileSync(key, 'latin1') + fs.readFileSync(certificate, 'latin1')
  }
  return {
    authority: authority.certificate,
    right: server('right', 'IP:127.0.0.1'),
    otherName: server('other', 'DNS:mail.example.org'),
    selfSigned: TEST_KEY + TEST_CERTIFICATE,
    remove: () => fs.rmSync(folder, { recursive: true }),
  }
}

interface Signed {
  readonly key: string
  readonly certificate: string
}

function sign(folder: string, name: string, extensions: readonly string[], by?: Signed): Signed {
  const [key, certificate] = [path.join(folder, `${name}.key`), path.join(folder, `${name}.pem`)]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', `/CN=${name}`, ...extensions.flatMap((extension) => ['-addext', extension])]
  const signer = by ? ['-CA', by.certificate, '-CAkey', by.key] : []
  // Its own configuration may add what would contradict these.
  const configuration = path.join(folder, 'openssl.cnf')
  fs.writeFileSync(configuration, '[req]\ndistinguished_name = name\n[name]\n')
  execFileSync(
    'openssl',
    [...request, ...subject, ...signer, '-config', configuration, '-keyout', key, '-out', certificate],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  return { key, certificate }
}
