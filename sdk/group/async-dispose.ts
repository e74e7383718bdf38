/** Makes `await using` leave the group. Where the symbol is missing, a method in a class would be called "undefined". */
export const addAsyncDispose = (prototype: { leave(): Promise<void> }): void => {
  const asyncDispose = (Symbol as { readonly asyncDispose?: symbol }).asyncDispose
  if (asyncDispose === undefined) return
  Object.defineProperty(prototype, asyncDispose, {
    configurable: true,
    writable: true,
    value(this: typeof prototype) {
      return this.leave()
    },
  })
}
