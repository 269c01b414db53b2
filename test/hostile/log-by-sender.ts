/** The plugin's lines in Haraka's log, sorted by the sender that each is about. */

const LINE =
  /^\[[A-Z]+\] \[[^\]]*\] \[relayout\] (?:script|print|send|skip|rewrite|connected|close|session|relay) +(.*)$/
const SENDER = /^(?:event=\w+ )?sender=(\w+)/
const SCRIPT = /^script=(\w+)\.lua/

export class LogBySender {
  readonly #output: () => string
  readonly #lines = new Map<string, string[]>()
  readonly #all: string[] = []
  #readTo = 0

  constructor(output: () => string) {
    this.#output = output
  }

  of(sender: string): readonly string[] {
    this.#read()
    return this.#lines.get(sender) ?? []
  }

  /** Every whole line so far. */
  get all(): readonly string[] {
    this.#read()
    return this.#all
  }

  #read(): void {
    const output = this.#output()
    const end = output.lastIndexOf('\n') + 1
    if (end <= this.#readTo) return
    // A copy: a part of a string keeps the whole alive, and the output is another one each time.
    const fresh = Buffer.from(output.slice(this.#readTo, end)).toString()
    this.#readTo = end
    for (const line of fresh.slice(0, -1).split('\n')) {
      this.#all.push(line)
      const about = LINE.exec(line)?.[1] ?? ''
      const sender = SENDER.exec(about)?.[1] ?? SCRIPT.exec(about)?.[1]
      if (sender === undefined) continue
      const lines = this.#lines.get(sender)
      if (lines) lines.push(line)
      else this.#lines.set(sender, [line])
    }
  }
}
