import { clockWarning } from '../protocol/limits.gen'
import type { ID } from '../protocol/types'
import type { Attention } from './api'
import { place, verdict } from './changes'
import { decided, overtakenFields, written } from './clash'
import { Failed } from './failure'
import { exchange, own, wrote, type Exchange } from './properties'
import { openRow, rowColumns, type Row, type SealedRow } from './rows'
import type { Tx } from './tx'

const nothing: Attention = { item: '', kind: 'clock', collection: '', record: '', code: '', reason: '', field: '', own: '', shown: '' }

export const clockOff = (x: Exchange): boolean => Math.abs(x.offset) > clockWarning

/** What is known of the room that the browser gives the store. */
export interface Room {
  /** Bytes that are free, as far as the browser tells. */
  free: number
  /** Set if the browser has promised not to clear the store by itself. */
  persisted: boolean
}

/** Below so much free room, in bytes, the worker should make some. */
const littleRoom = 200 << 20

/** Gives what the worker should know and has not dismissed. */
export async function attention(t: Tx, room: Room | null): Promise<Attention[]> {
  const out: Attention[] = []
  if (clockOff(await exchange(t))) out.push({ ...nothing, item: 'clock' })
  if (room && room.free < littleRoom) out.push({ ...nothing, item: 'storage/low', kind: 'storage', code: 'low' })
  if (room && !room.persisted) out.push({ ...nothing, item: 'storage/not-persisted', kind: 'storage', code: 'not-persisted' })
  out.push(...(await refused(t)), ...(await overtaken(t, '')), ...(await settled(t)), ...refusedProofs(t))
  const put = new Set(dismissed(t))
  return out.filter((a) => !put.has(a.item))
}

/** Puts an item away for good. What it is about goes on as it was. A clock that is off has to be set. */
export function dismiss(t: Tx, item: string): void {
  if (item === 'clock') throw new Failed('invalid', 'a clock that is off cannot be dismissed')
  t.db.exec('INSERT INTO dismissed (item, at) VALUES (?, ?) ON CONFLICT DO NOTHING', item, t.env.now())
}

export const dismissed = (t: Tx): string[] => t.db.rows<{ item: string }>('SELECT item FROM dismissed').map((row) => row.item)

/** Gives the changes that the server has and has not applied. */
async function refused(t: Tx): Promise<Attention[]> {
  const rows = t.db.rows<{ device: ID; n: number; verdict: Uint8Array; record: ID; collection: string; status: 'held' | 'waiting' | 'discarded'; code: string }>(
    `SELECT device, n, verdict, record, collection, status, code FROM changes
WHERE status IN ('held', 'waiting', 'discarded') ORDER BY rowid`)
  return Promise.all(rows.map(async ({ device, n, status, record, collection, code, ...row }) => {
    const { reason } = await verdict(t, device, n, row.verdict)
    return { ...nothing, item: `${status}/${place(device, n)}`, kind: status, collection, record, code, reason }
  }))
}

function refusedProofs(t: Tx): Attention[] {
  const rows = t.db.rows<{ sha256: string; refused: string }>("SELECT sha256, refused FROM proofs WHERE refused NOT IN ('', 'unnamed') ORDER BY at")
  return rows.map((row) => ({ ...nothing, item: `proof/${row.sha256}`, kind: 'proof', code: row.refused }))
}

/** Gives the clashes with what was written here that were decided. */
async function settled(t: Tx): Promise<Attention[]> {
  return (await decided(t)).map(({ item, record, collection, field, own, shown }) => ({ ...nothing, item, kind: 'decided', record, collection, field, own, shown }))
}

/** Gives the values that were written here and do not show; id is the record, or '' for all. */
export async function overtaken(t: Tx, id: ID): Promise<Attention[]> {
  const rows = t.db.rows<SealedRow>(`SELECT ${rowColumns} FROM records WHERE overtaken = 1 AND ? IN ('', id)`, id)
  const out: Attention[] = []
  for (const sealed of rows) {
    const row = await openRow(t, sealed)
    for (const field of await overtakenFields(t, row)) out.push(await overtakenField(t, row, field))
  }
  return out
}

async function overtakenField(t: Tx, row: Row, field: string): Promise<Attention> {
  const devices = await own(t)
  const c = row.state!.fields[field]!
  const a: Attention = { ...nothing, kind: 'overtaken', collection: row.collection, record: row.id, field, shown: c.value }
  a.item = `${a.kind}/${row.id}/${field}/${c.version}`
  const mine = c.open.find((v) => wrote(devices, v))
  if (mine !== undefined) {
    return { ...a, item: `${a.kind}/${row.id}/${field}/${mine}/${c.version}`, own: await written(t, mine, field) }
  }
  return row.state!.deleted ? { ...a, own: 'false' } : { ...a, own: 'true', shown: 'false' }
}
