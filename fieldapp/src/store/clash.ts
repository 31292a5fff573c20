// What becomes of a value that was written here, and that somebody else wrote too without knowing of it.
import { deletedField, type ID, type Value, type Version } from '../protocol/types'
import { changes, contested, versionIs } from './changes'
import { own, wrote } from './properties'
import type { Row } from './rows'
import type { Tx } from './tx'

/** Names the fields of a record that were written here and do not show, because of what somebody else wrote: deleted if
 * that was a deletion, or an edit of a record that was deleted here. */
export async function overtakenFields(t: Tx, row: Row): Promise<string[]> {
  if (!row.state) return []
  const devices = await own(t)
  const mine = (v: Version) => wrote(devices, v)
  const out: string[] = []
  for (const [name, c] of Object.entries(row.state.fields)) {
    if (!mine(c.version) && c.open.some(mine)) out.push(name)
  }
  const deletion = row.state.fields[deletedField]
  if (deletion?.value === 'true' && !out.includes(deletedField)) {
    const byMe = mine(deletion.version)
    if (byMe ? !row.state.deleted : row.state.deleted && (await contested(t, row.id))) out.push(deletedField)
  }
  return out.sort()
}

/** Gives what a change of this tablet wrote into a field, '' if the change is not kept any more. */
export async function written(t: Tx, version: Version, field: string): Promise<Value> {
  const [device, n] = version.split(':')
  const [found] = await changes(t, 'WHERE device = ? AND n = ?', device!, Number(n))
  return found && versionIs(found) === version ? found.fields[field] ?? '' : ''
}

/** A Decided field is one that clashed with what was written here, until somebody who saw both decided what counts. */
export interface Decided {
  record: ID
  collection: string
  field: string
  /** The deciding change. */
  by: Version
  own: Value
  shown: Value
}

/** Gives what was decided between two states of a record, by anybody but this tablet; overtaken are the fields that
 * overtakenFields names of the later one. */
export async function newlyDecided(t: Tx, was: Row | null, row: Row, overtaken: string[]): Promise<Decided[]> {
  if (!was?.state || !row.state || was.state.digest === row.state.digest) return []
  const { id: record, collection } = row
  const devices = await own(t)
  const mine = (v: Version) => wrote(devices, v)
  const out: Decided[] = []
  for (const [field, before] of Object.entries(was.state.fields)) {
    const after = row.state.fields[field]
    const wroteIt = [before.version, ...before.open].find(mine)
    if (field === deletedField || before.open.length === 0 || wroteIt === undefined) continue
    if (!after || after.open.length > 0 || mine(after.version)) continue
    out.push({ record, collection, field, by: after.version, own: await written(t, wroteIt, field), shown: after.value })
  }
  const deletion = row.state.fields[deletedField]
  if (deletion && !mine(deletion.version) && !overtaken.includes(deletedField) && (await overtakenFields(t, was)).includes(deletedField)) {
    out.push({ record, collection, field: deletedField, by: deletion.version, own: String(!was.state.deleted), shown: String(row.state.deleted) })
  }
  return out
}

/** Keeps what was decided until the worker has seen it. */
export async function keepDecided(t: Tx, d: Decided): Promise<void> {
  const item = `decided/${d.record}/${d.field}/${d.by}`
  t.db.exec('INSERT INTO decided (item, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING', item, await t.box.pack('decided', item, d))
}

/** Gives what was decided, with what names each for the worker to put it away. */
export async function decided(t: Tx): Promise<(Decided & { item: string })[]> {
  const rows = t.db.rows<{ item: string; sealed: Uint8Array }>('SELECT item, sealed FROM decided ORDER BY rowid')
  return Promise.all(rows.map(async ({ item, sealed }) => ({ item, ...(await t.box.unpack<Decided>('decided', item, sealed)) })))
}
