import { dict, type Cell, type Digest, type Version } from '../protocol/types'

/** A State is the server's of a record. */
export interface State {
  digest: Digest
  deleted: boolean
  fields: Record<string, Cell>
}

/** A Packed state is what is sealed of it: nearly all fields of a record were written by the same few changes, so these stand
 * once, with their times, and each field names the place of its own. */
interface Packed {
  g: Digest
  d?: true
  v: [Version, number][]
  f: Record<string, [value: string, by: number, same?: Version[], open?: Version[]]>
}

export function packState({ digest, deleted, fields }: State): Packed {
  const places = new Map<string, number>()
  const out: Packed = { g: digest, v: [], f: dict() }
  if (deleted) out.d = true
  for (const [name, c] of Object.entries(fields)) {
    const key = `${c.version} ${c.time}`
    const place = places.get(key) ?? out.v.push([c.version, c.time]) - 1
    places.set(key, place)
    out.f[name] = c.same.length + c.open.length > 0 ? [c.value, place, c.same, c.open] : [c.value, place]
  }
  return out
}

export function unpackState({ g, d, v, f }: Packed): State {
  const cells = Object.entries(f).map(([name, [value, by, same = [], open = []]]): [string, Cell] => {
    const [version, time] = v[by]!
    return [name, { value, version, time, same, open }]
  })
  return { digest: g, deleted: d === true, fields: dict(cells) }
}
