// Cuts JSON text that is known to be valid into its parts. Values have to stay the texts that they are: a number that was
// written as 1.0 is another value than 1, and JSON.parse would make one of both.

/** The elements of an array, each as its text. */
export function elements(array: string): string[] {
  const out: string[] = []
  for (let at = skipSpace(array, 1); array[at] !== ']'; at = skipComma(array, at)) {
    const end = valueEnd(array, at)
    out.push(array.slice(at, end))
    at = end
  }
  return out
}

/** The members of an object, each as its name and the text of its value. It fails if one is there twice. */
export function members(object: string): [string, string][] {
  const out: [string, string][] = []
  for (let at = skipSpace(object, 1); object[at] !== '}'; at = skipComma(object, at)) {
    let end = valueEnd(object, at)
    const name = JSON.parse(object.slice(at, end)) as string
    at = skipSpace(object, skipSpace(object, end) + 1) // over the colon
    end = valueEnd(object, at)
    out.push([name, object.slice(at, end)])
    at = end
  }
  if (new Set(out.map(([name]) => name)).size !== out.length) throw new Error('it has a member twice')
  return out
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d

function skipSpace(text: string, at: number): number {
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

/** Goes from behind a value to the next one, or to the closing bracket. */
function skipComma(text: string, at: number): number {
  at = skipSpace(text, at)
  return text[at] === ',' ? skipSpace(text, at + 1) : at
}

/** Where the value that starts at a place ends. */
function valueEnd(text: string, at: number): number {
  for (let depth = 0; ; ) {
    const c = text[at]
    if (c === '"') at = stringEnd(text, at)
    else if (c === '{' || c === '[') depth++, at++
    else if (c === '}' || c === ']') depth--, at++
    else if (c === ',' || c === ':' || isSpace(text.charCodeAt(at))) at++
    else at = wordEnd(text, at)
    if (depth === 0) return at
  }
}

function stringEnd(text: string, at: number): number {
  for (;;) {
    at = text.indexOf('"', at + 1)
    let escapes = 0
    while (text[at - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return at + 1
  }
}

function wordEnd(text: string, at: number): number {
  while (at < text.length && !',:]} \t\r\n'.includes(text[at]!)) at++
  return at
}
