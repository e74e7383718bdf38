import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeFileName } from '../../../sdk/transfer/file-name.js'
import { capText } from '../../../sdk/transfer/texts.js'
import { encodeUtf8 } from '../../../sdk/util/bytes.js'

describe('safeFileName', () => {
  it.each([
    ['cat.png', 'cat.png'],
    ['Übung 3 (neu).pdf', 'Übung 3 (neu).pdf'],
    ['👩‍👩‍👧.jpg', '👩‍👩‍👧.jpg'],
    ['/etc/passwd', 'passwd'],
    ['..\\..\\Windows\\system.ini', 'system.ini'],
    ['a/b\\c', 'c'],
    ['a/', 'file'],
    ['', 'file'],
    ['.', 'file'],
    ['..', 'file'],
    ['...', 'file'],
    ['   ', 'file'],
    ['.bashrc', '_bashrc'],
    ['invoice\u202Egpj.exe', 'invoicegpj.exe'],
    ['a\u0000b\r\nc\u007f\u0085.txt', 'abc.txt'],
    ['a\u200b\u2066\ufeffb', 'ab'],
    ['a<b>c:d"e|f?g*h', 'a_b_c_d_e_f_g_h'],
    ['name. . .', 'name'],
    ['file.exe::$DATA', 'file.exe__$DATA'],
    ['con', '_con'],
    ['Aux.txt', '_Aux.txt'],
    ['COM1.tar.gz', '_COM1.tar.gz'],
    ['lpt\u00b9', '_lpt\u00b9'],
    ['nul .txt', '_nul .txt'],
    ['console.log', 'console.log'],
    ['\ud800x', '\ufffdx'],
  ])('makes of %j %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe)
  })

  it('cuts to 255 bytes and keeps the ending', () => {
    expect(safeFileName(`${'ä'.repeat(300)}.jpeg`)).toBe(`${'ä'.repeat(125)}.jpeg`)
    expect(safeFileName('x'.repeat(300))).toBe('x'.repeat(255))
    expect(safeFileName(`a.${'x'.repeat(300)}`)).toHaveLength(255)
  })

  it('of any text is a name that no system refuses, and the same again', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .array(fc.constantFrom('.', '/', '\\', ' ', 'con', 'a', ':', '\u202e', '\u0000', 'ä', '_'), { maxLength: 12 })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (name) => {
        const safe = safeFileName(name)
        expect(encodeUtf8(safe).length).toBeLessThanOrEqual(255)
        expect(safe).not.toMatch(/[\p{Cc}/\\<>:"|?*\u202a-\u202e\u2066-\u2069]|^\.|[. ]$|^(con|aux|nul)(\.|$)/iu)
        expect(safe).not.toBe('')
        expect(safeFileName(safe)).toBe(safe)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('capText', () => {
  it('cuts no character in two', () => {
    expect(capText('abc', 3)).toBe('abc')
    expect(capText('abc', 2)).toBe('ab')
    expect(capText('aä', 2)).toBe('a')
    expect(capText('a👩', 4)).toBe('a')
    expect(capText('', 0)).toBe('')
  })
})
