/** How Node's own functions call back: with what went wrong, or with `null` and the result. */
export type Callback<Value> = (error: unknown, value?: Value) => void

/** Of a call whose last argument may be a callback, in place of the options or behind them. */
export const splitCallback = <Options, Value>(
  options: Options | Callback<Value> | undefined,
  callback: Callback<Value> | undefined,
): { readonly options: Options | undefined; readonly callback: Callback<Value> | undefined } =>
  typeof options === 'function' ? { options: undefined, callback: options as Callback<Value> } : { options, callback }

/**
 * Tells a callback what becomes of a promise, which nobody has to look at then. What the callback throws is told to
 * `report`. Throws a `TypeError` for what is no function.
 */
export const callBack = <Value>(
  promise: Promise<Value>,
  callback: Callback<Value> | undefined,
  report: (error: unknown) => void,
): Promise<Value> => {
  if (callback === undefined) return promise
  promise
    .then(
      (value) => callback(null, value),
      (error: unknown) => callback(error),
    )
    .catch(report)
  return promise
}
