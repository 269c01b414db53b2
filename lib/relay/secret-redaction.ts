/**
 * Takes credentials out of texts: some servers repeat in a reply what they were sent (RFC 4954 4 lets them).
 *
 * Known forms: the secret itself, its base64 with and without padding, and every line that carried it. A secret cut
 * into pieces or encoded another way is not found.
 */
export class SecretRedaction {
  readonly #forms = new Set<string>()

  constructor(secrets: readonly string[]) {
    for (const secret of secrets) {
      const bytes = Buffer.from(secret, 'utf8')
      this.remember(bytes.toString('latin1'))
      this.remember(bytes.toString('base64'))
    }
  }

  /** A byte string that must not be seen: from now on it is replaced, too. */
  remember(form: string): void {
    for (const variant of [form, form.replace(/=+$/, '')]) if (variant !== '') this.#forms.add(variant)
  }

  /** The byte string with every known form replaced by `***`, the longest first. */
  redact(text: string): string {
    const forms = [...this.#forms].sort((a, b) => b.length - a.length)
    return forms.reduce((rest, form) => rest.replaceAll(form, '***'), text)
  }
}

/** Of an AUTH line: what may be seen of it, and what followed the mechanism. */
export function authCommand(line: string): { readonly shown: string; readonly initial: string } {
  const [, mechanism = '', initial = ''] = line.split(' ')
  return { shown: /^[\w-]{1,20}$/.test(mechanism) ? `AUTH ${mechanism}` : 'AUTH', initial }
}
