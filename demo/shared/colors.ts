/** The colours a member can have, named after what yarn was dyed with. White text is legible on each of them. */
export const dyes = {
  madder: '#b5382a',
  walnut: '#7a5230',
  weld: '#836300',
  moss: '#4c6b1f',
  verdigris: '#0b7168',
  woad: '#2a6496',
  indigo: '#4450ab',
  heather: '#7d4a9a',
  cochineal: '#a8275f',
  slate: '#55606e',
} as const

/** For those who do not see the colour, or have never dyed. */
export const dyeWords: Readonly<Record<keyof typeof dyes, string>> = {
  madder: 'madder red',
  walnut: 'walnut brown',
  weld: 'weld yellow',
  moss: 'moss green',
  verdigris: 'verdigris, a bluish green',
  woad: 'woad blue',
  indigo: 'indigo',
  heather: 'heather purple',
  cochineal: 'cochineal pink',
  slate: 'slate grey',
}

export type Dye = keyof typeof dyes

export const dyeNames = Object.keys(dyes) as Dye[]

export const isDye = (value: unknown): value is Dye => typeof value === 'string' && Object.hasOwn(dyes, value)

/** The same for the same text, for those who say nothing of their colour. */
export const dyeFor = (text: string): Dye => {
  let sum = 0
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return dyeNames[sum % dyeNames.length] ?? 'slate'
}

export const randomDye = (): Dye => dyeNames[Math.floor(Math.random() * dyeNames.length)] ?? 'slate'
