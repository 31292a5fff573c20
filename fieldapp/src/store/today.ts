import type { ID } from '../protocol/types'
import { idIn, textIn } from '../protocol/values'
import { rootOf } from './family'
import { at, foundIn, glanced, type Glance } from './glance'
import type { Index } from './index'
import { countedOf, limitOf, remaining, sums, type Counted } from './shares'
import { sign } from './decimal'
import type { Param } from './sql'
import type { Transactions, Tx } from './tx'

/** A Due is a household with a visit planned, or with something due, by assistance type. */
export interface Due {
  household: ID
  visitOn: string
  due: ID[]
}

/** Today is what there is to do, counted anew once something changed. */
export class Today {
  #last = { key: '', due: Promise.resolve<Due[]>([]) }

  constructor(private readonly base: Transactions, private readonly index: Index) {}

  /** Gives the households with a visit planned up to a day and none since, and those with something due that was approved:
   * the longest planned first. */
  async due(day: string, limit: number): Promise<Due[]> {
    const key = `${this.index.revision} ${day} ${limit}`
    if (this.#last.key !== key) {
      const last = (this.#last = { key, due: due(this.base, this.index, day, limit) })
      last.due.catch(() => { last.key = '' })
    }
    return this.#last.due
  }
}

async function due(base: Transactions, index: Index, day: string, limit: number): Promise<Due[]> {
  const households = new Map((await index.lines('households', /^/gm)).map(foundIn).map(({ id, name }) => [id, name]))
  const into = await base.read((t) => links(t, "SELECT id, kept AS other FROM records WHERE kept <> ''"))
  const out = new Map<ID, Due>()
  const of = (household: ID): Due => {
    const root = rootOf(into, household)
    const due = out.get(root) ?? { household: root, visitOn: '', due: [] }
    out.set(root, due)
    return due
  }
  for (const [household, on] of await planned(index, into)) if (on <= day) of(household).visitOn = on
  for (const [household, due] of await stillDue(base, index, into)) of(household).due = due
  const name = (due: Due) => households.get(due.household) ?? ''
  return [...out.values()].filter((due) => households.has(due.household)).sort((a, b) => (
    order(a.visitOn || 'later', b.visitOn || 'later') || order(name(a), name(b)))).slice(0, limit)
}

/** Gives, by record, the other one that a query names. */
async function links(t: Tx, query: string, ...params: Param[]): Promise<Map<ID, ID>> {
  return new Map(t.db.rows<{ id: ID; other: ID }>(query, ...params).map(({ id, other }) => [id, other]))
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Gives, by family, the day of the visit that the last one planned. */
async function planned(index: Index, into: Map<ID, ID>): Promise<Map<ID, string>> {
  const last = new Map<ID, { at: number; next: string }>()
  const [household, visitedAt, nextOn] = (['household', 'visited_at', 'next_visit_on'] as const).map((field) => at('visits', field))
  for (const g of (await index.all('visits')).values()) {
    const of = rootOf(into, idIn(household!(g)))
    const visit = { at: Number(visitedAt!(g)), next: textIn(nextOn!(g)) }
    if (visit.at >= (last.get(of)?.at ?? -Infinity)) last.set(of, visit)
  }
  const out = new Map<ID, string>()
  for (const [of, { next }] of last) if (next !== '') out.set(of, next)
  return out
}

/** Gives, by family, the assistance types of which something is due that was approved. */
async function stillDue(base: Transactions, index: Index, into: Map<ID, ID>): Promise<Map<ID, ID[]>> {
  const all = [...(await index.all('entitlements')).values(), ...(await index.all('deliveries')).values()]
  const [household, person] = [(g: Glance) => idIn(at(g.collection, 'household')(g)), (g: Glance) => idIn(at(g.collection, 'person')(g))]
  const persons = all.filter((g) => household(g) === '').map(person)
  const householdOf = await base.read((t) => links(t, 'SELECT id, parent AS other FROM records WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(persons)))
  const belongings = new Map<ID, Counted[]>()
  for (const g of all) {
    const of = rootOf(into, household(g) || (householdOf.get(person(g)) ?? ''))
    const own = belongings.get(of)
    if (own) own.push(countedAt(g))
    else belongings.set(of, [countedAt(g)])
  }
  const types = await index.all('assistance_types')
  const limit = at('assistance_types', 'limit_per_household')
  const out = new Map<ID, ID[]>()
  for (const [of, counted] of belongings) {
    const approved = new Set(counted.filter((c) => c.status === 'approved').map((c) => c.kind))
    if (approved.size === 0) continue
    const due = sums(counted).filter((sum) => {
      const type = types.get(sum.kind)
      return approved.has(sum.kind) && sign(remaining(sum, limitOf(type ? { deleted: false } : null, type ? limit(type) : ''))) > 0
    })
    if (due.length > 0) out.set(of, due.map((sum) => sum.kind))
  }
  return out
}

function countedAt(g: Glance): Counted {
  const names = glanced[g.collection] as readonly string[]
  return countedOf(g.id, g.collection, false, (field) => g.values[names.indexOf(field)] ?? '')
}
