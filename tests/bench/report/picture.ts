import type { Result } from '../results.js'
import type { Side } from '../sides/side.js'
export const createPicture = async (_results: readonly Result[], _sides: readonly Side[]): Promise<string> => ''
