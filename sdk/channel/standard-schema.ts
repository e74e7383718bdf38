import { SkeinError } from '../errors.js'

/**
 * What https://standardschema.dev has validators of many libraries look like, version 1; declared here so that none of them
 * has to be installed.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): StandardResult<Output> | PromiseLike<StandardResult<Output>>
    /** For inference alone, absent at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type StandardResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The schema's output, or what is wrong: its issues, or what it threw. */
export type Checked = { readonly isValid: true; readonly value: unknown } | { readonly isValid: false; cause: unknown }

/** Never throws or rejects, whatever the schema does. Without a schema everything is valid. */
export const checkValue = (schema: StandardSchema | undefined, value: unknown): Checked | Promise<Checked> => {
  if (schema === undefined) return { isValid: true, value }
  try {
    const result = schema['~standard'].validate(value)
    return isThenable(result) ? Promise.resolve(result).then(readResult).catch(invalid) : readResult(result)
  } catch (cause) {
    return invalid(cause)
  }
}

const isThenable = (value: object): value is PromiseLike<StandardResult<unknown>> =>
  'then' in value && typeof value.then === 'function'

const readResult = (result: StandardResult<unknown>): Checked =>
  result.issues === undefined ? { isValid: true, value: result.value } : invalid(result.issues)

const invalid = (cause: unknown): Checked => ({ isValid: false, cause })

/** `what` could not be done. The issues are the cause and not in the text, since they may quote the value. */
export const createInvalid = (what: string, cause: unknown): SkeinError =>
  new SkeinError('value-invalid', `${what}: it is not valid`, { cause })
