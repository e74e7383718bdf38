/** What a recipient does with a video. Without a word from it, it shows all of it. */
export interface Wish {
  readonly shown: boolean
  /** In pixels of the device, of the largest place where it is shown; `null`: as large as it is. */
  readonly maxHeight: number | null
}

export const showsAll: Wish = Object.freeze({ shown: true, maxHeight: null })
export const showsNothing: Wish = Object.freeze({ shown: false, maxHeight: null })

export const isSameWish = (a: Wish, b: Wish): boolean => a.shown === b.shown && a.maxHeight === b.maxHeight
