const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The first letters as a reader counts them: an accent or a skin tone is no letter of its own. */
export const firstLetters = (text: string, count: number): string =>
  Array.from(segmenter.segment(text), ({ segment }) => segment)
    .slice(0, count)
    .join('')
