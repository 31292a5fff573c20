// A household that is being registered, and what is saved of it.
import type { Edit, ID } from '../../../store/api'
import type { Position } from '../../position'
import { store } from '../../state'
import { valueOf } from '../../values'

/** Fields are what was filled in, by the names of the fields: texts, as they were typed. */
export type Fields = Record<string, string>

/** A Registering is the draft of a household with its members. The first of them is its head, who is called as it is. */
export interface Registering {
  household: Fields
  members: Fields[]
  position: Position | null
  /** The households that look alike and are another family. */
  others: ID[]
}

/** What the head of a household is to its head. */
export const head = 'head'
export const relations = [head, 'spouse', 'child', 'parent', 'other'] as const

export const nothing: Registering = { household: {}, members: [{ relation: head }], position: null, others: [] }

/** Gives the form that registers a household. A member without a name is none. */
export async function registration({ household, members, position }: Registering): Promise<Edit[]> {
  const id = await store.newID()
  const named = members.map((m, i) => (i === 0 ? { ...m, name: household['head_name'] ?? '' } : m)).filter((m) => (m['name'] ?? '').trim() !== '')
  const people = await Promise.all(named.map(async (m) => ({
    kind: 'create' as const, collection: 'people', id: await store.newID(), fields: { household: valueOf(id), ...valuesOf(m) },
  })))
  return [{ kind: 'create', collection: 'households', id, fields: { ...valuesOf(household), ...(position ? { position: valueOf(position) } : {}) } }, ...people]
}

/** Gives what was filled in as values, all but what is empty. */
export const valuesOf = (fields: Fields): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, is]) => [name, valueIn(name, is)]).filter(([, value]) => value !== 'null'))

/** Gives what was filled in for a field as a value. */
export const valueIn = (name: string, is: string): string => valueOf(name === 'birth_year' && is !== '' ? Number(is) : is.trim())

/** What is wrong with what was filled in, '' if nothing is. */
export type Flaw = '' | 'name_first' | 'area_first' | 'status_first' | 'year'

export function flawOf(household: Fields, members: Fields[]): Flaw {
  if ((household['head_name'] ?? '').trim() === '') return 'name_first'
  if (!household['area']) return 'area_first'
  if (!household['status']) return 'status_first'
  return members.some((m) => !yearFits(m['birth_year'] ?? '')) ? 'year' : ''
}

export const yearFits = (year: string): boolean =>
  year === '' || (/^\d{4}$/.test(year) && Number(year) > 1890 && Number(year) <= new Date().getFullYear())
