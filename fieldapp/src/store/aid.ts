import type { ID } from '../protocol/types'
import { idIn, textIn } from '../protocol/values'
import type { Aid, Share } from './api'
import { decimalText } from './decimal'
import { Failed } from './failure'
import { families } from './family'
import { find, record, records } from './read'
import { countedOf, limitOf, remaining, sums, type Sum } from './shares'
import { value, type Shown, type Tx } from './tx'
import { located } from './where'
import { workerName } from './workers'

/** Gives what the family of a household is due and what it was given. It fails with not-found. */
export async function aid(t: Tx, household: ID): Promise<Aid> {
  if ((await record(t, household)).collection !== 'households') throw new Failed('not-found', 'that is no household')
  const [family] = families([household], (ids) => mergers(t, ids))
  const households: Shown[] = []
  for (const id of [family!.root, ...family!.members.filter((member) => member !== family!.root)]) {
    const found = await find(t, id)
    if (found) households.push(found)
  }
  const belongings = await belongingsOf(t, households)
  const shares: Share[] = []
  for (const sum of sums(belongings.map((r) => countedOf(r.id, r.collection, r.deleted, (field) => value(r, field))))) {
    shares.push(await shareOf(t, sum, belongings))
  }
  return {
    households: await located(t, households), elsewhere: family!.members.length - households.length,
    known: Math.min(...households.map((h) => pulledAt(t, h.area || idIn(value(h, 'area'))))), shares,
  }
}

/** Gives, by duplicate, what it was merged into, of all mergers of which any of the households is a part. */
function mergers(t: Tx, households: ID[]): Map<ID, ID> {
  const out = new Map<ID, ID>()
  for (const id of households) {
    const rows = t.db.rows<{ id: ID; kept: ID }>(
      "SELECT id, kept FROM records WHERE id = ? AND kept <> '' UNION SELECT id, kept FROM records WHERE kept = ? AND kept <> ''", id, id)
    for (const row of rows) out.set(row.id, row.kept)
  }
  return out
}

/** Gives when an area was last pulled to its end, 0 for never. */
const pulledAt = (t: Tx, area: ID): number => t.db.count('SELECT coalesce(max(pulled), 0) AS n FROM cursors WHERE area = ?', area)

/** Gives what belongs to households, and to the people of these, deleted records among it. */
async function belongingsOf(t: Tx, households: Shown[]): Promise<Shown[]> {
  const out: Shown[] = []
  for (const h of households) {
    const own = await children(t, h.id)
    out.push(...own)
    for (const person of own.filter((r) => r.collection === 'people')) out.push(...(await children(t, person.id)))
  }
  return out
}

const children = (t: Tx, parent: ID): Promise<Shown[]> =>
  records(t, "parent = ? AND collection IN ('people', 'entitlements', 'deliveries')", parent)

async function shareOf(t: Tx, sum: Sum, belongings: Shown[]): Promise<Share> {
  const kind = sum.kind === '' ? null : await find(t, sum.kind)
  const limit = limitOf(kind, kind ? value(kind, 'limit_per_household') : '')
  const entitlements = belongings.filter((r) => r.collection === 'entitlements' && !r.deleted &&
    idIn(value(r, 'assistance_type')) === sum.kind && textIn(value(r, 'status')) === 'approved')
  const delivered = belongings.filter((r) => sum.deliveries.includes(r.id)).sort((a, b) => deliveredAt(a) - deliveredAt(b))
  const deliveries: Share['deliveries'] = []
  for (const r of await located(t, delivered)) {
    const unsent = t.db.count("SELECT count(*) AS n FROM changes WHERE record = ? AND status = ''", r.id) > 0
    deliveries.push({ record: r, worker: await workerName(t, idIn(value(r, 'worker'))), unsent })
  }
  return {
    type: sum.kind, kind: kind && (await located(t, [kind]))[0]!, entitled: decimalText(sum.entitled),
    delivered: decimalText(sum.delivered), due: decimalText(remaining(sum, limit)),
    entitlements: await located(t, entitlements), deliveries,
  }
}

const deliveredAt = (r: Shown): number => Number(value(r, 'delivered_at')) || 0
