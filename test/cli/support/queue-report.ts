/** What `relayout queue --json` prints, as far as tests look at it. */
export interface QueueReport {
  readonly items: readonly {
    readonly file: string
    readonly uuid: string
    readonly position?: number
    readonly outcome: string
    readonly sender?: string
    readonly from: string
    readonly to: readonly string[]
    readonly attempts: number
    readonly lastTry?: string
    readonly nextTry?: string
    readonly forceLastTry?: true
  }[]
  readonly sums: {
    readonly all: { readonly items: number }
    readonly senders: readonly { readonly sender: string; readonly items: number }[]
  }
  readonly files: Readonly<Record<'damaged' | 'unreadable' | 'givenUp' | 'beingWritten' | 'strange', FileCount>> & {
    readonly gone: number
  }
}

interface FileCount {
  readonly count: number
}
