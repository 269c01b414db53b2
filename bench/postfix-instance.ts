/**
 * Postfix for one measurement. It takes messages on a port of 127.0.0.1 without delivering them, and then delivers what
 * is queued to one relay server.
 *
 * What is not Postfix's default, and why:
 * - `default_destination_concurrency_limit` and `initial_destination_concurrency`, where a number of connections is
 *   compared: it holds from the first message on; left alone it would begin with 5 and feel its way up to 20.
 * - No DNS, no TLS but where it is compared, no local delivery, no other instance's files: as there is nothing of the
 *   kind on the other side.
 * Connections are reused as by default, on demand: Postfix keeps one open for two seconds while there is a backlog for
 * its destination, and needs half a dozen for the whole queue. Neither a connection cache without that condition
 * (`smtp_connection_cache_destinations`) nor a log that nobody writes made it faster.
 */
import { freePort } from '../demo/ports.js'
import { Postfix, type PostfixParameters, QUEUE_MANAGER, smtpd } from '../test/support/postfix.js'
import type { Credentials } from './sink-dialogue.js'

export { postfixVersion } from '../test/support/postfix.js'

export interface PostfixOptions {
  readonly relayPort: number
  /** To the relay server at one time, from the first message on; undefined: Postfix's default, 5 and up to 20. */
  readonly connections?: number | undefined
  /** The relay server wants STARTTLS, whose certificate is not verified, and AUTH PLAIN. */
  readonly credentials?: Credentials | undefined
}

export class PostfixInstance {
  readonly port: number
  readonly #postfix: Postfix

  private constructor(port: number, postfix: Postfix) {
    this.port = port
    this.#postfix = postfix
  }

  static async create({ relayPort, connections, credentials }: PostfixOptions): Promise<PostfixInstance> {
    const main = {
      relayhost: `[127.0.0.1]:${relayPort}`,
      ...(credentials ? safely(credentials) : { smtp_tls_security_level: 'none' }),
      ...(connections !== undefined && {
        default_destination_concurrency_limit: connections,
        initial_destination_concurrency: connections,
      }),
    }
    return new PostfixInstance(await freePort(), Postfix.create({ main }))
  }

  /** Messages are taken on `port` and stay in the queue. */
  startTaking(): void {
    this.#postfix.start([smtpd(this.port)])
  }

  /** What is in the queue is delivered. */
  startDelivering(): void {
    this.#postfix.start([QUEUE_MANAGER])
  }

  stop(): void {
    this.#postfix.stop()
  }

  /** Messages in the queue. */
  queued(): number {
    return this.#postfix.queued()
  }

  /** Ends whatever of it runs and removes its folder. */
  remove(): void {
    this.#postfix.remove()
  }
}

/**
 * STARTTLS and AUTH PLAIN (Debian's package libsasl2-modules). `smtp_tls_connection_reuse` is not the default: without it
 * Postfix opens a connection for each message as soon as there is TLS.
 */
function safely({ user, pass }: Credentials): PostfixParameters {
  return {
    smtp_tls_security_level: 'encrypt',
    smtp_tls_connection_reuse: 'yes',
    smtp_sasl_auth_enable: 'yes',
    smtp_sasl_password_maps: `static:${user}:${pass}`,
    smtp_sasl_security_options: 'noanonymous',
  }
}
