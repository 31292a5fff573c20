// Households made ready to be compared, and the comparisons, as the server makes them: internal/duplicates. The vectors in
// internal/duplicates/testdata hold both to it.
import { byBytes } from '../protocol/bytes'
import { fold } from '../protocol/fold'
import type { ID, Value } from '../protocol/types'
import { idIn, isNull, textIn } from '../protocol/values'
import { closeName, oneSlip } from './spelling'

interface Point {
  lat: number
  lon: number
}

interface Member {
  name: string[]
  document: string
  bornOn: string
  year: string
}

/** A Profile is a household made ready to be compared; what is not known is left empty. */
export interface Profile {
  id: ID
  card: string
  phone: string
  /** The names of its head, sorted. */
  head: string[]
  origin: string
  area: ID
  position: Point | null
  members: Member[]
}

/** Gives the value of a field, '' if there is none. */
export type Fields = (field: string) => Value

const maxText = 80 // characters of a name, a number or a place
const maxNames = 6 // of somebody, or words of a place
const maxMembers = 20
const phoneDigits = 8 // the last ones tell who is called, with or without the country's prefix

export function profileOf(id: ID, household: Fields, members: Fields[]): Profile {
  return {
    id, card: numberKey(textIn(household('card_number'))), phone: phoneKey(textIn(household('phone'))),
    head: nameKeys(textIn(household('head_name'))), origin: nameKeys(textIn(household('place_of_origin'))).join(' '),
    area: idIn(household('area')), position: pointIn(household('position')), members: members.slice(0, maxMembers).map(memberOf),
  }
}

function memberOf(fields: Fields): Member {
  const bornOn = short(textIn(fields('born_on')))
  const birthYear = /^-?\d+$/.test(fields('birth_year')) ? Number(fields('birth_year')) : 0
  const year = bornOn.length >= 4 ? bornOn.slice(0, 4) : birthYear === 0 ? '' : String(birthYear)
  return { name: nameKeys(textIn(fields('name'))), document: numberKey(textIn(fields('document_number'))), bornOn, year }
}

function pointIn(v: Value): Point | null {
  if (isNull(v) || !v.startsWith('{')) return null
  const { lat, lon } = JSON.parse(v) as Partial<Point>
  return typeof lat === 'number' && typeof lon === 'number' ? { lat, lon } : null
}

const short = (text: string): string => (text.length > maxText ? [...text].slice(0, maxText).join('') : text)

/** A number of a card or document without what punctuates it and without leading zeros. */
const numberKey = (text: string): string => fold(short(text)).replaceAll(' ', '').replace(/^0+/, '')

/** The end of a phone number, '' if it is too short to be one. */
function phoneKey(text: string): string {
  const digits = text.replace(/[^0-9]/g, '')
  return digits.length < phoneDigits ? '' : digits.slice(-phoneDigits)
}

/** Spellings of one sound. What they become is what fold makes of the Serbian letter. */
const sounds: Record<string, string> = {
  sch: 's', tsch: 'c', sh: 's', ch: 'c', zh: 'z', xh: 'dz', gj: 'd', q: 'c', ije: 'e', x: 'ks', w: 'v', y: 'j', ph: 'f', th: 't', kh: 'h',
}
const sound = new RegExp(Object.keys(sounds).join('|'), 'g')

/** Gives the names in a text, sorted, in one spelling for all in which they are usually written. */
function nameKeys(text: string): string[] {
  const names = fold(short(text)).replace(sound, (spelling) => sounds[spelling]!).split(' ').filter((name) => name !== '')
  return names.map((name) => name.replace(/(.)\1+/gu, '$1')).sort(byBytes).slice(0, maxNames)
}

/** Gives what a household can have in common with another one of the same family. */
export function keysOf(p: Profile): string[] {
  const keys: string[][] = [['card', p.card], ['phone', p.phone], ['head', p.head.join(' '), p.origin]]
  for (const name of p.head) keys.push(['name in village', p.area, name])
  for (const m of p.members) {
    keys.push(['document', m.document], ['birth', m.bornOn, m.name.map((name) => [...name][0]).join('')])
  }
  return [...new Set(keys.filter((parts) => !parts.includes('')).map((parts) => parts.join('\0')))]
}

