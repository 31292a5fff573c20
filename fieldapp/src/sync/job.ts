// What to send next: a request of the tablet's own, or of an identity that it had before.

import type { Change, Dict, ID, Request } from '../protocol/types'
import { dict, protocol } from '../protocol/types'
import { maxBatchChanges } from '../protocol/limits.gen'
import { changes, unsent, type Kept } from '../store/changes'
import { exchange, type Exchange, type Former, type Identity } from '../store/properties'
import type { Tx } from '../store/tx'
import { identity } from './enrol'
import { formers, nextFormer } from './former'

/** The most changes, and bytes of them, that travel together beyond a whole form. */
export const maxBatch = 500
export const maxBatchBytes = 1 << 20

/** A Job is one exchange: what the tablet was when it was prepared, and what to send. */
export interface Job {
  me: Identity
  x: Exchange
  /** The former identity that hands in, null if it is the tablet's own exchange. */
  former: Former | null
  cursors: Dict<number>
  unsent: number
  request: Request
  batch: Kept[]
}

/** What a sync tells the office of itself. */
export interface Said {
  program: string
  freeBytes: number
  /** How many changes were acknowledged in it, how many records came, and how many were said to be left. */
  up: number
  down: number
  downLeft: number
}

/** Prepares the exchange that is to come next. step is the most changes and records that travel together, 0 for as many as
 * may. */
export async function nextJob(t: Tx, asked: (device: ID) => boolean, said: Said, step: number): Promise<Job> {
  const [me, x] = [await identity(t), await exchange(t)]
  const former = nextFormer(t, await formers(t), asked)
  const cursors = cursorsOf(t)
  const waiting = unsent(t)
  const request = former ? formerRequest(t, former) : ownRequest(t, me, x, cursors, waiting, said, step)
  const batch = await batchOf(t, request.device, request.known.n, step)
  request.changes = batch.map(sentForm)
  request.held = t.db.rows<{ n: number }>(
    "SELECT n FROM changes WHERE device = ? AND status IN ('held', 'waiting') ORDER BY n LIMIT ?", request.device, maxBatchChanges).map((c) => c.n)
  return { me, x, former, cursors, unsent: waiting, request, batch }
}

/** A change as it travels, without what the store keeps beside it. */
export const sentForm = ({ n, form, collection, record, author, claimed, fields, base, seen }: Kept): Change =>
  ({ n, form, collection, record, author, claimed, fields, base, seen })

function ownRequest(t: Tx, me: Identity, x: Exchange, cursors: Dict<number>, waiting: number, said: Said, step: number): Request {
  const health = {
    unsent: waiting, complete: x.complete, program: said.program, free_bytes: said.freeBytes,
    up: said.up, down: said.down, down_left: said.downLeft,
  }
  return { ...empty(t), device: me.device, epoch: x.epoch, mark: x.mark, known: x.known, cursors, page: step, health }
}

/** Begins a request of a former identity. */
export const formerRequest = (t: Tx, { device, proof, branch, epoch, mark, known }: Former): Request =>
  ({ ...empty(t), device, proof, branch, epoch, mark, known })

const empty = (t: Tx): Omit<Request, 'device' | 'epoch' | 'mark' | 'known'> => ({
  protocol, proof: '', branch: null, clock: t.env.now(), cursors: dict(), held: [], page: 0, changes: [],
  health: { unsent: 0, complete: 0, program: '', free_bytes: 0, up: 0, down: 0, down_left: 0 },
})

/** How far each area was pulled, without those that have to start anew. */
export const cursorsOf = (t: Tx): Dict<number> =>
  dict(t.db.rows<{ area: ID; cursor: number }>('SELECT area, cursor FROM cursors WHERE cursor IS NOT NULL').map((c) => [c.area, c.cursor]))

/** As many whole forms behind a change as may travel together, at least one if there is any. */
async function batchOf(t: Tx, device: ID, known: number, step: number): Promise<Kept[]> {
  const most = step > 0 && step < maxBatch ? step : maxBatch
  const rows = t.db.rows<{ n: number; form: number; size: number }>(
    'SELECT n, form, length(sealed) AS size FROM changes WHERE device = ? AND n > ? ORDER BY n LIMIT ?', device, known, maxBatch + 1)
  let end = known
  let size = 0
  for (const [i, row] of rows.entries()) {
    size += row.size
    if (end > known && (i >= most || size > maxBatchBytes)) break
    if (rows[i + 1]?.form !== row.form) end = row.n
  }
  return changes(t, 'WHERE device = ? AND n > ? AND n <= ? ORDER BY n', device, known, end)
}
