import weightsCSV from '../../../internal/duplicates/weights.csv'
import type { ID, Value } from '../protocol/types'
import { idIn } from '../protocol/values'
import type { Edit, Likeness, LikenessReason } from './api'
import { at, glanced, type Glance, type Glanced } from './glance'
import type { Index } from './index'
import { keysOf, outcomes, profileOf, type Profile } from './profile'

/** A pair that scores so much, in bits, is shown to a person. */
const threshold = 14

/** A key that more households have is no hint. */
const commonest = 30

/** What the app calls what speaks for one family. */
const reasons: Record<string, LikenessReason> = {
  'card number: same': 'card_number', 'card number: almost the same': 'card_number_close', 'document: same': 'document',
  'phone: same': 'phone', 'head: same': 'name', 'head: almost the same': 'name_close', 'head: one name the same': 'name_one',
  'members: two with their birth': 'members', 'members: one with its birth': 'member', 'members: names alone': 'member_name',
  'village: same': 'village', 'origin: same': 'origin', 'distance: neighbours': 'near', 'distance: one village': 'nearby',
}

/** What each outcome of a comparison adds to a score, in bits: log2(m/u). */
const weights = new Map(weightsCSV.trim().split('\n').slice(1).map((line) => {
  const [comparison, level, m, u] = line.split(',')
  return [`${comparison}: ${level}`, Math.log2(Number(m) / Number(u))]
}))

const weigh = (outcome: string): number => weights.get(outcome)!

/** How much speaks for two households being one family, in bits. */
export const scoreOf = (a: Profile, b: Profile): number => outcomes(a, b).reduce((sum, outcome) => sum + weigh(outcome), 0)

/** A Like is a Likeness that names its household. */
export type Like = Omit<Likeness, 'household'> & { household: ID }

/** Gives the households that may be the same family as one that a form registers, the likeliest first. */
export async function similar(families: Families, edits: Edit[]): Promise<Like[]> {
  const found: Like[] = []
  for (const p of registers(edits)) {
    for (const other of await families.candidates(p)) {
      const score = scoreOf(p, other)
      if (score >= threshold) found.push({ household: other.id, score, reasons: reasonsOf(p, other) })
    }
  }
  return found.sort((a, b) => b.score - a.score || (a.household < b.household ? -1 : 1))
}

const reasonsOf = (a: Profile, b: Profile): LikenessReason[] =>
  outcomes(a, b).filter((outcome) => weigh(outcome) > 0).sort((x, y) => weigh(y) - weigh(x)).map((outcome) => reasons[outcome]!)

/** Gives the households that a form makes, with the people that it puts into them. */
function registers(edits: Edit[]): Profile[] {
  const made = edits.filter((edit) => edit.kind === 'create')
  return made.filter((edit) => edit.collection === 'households').map((household) => {
    const members = made.filter((edit) => edit.collection === 'people' && idIn(edit.fields['household']) === household.id)
    return profileOf(household.id, fieldsOf(household.fields), members.map((member) => fieldsOf(member.fields)))
  })
}

const fieldsOf = (fields: Record<string, Value>) => (field: string): Value => fields[field] ?? ''

/** A Family is a household with its members, as the index holds them, and what was made of them. */
interface Family {
  household: Glance
  members: Glance[]
  profile: Profile
}

/** Families are the households of the store, ready to be compared. They are made so when they are first asked for, and only
 * those anew of which the index holds something else since. */
export class Families {
  readonly #families = new Map<ID, Family>()
  readonly #byKey = new Map<string, Set<ID>>()
  #last: Promise<void> = Promise.resolve()

  constructor(private readonly index: Index) {}

  /** Gives the households that have something in common with one, itself left out. */
  async candidates(p: Profile): Promise<Profile[]> {
    this.#last = this.#last.catch(() => {}).then(() => this.#follow())
    await this.#last
    const ids = new Set<ID>()
    for (const key of keysOf(p)) {
      const sharing = this.#byKey.get(key)
      if (sharing && sharing.size <= commonest) for (const id of sharing) ids.add(id)
    }
    ids.delete(p.id)
    return [...ids].map((id) => this.#families.get(id)!.profile)
  }

  /** Takes in what the index holds by now. A household that was merged into another one is no further family. */
  async #follow(): Promise<void> {
    const [households, people] = [await this.index.all('households'), await this.index.all('people')]
    const members = membersBy(people)
    let made = 0
    for (const id of this.#families.keys()) if (!households.has(id)) this.#drop(id)
    for (const household of [...households.values()]) {
      const own = members.get(household.id) ?? []
      const was = this.#families.get(household.id)
      if (was && was.household === household && equal(was.members, own)) continue
      this.#drop(household.id)
      if (idIn(at('households', 'merged_into')(household)) === '') this.#put(household, own)
      if (++made % 100 === 0) await this.index.pause()
    }
  }

  #put(household: Glance, members: Glance[]): void {
    const profile = profileOf(household.id, glancedBy('households', household), members.map((m) => glancedBy('people', m)))
    this.#families.set(household.id, { household, members, profile })
    for (const key of keysOf(profile)) {
      const sharing = this.#byKey.get(key) ?? new Set()
      this.#byKey.set(key, sharing.add(household.id))
    }
  }

  #drop(id: ID): void {
    const family = this.#families.get(id)
    if (!family) return
    this.#families.delete(id)
    for (const key of keysOf(family.profile)) {
      const sharing = this.#byKey.get(key)
      sharing?.delete(id)
      if (sharing?.size === 0) this.#byKey.delete(key)
    }
  }
}

/** Gives the people of each household, in the order of their ids. */
function membersBy(people: ReadonlyMap<ID, Glance>): Map<ID, Glance[]> {
  const out = new Map<ID, Glance[]>()
  const household = at('people', 'household')
  for (const g of people.values()) {
    const of = idIn(household(g))
    const own = out.get(of)
    if (own) own.push(g)
    else out.set(of, [g])
  }
  for (const own of out.values()) own.sort((a, b) => (a.id < b.id ? -1 : 1))
  return out
}

const equal = (a: Glance[], b: Glance[]): boolean => a.length === b.length && a.every((g, i) => g === b[i])

function glancedBy(collection: Glanced, g: Glance) {
  const names = glanced[collection] as readonly string[]
  return (field: string): Value => g.values[names.indexOf(field)] ?? ''
}
