/**
 * Postfix for one measurement. It takes messages on a port of 127.0.0.1 without delivering them, and then delivers what
 * is queued to one relay server.
 *
 * What is not Postfix's default, and why:
 * - `default_destination_concurrency_limit` and `initial_destination_concurrency`: the number of connections that is
 *   compared, from the first message on; left alone it would begin with 5 and feel its way up to 20.
 * - No DNS, no TLS, no local delivery, no other instance's files: as there is nothing of the kind on the other side.
 * Connections are reused as by default, on demand: Postfix keeps one open for two seconds while there is a backlog for
 * its destination, and needs half a dozen for the whole queue. Neither a connection cache without that condition
 * (`smtp_connection_cache_destinations`) nor a log that nobody writes made it faster.
 */
import { freePort } from '../demo/ports.js'
import { Postfix, QUEUE_MANAGER, smtpd } from '../test/support/postfix.js'

export { postfixVersion } from '../test/support/postfix.js'

export interface PostfixOptions {
  readonly relayPort: number
  readonly connections: number
}

export class PostfixInstance {
  readonly port: number
  readonly #postfix: Postfix

  private constructor(port: number, postfix: Postfix) {
    this.port = port
    this.#postfix = postfix
  }

  static async create({ relayPort, connections }: PostfixOptions): Promise<PostfixInstance> {
    const main = {
      relayhost: `[127.0.0.1]:${relayPort}`,
      smtp_tls_security_level: 'none',
      default_destination_concurrency_limit: connections,
      initial_destination_concurrency: connections,
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
