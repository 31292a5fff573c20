import type { ID } from '../protocol/types'

/** A Family is a household, or several that were merged into one another. */
export interface Family {
  /** Where the chain of mergers ends or, if it is a ring, the one of that with the smallest id. It may not be here. */
  root: ID
  /** All households of the family, root among them, in order of their ids. */
  members: ID[]
}

/** Gives the families of households, in order of their first members. mergers gives the mergers of which any of some
 * households is a part: what each duplicate was merged into. */
export function families(households: ID[], mergers: (ids: ID[]) => Map<ID, ID>): Family[] {
  const into = new Map<ID, ID>()
  const all = new Set(households)
  for (let next = households; next.length > 0; ) {
    const found = mergers(next)
    next = []
    for (const [duplicate, kept] of found) {
      into.set(duplicate, kept)
      for (const id of [duplicate, kept]) {
        if (!all.has(id)) next.push(id)
        all.add(id)
      }
    }
  }
  const out = new Map<ID, Family>()
  for (const id of [...all].sort()) {
    const root = rootOf(into, id)
    const family = out.get(root) ?? { root, members: [] }
    family.members.push(id)
    out.set(root, family)
  }
  return [...out.values()]
}

/** Follows a chain of mergers to its end. */
export function rootOf(into: ReadonlyMap<ID, ID>, id: ID): ID {
  const seen = new Set<ID>()
  for (let at = id; ; ) {
    const next = into.get(at)
    if (next === undefined) return at
    if (seen.has(at)) return ringLeast(into, at)
    seen.add(at)
    at = next
  }
}

function ringLeast(into: ReadonlyMap<ID, ID>, start: ID): ID {
  let least = start
  for (let at = into.get(start)!; at !== start; at = into.get(at)!) if (at < least) least = at
  return least
}
