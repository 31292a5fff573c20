// A delivery that is being made, and what is saved of it.
import type { Edit, ID } from '../../../store/api'
import { officeNow } from '../../clock'
import { rounded, type Item } from '../../due'
import type { Stroke } from '../../ink'
import { inkPicture } from '../../ink'
import { keep, type Proof } from '../../photo'
import type { Position } from '../../position'
import { door, store } from '../../state'
import { valueOf } from '../../values'

/** Why there is neither a signature nor a photo, as records hold it: one of these, or a text. */
export const noProof = ['refused', 'no_light', 'device', 'other'] as const

/** A Delivering is the draft of one delivery, of one thing or of several. */
export interface Delivering {
  /** What is handed over; null as long as it is simply what is due. */
  items: Item[] | null
  /** Who takes it, and, if that is somebody else, who and why. */
  recipient: string
  proxy: boolean
  proxyName: string
  proxyWhy: string
  signature: Stroke[]
  photos: Proof[]
  none: string
  noneWhy: string
  note: string
}

export const nothing: Delivering = {
  items: null, recipient: '', proxy: false, proxyName: '', proxyWhy: '', signature: [], photos: [], none: '', noneWhy: '', note: '',
}

export const proven = (d: Delivering): boolean => d.signature.length > 0 || d.photos.length > 0

/** Gives the form of a delivery: a record for each item, all with the same proofs. */
export async function deliveryEdits(household: ID, items: Item[], d: Delivering, position: Position | null): Promise<(Edit & { kind: 'create' })[]> {
  const common = {
    household, delivered_at: officeNow(), recipient: d.recipient, proxy: d.proxy ? `${d.proxyName.trim()}: ${d.proxyWhy.trim()}` : '',
    position, proofs: await proofsOf(d), note: d.note.trim(), worker: door.value?.worker?.id,
  }
  return Promise.all(items.map(async ({ type, project, entitlement, person, quantity }) => {
    const fields = { ...common, assistance_type: type, project, entitlement, person, quantity: rounded(quantity) }
    return { kind: 'create' as const, collection: 'deliveries', id: await store.newID(), fields: values(fields) }
  }))
}

async function proofsOf(d: Delivering): Promise<object> {
  if (!proven(d)) return { none: d.none === 'other' && d.noneWhy.trim() !== '' ? d.noneWhy.trim() : d.none }
  return {
    photos: d.photos.length > 0 ? d.photos : undefined,
    signature: d.signature.length > 0 ? await keep(await inkPicture(d.signature), 'image/png') : undefined,
  }
}

const values = (fields: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, is]) => [name, valueOf(is)]).filter(([, value]) => value !== 'null'))
