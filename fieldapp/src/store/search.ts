import { fold } from '../protocol/fold'
import type { ID } from '../protocol/types'
import { foundIn, squeeze, type Found } from './glance'
import type { Index } from './index'

/** Gives the ids of the households and people that match every word of a text, the best match first: a whole word before
 * the beginning of one before a part of one, a name before an address or place of origin. A number of 3 digits or more also
 * finds cards, documents and phones that it is a part of, however they are punctuated. */
export async function search(index: Index, text: string, limit: number): Promise<ID[]> {
  const query = queryOf(text)
  if (query.words.length === 0) return []
  const hits: { found: Found; rank: number; score: number }[] = []
  for (const [rank, collection] of (['households', 'people'] as const).entries()) {
    for (const line of await index.lines(collection, patternOf(query))) {
      const found = foundIn(line)
      const score = scoreOf(query, found)
      if (score > 0) hits.push({ found, rank, score })
    }
  }
  hits.sort((a, b) => b.score - a.score || a.rank - b.rank || compare(a.found.name, b.found.name) || compare(a.found.id, b.found.id))
  return hits.slice(0, limit).map((hit) => hit.found.id)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A Query is what somebody typed. */
interface Query {
  words: string[]
  /** What was typed as one number, '' if it is none. */
  number: string
}

function queryOf(text: string): Query {
  const number = withoutZeros(squeeze(text))
  const digits = number.match(/\p{Nd}/gu)?.length ?? 0
  return { words: fold(text).split(' ').filter((word) => word !== ''), number: digits >= 3 ? number : '' }
}

/** Gives what stands in every line that matches: the longest word, or the number. Both are letters and digits alone. */
function patternOf({ words, number }: Query): RegExp {
  const longest = words.reduce((a, b) => (b.length > a.length ? b : a))
  return new RegExp(number === '' ? longest : `${longest}|${number}`, 'g')
}

const withoutZeros = (number: string): string => number.replace(/^0+/, '')

/** Says how well a record matches, 0 if it does not. */
function scoreOf(q: Query, g: Found): number {
  let sum = 0
  for (const word of q.words) {
    const best = Math.max(scoreWord(g.name, word, 1), scoreWord(g.rest, word, 0))
    if (best === 0) return scoreNumber(q, g)
    sum += best
  }
  return Math.max(sum, scoreNumber(q, g))
}

/** Says how well a word matches one of the folded words in text. */
function scoreWord(text: string, word: string, bonus: number): number {
  if (!text.includes(word)) return 0
  if (text.includes(` ${word} `)) return 6 + bonus
  return (text.includes(` ${word}`) ? 4 : 2) + bonus
}

function scoreNumber(q: Query, g: Found): number {
  if (q.number === '') return 0
  const scores = g.numbers.map((number) => (withoutZeros(number) === q.number ? 6 : number.includes(q.number) ? 3 : 0))
  return Math.max(0, ...scores)
}
