/**
 * Bytes as a literal in which most are one character and the others two: a fifth less than base64 once compressed,
 * because repeated code looks repeated (hexadecimal, too, takes more).
 */

/** What stands in any kind of literal as it is. The first two are prefixes. */
const alphabet = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
  .filter((character) => !'"\\$`'.includes(character))
  .join('')
const PREFIXES = 2
const SINGLES = alphabet.length - PREFIXES

/** The values of a byte, the most frequent first: those with a character of their own, then those with a pair. */
const orderOf = (bytes: Uint8Array): readonly number[] => {
  const counts = new Array<number>(256).fill(0)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  return counts.map((_, byte) => byte).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0))
}

const encode = (bytes: Uint8Array, order: readonly number[]): string => {
  const pieceOf = new Array<string>(256)
  order.forEach((byte, rank) => {
    const pair = rank - SINGLES
    pieceOf[byte] =
      pair < 0
        ? alphabet.charAt(PREFIXES + rank)
        : alphabet.charAt(Math.floor(pair / alphabet.length)) + alphabet.charAt(pair % alphabet.length)
  })
  return Array.from(bytes, (byte) => pieceOf[byte]).join('')
}

const createDecoder = (size: number, order: readonly number[]): string =>
  `(t=>{const b=new Uint8Array(${String(size)}),a=${JSON.stringify(alphabet)},o=[${order.join()}],m=[];let i,n=0,v;` +
  `for(i=0;i<a.length;)m[a.charCodeAt(i)]=i++;` +
  `for(i=0;i<t.length;b[n++]=o[v])` +
  `(v=m[t.charCodeAt(i++)])<${String(PREFIXES)}?v=${String(SINGLES)}+v*a.length+m[t.charCodeAt(i++)]:v-=${String(PREFIXES)};return b})`

/** An expression of JavaScript whose value is a Uint8Array with these bytes. */
export const bytesExpression = (bytes: Uint8Array): string => {
  const order = orderOf(bytes)
  return `${createDecoder(bytes.length, order)}(${JSON.stringify(encode(bytes, order))})`
}
