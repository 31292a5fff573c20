// What a worker may hand over of what a family is due, and what there is to say against it.
import type { Aid, ID, Share, Stored } from '../store/api'
import { amount, text } from './values'

/** An Item is something to hand over. */
export interface Item {
  type: ID
  project: ID
  /** The entitlement that it fulfils and the person that this is for; '' if there is none. */
  entitlement: ID
  person: ID
  quantity: number
}

/** Gives what is due to a family, an item for each entitlement of which something is left. */
export function dueItems(aid: Aid): Item[] {
  return aid.shares.flatMap((share) => {
    let left = Number(share.due || 0)
    const items: Item[] = []
    for (const e of share.entitlements) {
      const quantity = rounded(Math.min(left, amount(e, 'quantity') - deliveredFor(share, e.id)))
      if (quantity <= 0) continue
      items.push({ type: share.type, project: text(e, 'project'), entitlement: e.id, person: text(e, 'person'), quantity })
      left -= quantity
    }
    return items
  })
}

/** Sums up what was delivered for an entitlement and does count. */
function deliveredFor(share: Share, entitlement: ID): number {
  return counting(share).filter((d) => text(d, 'entitlement') === entitlement).reduce((sum, d) => sum + amount(d, 'quantity'), 0)
}

/** Gives the deliveries of a share that were not cancelled. */
export const counting = (share: Share): Stored[] =>
  share.deliveries.map((d) => d.record).filter((d) => text(d, 'cancelled_why') === '')

/** What speaks against handing over so much of a type: more than the family is due, more than any may have, or that nobody
 * decided on it. */
export type Against = 'received' | 'beyond_due' | 'beyond_limit' | 'undecided'

/** Says what speaks against handing over a quantity of a type to a family. It is the worker who decides. */
export function against(share: Share | undefined, kind: Stored | undefined, quantity: number): Against[] {
  const out: Against[] = []
  const delivered = Number(share?.delivered ?? 0)
  const limit = amount(kind, 'limit_per_household')
  if (delivered > 0) out.push('received')
  if (limit > 0 && delivered + quantity > limit) out.push('beyond_limit')
  else if (share !== undefined && share.entitled !== '' && quantity > Number(share.due)) out.push('beyond_due')
  else if (share === undefined || share.entitled === '') out.push('undecided')
  return out
}

/** Takes away what binary fractions add: a quantity has at most six places. */
export const rounded = (quantity: number): number => Math.round(quantity * 1e6) / 1e6
