// The form in which names are compared: lower case, without diacritics, in Latin script, words of letters and digits with
// one space between them. It is the same as the server's: syncproto/testdata/fold.json holds both to it.

const cyrillic = ['a', 'b', 'v', 'g', 'd', 'e', 'z', 'z', 'i', 'i', 'k', 'l', 'm', 'n', 'o', 'p',
  'r', 's', 't', 'u', 'f', 'h', 'c', 'c', 's', 'st', '', 'i', '', 'e', 'ju', 'ja']

const others: ReadonlyMap<string, string> = new Map([
  ['đ', 'd'], ['ð', 'd'], ['ђ', 'd'], ['ј', 'j'], ['љ', 'lj'], ['њ', 'nj'], ['ћ', 'c'], ['џ', 'dz'], ['ѕ', 'dz'],
  ['є', 'e'], ['і', 'i'], ['ı', 'i'], ['ł', 'l'], ['ø', 'o'], ['æ', 'ae'], ['œ', 'oe'], ['ß', 'ss'],
])

/** Two spellings of one name give the same: in Cyrillic, in Latin, and in Latin typed without diacritics. Đ, Dj and Ђ all
 * become d, because who has no đ types either. */
export function fold(text: string): string {
  let out = ''
  let gap = false
  for (const letter of lower(text).normalize('NFKD')) {
    if (/[\p{Mn}ьъ]/u.test(letter)) continue // an accent, or a sign that only says how the letter before it sounds
    const folded = latin(letter)
    if (folded === '') {
      gap = out !== ''
      continue
    }
    out += (gap ? ' ' : '') + folded
    gap = false
  }
  return out.replaceAll('dj', 'd')
}

/** Letter by letter: the lower case of a whole text tells a sigma at the end of a word from others. */
function lower(text: string): string {
  let out = ''
  for (const letter of text) out += letter.toLowerCase()
  return out
}

/** The Latin form of a lower-case letter or digit without diacritics, '' for anything else. */
function latin(letter: string): string {
  if (letter >= 'а' && letter <= 'я' && letter.length === 1) return cyrillic[letter.charCodeAt(0) - 0x430]!
  return others.get(letter) ?? (/[\p{L}\p{Nd}]/u.test(letter) ? letter : '')
}
