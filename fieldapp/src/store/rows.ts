import { collectionOf } from '../protocol/check'
import { deletedField, dict, type ID } from '../protocol/types'
import { idIn } from '../protocol/values'
import { laidOver, timeOf, versionIs, type Kept } from './changes'
import { keepDecided, newlyDecided, overtakenFields } from './clash'
import type { Param } from './sql'
import { packState, unpackState, type State } from './state'
import { addUp } from './sums'
import { value, type Shown, type Tx } from './tx'

/** A Row is a record as the store keeps it: what was last pulled, and what finds it. */
export interface Row {
  id: ID
  collection: string
  area: ID
  generation: number
  /** null if the record was never pulled. */
  state: State | null
}

export const rowColumns = 'id, collection, area, generation, sealed'

export type SealedRow = Omit<Row, 'state'> & { sealed: Uint8Array }

/** Opens what the columns of rowColumns hold. */
export async function openRow(t: Tx, { sealed, ...row }: SealedRow): Promise<Row> {
  return { ...row, state: sealed.length > 0 ? unpackState(await t.box.unpack(row.collection, row.id, sealed)) : null }
}

/** Reads one row, null if there is none. */
export async function rowOf(t: Tx, id: ID): Promise<Row | null> {
  const found = t.db.one<SealedRow>(`SELECT ${rowColumns} FROM records WHERE id = ?`, id)
  return found ? openRow(t, found) : null
}

/** Gives the record with the tablet's own changes laid over it. */
export function shownOf(row: Row, laid: Kept[]): Shown {
  const out: Shown = { collection: row.collection, id: row.id, area: '', deleted: false, fields: dict() }
  if (row.state) {
    out.area = row.area
    out.deleted = row.state.deleted
    for (const [name, c] of Object.entries(row.state.fields)) {
      out.fields[name] = { value: c.value, time: c.time, pending: false, conflict: c.open.length > 0, known: [c.version, ...c.same] }
    }
  }
  for (const c of laid) layOver(out, c)
  return out
}

/** Shows a change of the tablet over what r shows. */
function layOver(r: Shown, c: Kept): void {
  for (const [name, is] of Object.entries(c.fields)) {
    const conflict = r.fields[name]?.conflict ?? false
    r.fields[name] = { value: is, time: timeOf(c), pending: true, conflict, known: [versionIs(c)] }
    if (name === deletedField) r.deleted = is === 'true'
  }
}

/** Gives the record that r belongs to as shown: the one that it has its area from or, for an area, the area around it. */
export function parentOf(r: Shown): ID {
  if (r.collection === 'areas') return idIn(value(r, 'parent'))
  const via = collectionOf(r.collection)?.areaVia ?? []
  return via.map((field) => idIn(value(r, field))).find((id) => id !== '') ?? ''
}

/** Writes a row, finds it a place in the tree as it is shown, and drops it if there is nothing to show. */
export const setRow = (t: Tx, row: Row, laid: Kept[]): Promise<void> => setRows(t, [{ row, laid }])

/** Does what setRow does with many rows, each of another record. They are sealed side by side, which is most of the time. */
export async function setRows(t: Tx, all: { row: Row; laid: Kept[] }[]): Promise<void> {
  const prepared = await Promise.all(all.map(async ({ row, laid }) => {
    const [was, overtaken] = [await rowOf(t, row.id), await overtakenFields(t, row)]
    return {
      row, shown: shownOf(row, laid), was, overtaken: overtaken.length > 0, decided: await newlyDecided(t, was, row, overtaken),
      sealed: row.state ? await t.box.pack(row.collection, row.id, packState(row.state)) : new Uint8Array(),
    }
  }))
  for (const { row, shown, was, overtaken, decided, sealed } of prepared) {
    await addUp(t, counted(was), counted(row))
    writeRow(t, row, shown, overtaken, sealed)
    for (const one of decided) await keepDecided(t, one)
  }
}

function writeRow(t: Tx, row: Row, shown: Shown, overtaken: boolean, sealed: Uint8Array): void {
  if (Object.keys(shown.fields).length === 0) {
    t.touched.set(row.id, null)
    t.db.exec('DELETE FROM records WHERE id = ?', row.id)
    t.db.exec('INSERT INTO gone (id, revision) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET revision = excluded.revision', row.id, t.revision)
    return
  }
  t.touched.set(row.id, shown)
  t.db.exec(`INSERT INTO records (id, collection, area, parent, kept, generation, overtaken, revision, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET collection = excluded.collection, area = excluded.area, parent = excluded.parent,
    kept = excluded.kept, generation = excluded.generation, overtaken = excluded.overtaken, revision = excluded.revision,
    sealed = excluded.sealed`,
  row.id, row.collection, row.area, parentOf(shown), idIn(value(shown, 'merged_into')), row.generation, overtaken, t.revision, sealed)
}

const counted = (row: Row | null) => (row?.state ? { area: row.area, digest: row.state.digest } : null)

/** Has a record shown with the changes that are laid over it now. */
export async function refresh(t: Tx, collection: string, id: ID): Promise<void> {
  const row = (await rowOf(t, id)) ?? { id, collection, area: '', generation: 0, state: null }
  await setRow(t, row, await laidOver(t, row.collection, id))
}

/** Drops what was pulled of a record. What the tablet itself has to say of it stays. */
export async function forget(t: Tx, collection: string, id: ID): Promise<void> {
  await setRow(t, { id, collection, area: '', generation: 0, state: null }, await laidOver(t, collection, id))
}

/** Calls act for each record that a query, of id and collection, finds. */
export async function forEach(t: Tx, act: typeof refresh, query: string, ...params: Param[]): Promise<void> {
  for (const { id, collection } of t.db.rows<{ id: ID; collection: string }>(query, ...params)) await act(t, collection, id)
}
