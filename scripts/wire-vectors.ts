/** Writes tests/vectors/wire.json: what the code puts on the wire. To be run when the wire is meant to change. */
import { writeFile } from 'node:fs/promises'
import { format } from 'prettier'
import { createWireVectors } from '../tests/support/wire-vectors.js'

const text = JSON.stringify(await createWireVectors())
await writeFile(
  'tests/vectors/wire.json',
  await format(text, { parser: 'json', printWidth: 120, objectWrap: 'collapse' }),
)
