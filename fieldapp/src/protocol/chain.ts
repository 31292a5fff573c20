import type { Change, Dict, Hash, Value, Versions } from './types'
import { byBytes, hex, joined, sha256, unhex, utf8 } from './bytes'

/** The rolling hash over a device's changes up to and with this one, given the hash before it. What was claimed is not in
 * it: a change that is sent again claims the time that it was once given, and is the same change. */
export async function chain(before: Hash, c: Change): Promise<Hash> {
  const head = JSON.stringify([c.n, c.form, c.collection, c.record, c.author]).slice(0, -1)
  const text = `${head},${valuesText(c.fields)},${versionsText(c.base)},${versionsText(c.seen)}]`
  return hex(await sha256(joined(unhex(before), utf8(text))))
}

/** Values by name as JSON, the names sorted. */
export const valuesText = (fields: Dict<Value>): string => objectText(fields, (v) => v || 'null')

/** Versions by field as JSON; a field for which none is given says no more than its absence. */
function versionsText(by: Versions): string {
  const given = Object.entries(by).filter(([, versions]) => versions.length > 0)
  return objectText(Object.fromEntries(given), (versions) => JSON.stringify(versions))
}

/** An object as compact JSON, its members sorted. */
export function objectText<T>(by: Dict<T>, text: (x: T) => string): string {
  const names = Object.keys(by).sort(byBytes)
  return '{' + names.map((name) => JSON.stringify(name) + ':' + text(by[name]!)).join(',') + '}'
}
