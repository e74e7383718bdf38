import { MAX_FILE_NAME_BYTES } from '../protocol/limits.js'
import { decodeUtf8, encodeUtf8 } from '../util/bytes.js'
import { capText } from './texts.js'

/** Longer ones are no endings that anybody goes by. */
const MAX_ENDING_BYTES = 32
const FALLBACK = 'file'
/** What nobody sees, and what turns text around so that `exe.jpg` is read where `gpj.exe` stands. */
const invisible =
  /[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu
const forbidden = /[<>:"|?*]/g
/** Windows opens a device under these names, whatever their ending. */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)[ ]*(\.|$)/i

const capName = (name: string): string => {
  if (encodeUtf8(name).length <= MAX_FILE_NAME_BYTES) return name
  const dot = name.lastIndexOf('.')
  const ending = dot > 0 && encodeUtf8(name.slice(dot)).length <= MAX_ENDING_BYTES ? name.slice(dot) : ''
  const stem = ending === '' ? name : name.slice(0, dot)
  return capText(stem, MAX_FILE_NAME_BYTES - encodeUtf8(ending).length) + ending
}

/**
 * A name under which a file can be kept on any system, whoever has chosen it: its last part without the path before it,
 * nothing invisible or reordering, no character that Windows forbids, none of its device names, not hidden, at most 255 bytes
 * in UTF-8. The same again for what it has made once; `file` where nothing is left.
 */
export const safeFileName = (name: string): string => {
  // Through UTF-8, which leaves no half of a surrogate pair.
  const text = decodeUtf8(encodeUtf8(name)).normalize('NFC').replace(invisible, '')
  const last = text.split(/[/\\]/).at(-1) as string
  const visible = last.replace(forbidden, '_').trim().replace(/^\.+/, '_')
  // Windows drops dots and spaces at the end, and so would open something else; the cut may make some anew.
  const capped = capName(device.test(visible) ? `_${visible}` : visible).replace(/[. ]+$/, '')
  return capped === '' || capped === '_' ? FALLBACK : capped
}
