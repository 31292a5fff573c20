import type { ID } from '../protocol/types'
import type { PracticeWords } from './api'

/** Ids of the practice store: the last digits count. */
export const practiceID = (n: number): ID => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`

/** A record to make up. */
interface MadeUp {
  collection: string
  id: ID
  fields: Record<string, unknown>
}

/** Surname, status, house and place of origin, and the members: given name, sex, year of birth. The first is the head. */
const families: [string, string, string, string, [string, 'female' | 'male', number][]][] = [
  ['Jovanović', 'idp', 'Školska 4', 'Klina', [['Dragan', 'male', 1961], ['Snežana', 'female', 1965], ['Uroš', 'male', 1994]]],
  ['Stanković', 'idp', 'Vidovdanska 17', 'Istok', [['Ljiljana', 'female', 1958]]],
  ['Đorđević', 'returnee', 'Glavna bb', 'Goraždevac', [['Živorad', 'male', 1949], ['Radmila', 'female', 1953], ['Goran', 'male', 1978], ['Jovana', 'female', 2011]]],
  ['Krasniqi', 'returnee', 'Rruga e Shkollës 3', 'Pejë', [['Agim', 'male', 1970], ['Drita', 'female', 1974], ['Valon', 'male', 2001], ['Besa', 'female', 2004]]],
  ['Gashi', 'host', 'Rruga Kryesore 22', 'Klinë', [['Fatmir', 'male', 1966], ['Luljeta', 'female', 1969]]],
  ['Beriša', 'idp', 'Romsko naselje 9', 'Đakovica', [['Bajram', 'male', 1980], ['Sabina', 'female', 1983], ['Kenan', 'male', 2006], ['Elvira', 'female', 2009], ['Orhan', 'male', 2014]]],
  ['Петровић', 'idp', 'Косовска 8', 'Призрен', [['Милан', 'male', 1972], ['Весна', 'female', 1975], ['Никола', 'male', 2003]]],
  ['Trajković', 'returnee', 'Gornja mahala 2', 'Osojane', [['Slavica', 'female', 1944]]],
  ['Osmanović', 'refugee', 'Železnička 31', 'Uroševac', [['Ramiz', 'male', 1977], ['Hatidža', 'female', 1981], ['Saša', 'male', 2008]]],
  ['Hoxha', 'host', 'Rruga e Lumit 5', 'Istog', [['Shpresa', 'female', 1962], ['Ilir', 'male', 1988]]],
  ['Živković', 'idp', 'Cara Dušana 40', 'Vitina', [['Predrag', 'male', 1968], ['Biljana', 'female', 1970], ['Tamara', 'female', 1997]]],
  ['Kelmendi', 'returnee', 'Rruga e Re 11', 'Deçan', [['Naim', 'male', 1959], ['Teuta', 'female', 1963]]],
]

const project = practiceID(20)
const stove = practiceID(30)
const parcels = practiceID(31)
const oneDay = 24 * 60 * 60 * 1000

/** Makes up a village: what may be given there, its families, whom to visit and what is due. */
export function madeUp(area: ID, now: number, words: PracticeWords): MadeUp[] {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const out: MadeUp[] = [
    { collection: 'areas', id: area, fields: { name: 'Vežbalište', level: 'settlement' } },
    { collection: 'projects', id: project, fields: { code: 'PRACTICE', title: words.project, implementer: words.project } },
    { collection: 'assistance_types', id: stove, fields: { code: 'STOVE', name: words.stove, category: 'furniture', unit: words.piece, limit_per_household: 1 } },
    { collection: 'assistance_types', id: parcels, fields: { code: 'PARCEL', name: words.parcel, category: 'other', unit: words.piece } },
    { collection: 'questionnaires', id: practiceID(40), fields: {
      code: 'VISIT', title: words.visit, version: 1, active: true, questions: {
        heating: { type: 'choice', required: true, choices: [words.wood, words.electricity, words.none], label: { en: words.heating } },
        needs: { type: 'text', label: { en: words.needs } },
      },
    } },
  ]
  for (const [i, family] of families.entries()) out.push(...familyOf(area, 1000 * (i + 1), family, now, day))
  return out
}

function familyOf(area: ID, n: number, [surname, status, address, origin, people]: (typeof families)[number], now: number, day: (ms: number) => string): MadeUp[] {
  const household = practiceID(n)
  const name = (given: string) => `${given} ${surname}`
  const out: MadeUp[] = [{
    collection: 'households', id: household, fields: {
      card_number: `V-${n}`, head_name: name(people[0]![0]), status, area, address, place_of_origin: origin,
      phone: `+381 60 000 ${String(n).slice(-4).padStart(4, '0')}`, consent_on: day(now - 90 * oneDay),
    },
  }]
  for (const [i, [given, sex, born]] of people.entries()) {
    out.push({ collection: 'people', id: practiceID(n + 1 + i), fields: { household, name: name(given), sex, birth_year: born } })
  }
  const third = (n / 1000) % 3
  const visited = now - (20 + n / 1000) * oneDay
  out.push({ collection: 'visits', id: practiceID(n + 100), fields: {
    household, project, purpose: 'assessment', visited_at: Math.floor(visited), next_visit_on: third === 0 ? day(now) : day(now + third * oneDay),
  } })
  if (third !== 1) {
    out.push({ collection: 'entitlements', id: practiceID(n + 200), fields: {
      household, project, assistance_type: third === 0 ? stove : parcels, quantity: third === 0 ? 1 : 2, status: 'approved', approved_on: day(now - 10 * oneDay),
    } })
  }
  return out
}
