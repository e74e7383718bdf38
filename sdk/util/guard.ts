/** Calls what an application has handed over: what it throws, or its promise rejects with, goes to `onError`. */
export const callGuarded = (call: () => unknown, onError: (error: unknown) => void): void => {
  try {
    const result = call()
    if (result instanceof Promise) result.catch(onError)
  } catch (error) {
    onError(error)
  }
}
