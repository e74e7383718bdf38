/** Pages may be forbidden to keep anything: then even asking for `localStorage` throws, and a name lasts for one visit. */
export const recall = (name: string): string => {
  try {
    return localStorage.getItem(name) ?? ''
  } catch {
    return ''
  }
}

export const keep = (name: string, value: string): void => {
  try {
    localStorage.setItem(name, value)
  } catch {
    // Said in words on the way in (browser-support.ts).
  }
}
