// All that a screen shows of one household.
import type { Aid, ID, Stored } from '../store/api'
import { store } from './state'
import { text } from './values'

export interface Family {
  household: Stored
  area: Stored | null
  people: Stored[]
  visits: Stored[]
  deliveries: Stored[]
  questions: Stored[]
  aid: Aid
  /** The names of workers by their ids. */
  workers: Record<ID, string>
}

/** Reads a household with all that belongs to it. A member that was found to be another one is left out. */
export async function readFamily(id: ID): Promise<Family> {
  const household = await store.get(id)
  const [area, people, visits, deliveries, questions, aid, workers] = await Promise.all([
    perhaps(text(household, 'area')), store.list('people', id), store.list('visits', id), store.list('deliveries', id),
    store.list('questions', id), store.aid(id), store.workers(),
  ])
  return {
    household, area, people: people.filter((p) => text(p, 'merged_into') === ''), visits, deliveries, questions, aid,
    workers: Object.fromEntries(workers.map((w) => [w.id, w.name])),
  }
}

/** Gives a record, null if the tablet does not have it. */
export const perhaps = (id: ID): Promise<Stored | null> => (id === '' ? Promise.resolve(null) : store.get(id).catch(() => null))

/** Gives the assistance types and projects that the tablet knows, by their ids. */
export async function readKinds(): Promise<{ types: Record<ID, Stored>; projects: Record<ID, Stored> }> {
  const [types, projects] = await Promise.all([store.list('assistance_types', ''), store.list('projects', '')])
  return { types: byID(types), projects: byID(projects) }
}

const byID = (records: Stored[]): Record<ID, Stored> => Object.fromEntries(records.map((r) => [r.id, r]))
