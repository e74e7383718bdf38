/** Waits for what comes about by changes that somebody tells of. */
export class Changes {
  readonly #looks = new Set<() => void>()

  /** Something is another than it was. */
  tell(): void {
    for (const look of [...this.#looks]) look()
  }

  /** Resolves when it is so: at once, or in the course of the change that makes it so. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return
        this.#looks.delete(look)
        resolve()
      }
      this.#looks.add(look)
      look()
    })
  }
}
