/** The local variables and parameters that are visible at one place of a walk. */
import type { Variable } from './name-use.js'

export class VisibleVariables {
  readonly #byName = new Map<string, Variable[]>()
  readonly #blocks: Variable[][] = []

  get(name: string): Variable | undefined {
    return this.#byName.get(name)?.at(-1)
  }

  add(variable: Variable): void {
    this.#blocks.at(-1)?.push(variable)
    const same = this.#byName.get(variable.name)
    if (same === undefined) this.#byName.set(variable.name, [variable])
    else same.push(variable)
  }

  /** What is added in `body` is visible there; it ends at the offset. */
  block(end: number, body: () => void): void {
    this.#blocks.push([])
    body()
    for (const variable of this.#blocks.pop() ?? []) {
      variable.to = end
      this.#byName.get(variable.name)?.pop()
    }
  }
}
