import { collectionOf, fieldOf } from '../protocol/check'
import type { ID } from '../protocol/types'
import { laidOver, laidOverAll, type Kept } from './changes'
import { Failed } from './failure'
import { openRow, rowColumns, rowOf, shownOf, type SealedRow } from './rows'
import type { Param } from './sql'
import type { Shown, Tx } from './tx'

/** Gives a record as it is shown, also one that is shown as deleted; null if the tablet holds none. */
export async function find(t: Tx, id: ID): Promise<Shown | null> {
  const row = await rowOf(t, id)
  return row && shownOf(row, await laidOver(t, row.collection, id))
}

/** Gives a record as it is shown. It fails with not-found. */
export async function record(t: Tx, id: ID): Promise<Shown> {
  const found = await find(t, id)
  if (!found) throw new Failed('not-found', `this tablet holds no record ${id}`)
  return found
}

/** Gives the records that a condition finds in the table of records, deleted ones among them. */
export async function records(t: Tx, where: string, ...params: Param[]): Promise<Shown[]> {
  const rows = t.db.rows<SealedRow>(`SELECT ${rowColumns} FROM records WHERE ${where}`, ...params)
  return Promise.all(rows.map(async (sealed) => {
    const laid = t.db.count('SELECT count(*) AS n FROM changes WHERE laid = 1 AND collection = ? AND record = ?', sealed.collection, sealed.id)
    return shownOf(await openRow(t, sealed), laid > 0 ? await laidOver(t, sealed.collection, sealed.id) : [])
  }))
}

/** Finds what belongs to a record, directly or through others. */
const under = `WITH RECURSIVE under (id) AS (
    SELECT ?
    UNION
    SELECT records.id FROM records JOIN under ON records.parent = under.id WHERE records.collection IN (?, ?, ?, ?)
)
SELECT ${rowColumns} FROM records WHERE collection = ? AND id IN (SELECT id FROM under) AND id <> ? ORDER BY id`

/** Gives the records of a collection that are not deleted, in the order in which they were made: all, or those that belong
 * to a record, directly or through others. */
export async function list(t: Tx, collection: string, within: ID): Promise<Shown[]> {
  const rows = within === ''
    ? t.db.rows<SealedRow>(`SELECT ${rowColumns} FROM records WHERE collection = ? ORDER BY id`, collection)
    : t.db.rows<SealedRow>(under, within, ...between(collection), collection, within)
  return shownRows(t, rows, await laidOverAll(t, collection))
}

/** Opens rows of a collection, and leaves out what is deleted. */
export async function shownRows(t: Tx, rows: SealedRow[], laid: Map<ID, Kept[]>): Promise<Shown[]> {
  const opened = await Promise.all(rows.map(async (sealed) => shownOf(await openRow(t, sealed), laid.get(sealed.id) ?? [])))
  return opened.filter((r) => !r.deleted)
}

/** Names the collections through which a record of the given one belongs to others, itself the first: four, '' where there
 * are fewer. */
function between(collection: string): string[] {
  const known = collectionOf(collection)
  const via = (known?.areaVia ?? []).map((name) => fieldOf(known, name)?.refers ?? '')
  return [collection, 'areas', ...via, '', ''].slice(0, 4)
}

/** Gives the areas that the tablet has. */
export async function areas(t: Tx): Promise<Shown[]> {
  const found = await Promise.all(t.db.rows<{ area: ID }>('SELECT area FROM cursors ORDER BY area').map(({ area }) => find(t, area)))
  return found.filter((r) => r !== null && !r.deleted) as Shown[]
}

/** Gives what was written here lately, the last first. */
export async function recent(t: Tx, limit: number): Promise<Shown[]> {
  const rows = t.db.rows<{ record: ID }>('SELECT record FROM changes GROUP BY record ORDER BY max(rowid) DESC LIMIT ?', limit)
  const found = await Promise.all(rows.map((row) => find(t, row.record)))
  return found.filter((r) => r !== null && !r.deleted) as Shown[]
}
