/** Haraka's configuration (haraka-config), as far as it is used. */
export interface ConfigReader {
  /** Haraka's config folder: of a plugin that brings defaults, where an installation has its own. */
  readonly overrides_path?: string
  readonly root_path?: string
  /** `changed` is called after each edit of the file. */
  get(name: string, type?: 'ini' | 'binary' | 'value' | 'list', changed?: () => void): unknown
}
