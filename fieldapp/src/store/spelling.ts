// How alike two spellings are. Counted in 32-bit floats as the server counts, so that what is close there is close here.
const f = Math.fround

/** From this similarity, by Jaro and Winkler, on two names may be one with a slip of the pen. */
const closeEnough = f(0.88)

export const closeName = (a: string, b: string): boolean => a === b || jaroWinkler([...a], [...b]) >= closeEnough

/** The similarity of two different texts, from 0 to 1: that by Jaro, and more if they begin alike. */
function jaroWinkler(a: string[], b: string[]): number {
  const similarity = jaro(a, b)
  if (similarity === 0) return 0
  let prefix = 0
  while (prefix < 4 && prefix < a.length && a[prefix] === b[prefix]) prefix++
  return f(similarity + f(f(f(0.1) * prefix) * f(1 - similarity)))
}

/** What two texts have in common within a window, and how much of it stands in another order. */
function jaro(a: string[], b: string[]): number {
  const window = Math.floor(Math.max(a.length, b.length) / 2) - 1
  const taken = new Set<number>()
  const mine: string[] = []
  for (const [i, letter] of a.entries()) {
    for (let j = Math.max(0, i - window); j < Math.min(b.length, i + window + 1); j++) {
      if (b[j] !== letter || taken.has(j)) continue
      taken.add(j)
      mine.push(letter)
      break
    }
  }
  const matches = mine.length
  if (matches === 0) return 0
  const theirs = [...taken].sort((x, y) => x - y).map((j) => b[j])
  const moved = mine.filter((letter, i) => letter !== theirs[i]).length / 2
  return f(f(f(f(matches / a.length) + f(matches / b.length)) + f(f(matches - moved) / matches)) / 3)
}

/** Whether one text becomes the other by one character more, less or another, or by two that are swapped. */
export function oneSlip(first: string, second: string): boolean {
  const a = [...first]
  const b = [...second]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const x = a.slice(start, a.length - end)
  const y = b.slice(start, b.length - end)
  if (x.length + y.length === 0) return false
  const swapped = x.length === 2 && y.length === 2 && x[0] === y[1] && x[1] === y[0]
  return swapped || Math.max(x.length, y.length) === 1
}
