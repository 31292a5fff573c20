// Takes a reply into the store, in one transaction with the cursors behind it.

import { dict, type Cell, type Dict, type Digest, type ID, type Pulled, type Reply, type Tip } from '../protocol/types'
import { digestOf, digestText, parseDigest, plus } from '../protocol/digest'
import { laidOver, setReceipt, unsent, type Kept } from '../store/changes'
import { Failed } from '../store/failure'
import { exchange, setProperty, type Exchange } from '../store/properties'
import { dropOldProofs, unsendProofs } from '../store/proofs'
import { forEach, forget, openRow, refresh, rowColumns, rowOf, setRows, type Row, type SealedRow } from '../store/rows'
import { sumOf } from '../store/sums'
import { setWorkers } from '../store/workers'
import type { Tx } from '../store/tx'
import { identity } from './enrol'
import { protocolBroken } from './failures'
import { formers, setDue, setFormer } from './former'
import { cursorsOf, type Job } from './job'
import type { Answer } from './link'

/** An Outcome is what a reply came to. */
export interface Outcome {
  /** How many changes of the outbox the server has taken, and how many are left. */
  acknowledged: number
  unsent: number
  departed: number
  /** How many records and departures are still to come. */
  left: number
  revoked: boolean
  /** A former identity has something to say yet. */
  due: boolean
  /** The server began a new epoch, and so took nothing. */
  overtaken: boolean
  /** The server has changes under this identity that this tablet never made. */
  stranger: boolean
  /** Nothing is left to do on either side. */
  complete: boolean
  /** A reply that says that there is more brought nothing. */
  stuck: boolean
  /** The pull has come to its end, and both sides were compared. */
  compared: boolean
  /** How many areas do not agree with the server's. */
  differs: number
}

/** What a sync knows of the tablet's areas. */
export interface Known {
  /** Those that were fetched anew in it. */
  repaired: Set<ID>
  /** Whether their sums are known to be those of their records. */
  counted: boolean
}

/** Writes a reply into the store. What is known grows with it. */
export async function apply(t: Tx, job: Job, a: Answer, areas: Known): Promise<Outcome> {
  await unchanged(t, job)
  const known = await acknowledge(t, job, a)
  const o: Outcome = {
    acknowledged: known.n - job.request.known.n, unsent: unsent(t), departed: 0, left: 0, revoked: false, due: false,
    overtaken: job.request.epoch !== '' && a.epoch !== job.request.epoch, stranger: false, complete: false, stuck: false, compared: false, differs: 0,
  }
  const x = { ...job.x, offset: offset(job.x, a), contact: a.now }
  if (job.former) { // a branch that a new epoch has overtaken stays due: it may be none any more
    const due = o.overtaken && job.former.from !== ''
    await setFormer(t, job.former.device, { known, epoch: a.epoch, mark: a.mark, due })
    o.due = await setDue(t, a.epoch)
    await setProperty(t, 'exchange', x)
    return o
  }
  x.known = known
  o.due = await setDue(t, a.epoch)
  if (o.overtaken) t.db.exec('UPDATE cursors SET cursor = NULL')
  if (o.overtaken || a.blobs !== x.blobs) unsendProofs(t)
  x.epoch = a.epoch
  x.mark = a.mark
  x.blobs = a.blobs
  x.revoked = o.revoked = a.revoked
  o.stranger = a.tip.n > job.request.known.n + job.batch.length
  if (!o.revoked && !o.stranger) await applyPage(t, x, a, o, areas)
  await setProperty(t, 'exchange', x)
  return o
}

/** Refuses a reply to a question that the store would not ask any more, as after having been enrolled again meanwhile. */
async function unchanged(t: Tx, job: Job): Promise<void> {
  const [me, x, former] = [await identity(t), await exchange(t), (await formers(t)).find((f) => f.device === job.former?.device)]
  const asks = (...of: unknown[]): string => JSON.stringify(of)
  if (asks(me.device, x.known, x.epoch, former ?? null) !== asks(job.me.device, job.x.known, job.x.epoch, job.former)) {
    throw new Failed('busy', 'the tablet became somebody else while it synced; sync again')
  }
}

/** What to add to the tablet's clock. The server read its own somewhere between the request and the answer: what is known
 * holds as long as that bears it out, so that a slow link does not seem to be a clock that is off. */
function offset(x: Exchange, a: Answer): number {
  const [least, most] = [a.now - a.to, a.now - a.from]
  if (x.contact === 0 && x.offset === 0) return Math.round((least + most) / 2)
  return Math.min(Math.max(x.offset, least), most)
}

/** Writes down the receipts, and gives the last change that the server is known to have. */
async function acknowledge(t: Tx, job: Job, reply: Reply): Promise<Tip> {
  const { device, held } = job.request
  let known = job.request.known
  for (const receipt of reply.receipts) {
    const next = job.batch[receipt.n - job.request.known.n - 1]
    if (next && receipt.n === known.n + 1) known = { n: next.n, hash: next.hash }
    else if (!held.includes(receipt.n)) continue
    await setReceipt(t, device, receipt, reply.now)
    if (receipt.status === 'discarded') {
      await forEach(t, refresh, 'SELECT record AS id, collection FROM changes WHERE device = ? AND n = ?', device, receipt.n)
    }
  }
  return known
}

/** Takes in what came down. */
async function applyPage(t: Tx, x: Exchange, reply: Reply, o: Outcome, areas: Known): Promise<void> {
  const before = cursorsOf(t)
  await setScope(t, reply)
  setCursors(t, before, reply)
  await setRecords(t, reply.records)
  for (const d of reply.departures) {
    await forEach(t, forget, 'SELECT id, collection FROM records WHERE id = ? AND area = ?', d.id, d.area)
  }
  o.departed = reply.departures.length
  o.left = reply.left
  if (!reply.more) return finish(t, x, reply, o, areas)
  o.stuck = reply.records.length + reply.departures.length === 0 && same(before, reply.cursors)
}

