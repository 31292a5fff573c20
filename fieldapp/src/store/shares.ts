// What a family is entitled to, what was delivered to it and what remains, counted as the server counts: internal/aid. The
// vectors in internal/aid/testdata hold both to it.
import type { ID, Value } from '../protocol/types'
import { idIn, textIn } from '../protocol/values'
import { decimalOf, least, minus, plus, sign, zero, type Decimal } from './decimal'

/** What counts of a record that belongs to a household or a person. */
export interface Counted {
  id: ID
  collection: string
  deleted: boolean
  kind: ID
  quantity: string
  cancelled: string
  status: string
}

/** A Sum is what a family may have of an assistance type, and what it was given of it. */
export interface Sum {
  kind: ID
  /** The sum of the entitlements that count, none if there are none. */
  entitled: Decimal
  /** The sum of the deliveries that count; one of less than 0 counts as 0. */
  delivered: Decimal
  /** All that were not deleted, cancelled ones among them, in order of their ids. */
  deliveries: ID[]
}

/** Gives what counts of a record. value gives the value of a field, '' if there is none. */
export function countedOf(id: ID, collection: string, deleted: boolean, value: (field: string) => Value): Counted {
  return {
    id, collection, deleted, kind: idIn(value('assistance_type')), quantity: value('quantity'),
    cancelled: textIn(value('cancelled_why')), status: textIn(value('status')),
  }
}

/** Adds up what belongs to one family, by assistance type, in order of the types. */
export function sums(records: Iterable<Counted>): Sum[] {
  const out = new Map<ID, Sum>()
  for (const r of records) {
    if (r.deleted || (r.collection !== 'deliveries' && r.collection !== 'entitlements')) continue
    const sum: Sum = out.get(r.kind) ?? { kind: r.kind, entitled: null, delivered: zero, deliveries: [] }
    out.set(r.kind, sum)
    if (r.collection === 'deliveries') {
      sum.deliveries.push(r.id)
      if (counts(r)) sum.delivered = plus(sum.delivered, amount(r))
    } else if (counts(r)) sum.entitled = plus(sum.entitled, amount(r))
  }
  for (const sum of out.values()) sum.deliveries.sort()
  return [...out.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1))
}

/** Whether a delivery counts as received, because it was not cancelled, or an entitlement, because it was decided on: one
 * that is closed still says what was due, one that was rejected that nothing is. */
function counts(r: Counted): boolean {
  if (r.collection === 'deliveries') return r.cancelled === ''
  return r.status === 'approved' || r.status === 'closed' || r.status === 'rejected'
}

/** How much a record that counts comes to. A delivery of less than nothing would hide another one. */
function amount(r: Counted): Decimal {
  const quantity = decimalOf(r.quantity)
  return (r.collection === 'deliveries' && sign(quantity) < 0) || (r.collection === 'entitlements' && r.status === 'rejected')
    ? zero : quantity
}

/** What remains of a share under the limit of its type, below 0 if more was delivered, none if nothing bounds it. */
export const remaining = (sum: Sum, limit: Decimal): Decimal => minus(least(sum.entitled, limit), sum.delivered)

/** Gives the limit of an assistance type, none if it was deleted or has none. */
export const limitOf = (type: { deleted: boolean } | null, limit: Value): Decimal => (type && !type.deleted ? decimalOf(limit) : null)

