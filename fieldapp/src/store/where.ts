import type { ID } from '../protocol/types'
import type { Stored, Whereabouts } from './api'
import { dismissed, overtaken } from './attention'
import { place } from './changes'
import type { Shown, Tx } from './tx'

interface Outstanding {
  record: ID
  device: ID
  n: number
  status: string
}

/** Says of records where they are. */
export async function located(t: Tx, records: Shown[]): Promise<Stored[]> {
  if (records.length === 0) return []
  const where = await whereabouts(t, records.length === 1 ? records[0]!.id : '')
  return records.map((r) => ({ ...r, where: where.get(r.id) ?? 'received' }))
}

/** Gives where the records are that the office does not have as they are shown; id is one of them, or '' for all. */
async function whereabouts(t: Tx, id: ID): Promise<Map<ID, Whereabouts>> {
  const out = new Map<ID, Whereabouts>()
  const put = new Set(dismissed(t))
  for (const a of await overtaken(t, id)) if (!put.has(a.item)) out.set(a.record, 'attention')
  for (const { record, device, n, status } of outstanding(t, id)) {
    if (status === '') {
      if (out.get(record) !== 'attention') out.set(record, t.sending.has(place(device, n)) && out.get(record) !== 'saved' ? 'sending' : 'saved')
    } else if (!put.has(`${status}/${place(device, n)}`)) out.set(record, 'attention')
  }
  return out
}

function outstanding(t: Tx, id: ID): Outstanding[] {
  const columns = 'SELECT record, device, n, status FROM changes'
  if (id !== '') return t.db.rows(`${columns} WHERE record = ? AND status <> 'applied'`, id)
  return t.db.rows(`${columns} WHERE status = '' UNION ALL ${columns} WHERE status IN ('held', 'waiting', 'discarded')`)
}