function same(a: Dict<number>, b: Dict<number>): boolean {
  return Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([area, cursor]) => b[area] === cursor)
}

/** Takes in which areas the tablet has and who may work on it, and drops what was pulled of other areas. What was recorded
 * in them and is not confirmed yet stays. */
async function setScope(t: Tx, reply: Reply): Promise<void> {
  if (reply.areas.length === 0) throw protocolBroken('it names no area')
  const areas = new Set(reply.areas)
  for (const { area } of t.db.rows<{ area: ID }>('SELECT area FROM cursors')) {
    if (areas.delete(area)) continue
    await forEach(t, forget, 'SELECT id, collection FROM records WHERE area = ?', area)
    t.db.exec('DELETE FROM cursors WHERE area = ?', area)
  }
  for (const area of areas) t.db.exec('INSERT INTO cursors (area, cursor, generation) VALUES (?, NULL, 0)', area)
  await setWorkers(t, reply.workers)
}

/** Takes in how far each area was pulled. An area that had no cursor began anew with this reply, in a new generation. */
function setCursors(t: Tx, before: Dict<number>, reply: Reply): void {
  for (const area of reply.areas) {
    const cursor = reply.cursors[area]
    const fresh = cursor !== undefined && before[area] === undefined
    t.db.exec('UPDATE cursors SET cursor = ?, generation = generation + ? WHERE area = ?', cursor ?? null, fresh, area)
  }
}

/** How many records are written side by side. */
const together = 100

/** Takes in records as the server shows them. */
async function setRecords(t: Tx, records: Pulled[]): Promise<void> {
  const rows = t.db.rows<{ area: ID; generation: number }>('SELECT area, generation FROM cursors')
  const generations = new Map(rows.map((row) => [row.area, row.generation]))
  for (let from = 0; from < records.length; from += together) {
    await setRows(t, await Promise.all(records.slice(from, from + together).map((record) => rowOfPulled(t, record, generations.get(record.area)))))
  }
}

async function rowOfPulled(t: Tx, record: Pulled, generation: number | undefined): Promise<{ row: Row; laid: Kept[] }> {
  if (generation === undefined) throw protocolBroken('it sends a record of an area that the tablet does not have')
  const { id, collection, area, deleted } = record
  const fields = record.whole ? record.fields : await completed(t, record)
  const digest = digestText(await digestOf({ collection, id, deleted, fields }))
  return { row: { id, collection, area, generation, state: { digest, deleted, fields } }, laid: await laidOver(t, collection, id) }
}

/** The cells of a record of which only those came that have changed. */
async function completed(t: Tx, record: Pulled): Promise<Dict<Cell>> {
  const was = await rowOf(t, record.id)
  return dict([...Object.entries(was?.state?.fields ?? {}), ...Object.entries(record.fields)])
}

/** Closes a pull that has reached its end: what did not come again is swept, the tablet's own changes that are in it are
 * laid aside, and both sides are compared. */
async function finish(t: Tx, x: Exchange, reply: Reply, o: Outcome, { repaired, counted }: Known): Promise<void> {
  await forEach(t, forget, `SELECT id, collection FROM records JOIN cursors ON cursors.area = records.area
WHERE records.generation < cursors.generation`)
  await confirm(t)
  const differing = await differingAreas(t, reply.digests, counted)
  o.compared = true
  o.differs = x.differs = differing.length
  o.complete = o.unsent === 0 && !o.due
  for (const area of differing.filter((area) => !repaired.has(area))) {
    repaired.add(area)
    o.complete = false
    t.db.exec('UPDATE cursors SET cursor = NULL WHERE area = ?', area)
  }
  t.db.exec('UPDATE cursors SET pulled = ? WHERE cursor IS NOT NULL', reply.now)
  if (!o.complete) return
  x.complete = reply.now
  t.db.exec("DELETE FROM changes WHERE status IN ('applied', 'discarded') AND laid = 0 AND kept_until < ?", reply.now)
  await dropOldProofs(t, reply.now)
}

/** Lays aside the tablet's own changes that a completed pull must contain. */
async function confirm(t: Tx): Promise<void> {
  t.db.exec("UPDATE changes SET laid = 2 WHERE laid = 1 AND status = 'applied'") // 2 while their records are shown anew
  await forEach(t, refresh, 'SELECT DISTINCT record AS id, collection FROM changes WHERE laid = 2')
  t.db.exec('UPDATE changes SET laid = 0 WHERE laid = 2')
}

/** The areas whose records do not add up to the server's digest. A sum may have gone wrong, or the file beneath it: before it
 * was counted from the records themselves, it is not believed. */
async function differingAreas(t: Tx, theirs: Dict<Digest>, counted: boolean): Promise<ID[]> {
  const out: ID[] = []
  for (const { area } of t.db.rows<{ area: ID }>('SELECT area FROM cursors')) {
    const agrees = (sum: bigint): boolean => digestText(sum) === theirs[area]
    if (!(counted && agrees(await sumOf(t, area))) && !agrees(await recount(t, area))) out.push(area)
  }
  return out
}

/** Adds an area up from its records. */
async function recount(t: Tx, area: ID): Promise<bigint> {
  let sum = 0n
  for (const sealed of t.db.rows<SealedRow>(`SELECT ${rowColumns} FROM records WHERE area = ?`, area)) {
    const { state } = await openRow(t, sealed)
    if (state) sum = plus(sum, parseDigest(state.digest))
  }
  t.sums.set(area, sum)
  return sum
}