/** Gives what each comparison of two households comes out at, those left out of which one of the two says nothing. */
export function outcomes(a: Profile, b: Profile): string[] {
  return [
    same('card number', a.card, b.card, oneSlip), documents(a, b), same('phone', a.phone, b.phone), heads(a.head, b.head),
    members(a.members, b.members), same('village', a.area, b.area), origins(a.origin, b.origin), distances(a.position, b.position),
  ].filter((outcome) => outcome !== '')
}

function same(of: string, a: string, b: string, almost = (_a: string, _b: string) => false): string {
  if (a === '' || b === '') return ''
  return `${of}: ${a === b ? 'same' : almost(a, b) ? 'almost the same' : 'different'}`
}

function documents(a: Profile, b: Profile): string {
  const ones = a.members.map((m) => m.document).filter((document) => document !== '')
  const others = b.members.map((m) => m.document).filter((document) => document !== '')
  if (ones.length === 0 || others.length === 0) return ''
  return ones.some((document) => others.includes(document)) ? 'document: same' : 'document: different'
}

function heads(a: string[], b: string[]): string {
  if (a.length === 0 || b.length === 0) return ''
  if (equal(a, b)) return 'head: same'
  if (allClose(a, b)) return 'head: almost the same'
  return a.some((name) => b.some((other) => closeName(other, name))) ? 'head: one name the same' : 'head: different'
}

const equal = (a: string[], b: string[]): boolean => a.length === b.length && a.every((name, i) => name === b[i])

/** Whether each of the names of who has fewer, of two at the least, is close to another one of the other's. */
function allClose(a: string[], b: string[]): boolean {
  if (a.length > b.length) [a, b] = [b, a]
  const left = [...b]
  for (const name of a) {
    const found = left.findIndex((other) => closeName(other, name))
    if (found < 0) return false
    left.splice(found, 1)
  }
  return a.length > 1
}

function members(a: Member[], b: Member[]): string {
  if (a.length === 0 || b.length === 0) return ''
  let names = 0
  let births = 0
  const left = [...b]
  for (const m of a) {
    const found = left.findIndex((n) => (equal(m.name, n.name) || allClose(m.name, n.name)) && sameBirth(m, n))
    if (found < 0) continue
    names++
    if (m.year !== '' && left[found]!.year !== '') births++
    left.splice(found, 1)
  }
  if (births > 1) return 'members: two with their birth'
  if (births === 1) return 'members: one with its birth'
  return names > 0 ? 'members: names alone' : 'members: different'
}

/** Whether births do not differ by more than day and month swapped, or one slip. */
function sameBirth(m: Member, n: Member): boolean {
  if (m.year === '' || n.year === '') return true
  if (m.bornOn === '' || n.bornOn === '') return m.year === n.year
  return m.bornOn === n.bornOn || swapped(m.bornOn) === n.bornOn || oneSlip(m.bornOn, n.bornOn)
}

function swapped(date: string): string {
  const parts = date.split('-')
  return parts.length === 3 ? `${parts[0]}-${parts[2]}-${parts[1]}` : ''
}

function origins(a: string, b: string): string {
  if (a === '' || b === '') return ''
  return closeName(a, b) ? 'origin: same' : 'origin: different'
}

function distances(a: Point | null, b: Point | null): string {
  if (!a || !b) return ''
  const far = metres(a, b)
  return far <= 100 ? 'distance: neighbours' : far <= 2000 ? 'distance: one village' : 'distance: far'
}

/** The distance along the great circle, by the haversine formula. */
function metres(a: Point, b: Point): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180
  const sin2 = (x: number) => Math.sin(x / 2) ** 2
  const h = sin2(rad(b.lat - a.lat)) + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * sin2(rad(b.lon - a.lon))
  return 2 * 6_371_000 * Math.asin(Math.min(1, Math.sqrt(h)))
}
