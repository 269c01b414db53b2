/** Haraka's configuration (haraka-config), as far as it is used. */
export interface ConfigReader {
  /** `changed` is called after each edit of the file. */
  get(name: string, type?: 'ini' | 'binary' | 'value' | 'list', changed?: () => void): unknown
}
