import { fold } from '../protocol/fold'
import type { ID, Value } from '../protocol/types'
import { textIn } from '../protocol/values'
import { value, type Shown } from './tx'

/** What the index knows of the records of each collection, those first that are searched. */
export const glanced = {
  households: ['head_name', 'card_number', 'phone', 'address', 'place_of_origin', 'area', 'position', 'merged_into'],
  people: ['household', 'name', 'document_number', 'phone', 'sex', 'born_on', 'birth_year'],
  assistance_types: ['limit_per_household'],
  entitlements: ['household', 'person', 'assistance_type', 'quantity', 'status'],
  deliveries: ['household', 'person', 'assistance_type', 'quantity', 'cancelled_why'],
  visits: ['household', 'visited_at', 'next_visit_on'],
} as const

export type Glanced = keyof typeof glanced
export const glancedCollections = Object.keys(glanced) as Glanced[]
export const isGlanced = (collection: string): collection is Glanced => collection in glanced

/** A Glance is what the index knows of a record: values in the order of glanced, and the line by which it is found. */
export interface Glance {
  collection: Glanced
  id: ID
  values: Value[]
  line: string
}

/** What a household or person is found by: folded words of the name and of the rest, with a space before and behind each,
 * and folded numbers without spaces. */
export interface Found {
  id: ID
  name: string
  rest: string
  numbers: string[]
}

/** A line is a record's id and what it is found by, between tabs. What is folded holds neither tabs nor ends of lines. */
const lineOf = ({ id, name, rest, numbers }: Found): string => [id, name, rest, ...numbers].join('\t')

/** The inverse of lineOf. */
export function foundIn(line: string): Found {
  const [id, name, rest, ...numbers] = line.split('\t')
  return { id: id!, name: name!, rest: rest!, numbers }
}

/** Gives the value of a field at a glance. */
export const at = (collection: Glanced, field: string) => {
  const i = (glanced[collection] as readonly string[]).indexOf(field)
  return (g: Glance): Value => g.values[i]!
}

export function glanceOf(r: Shown): Glance {
  const collection = r.collection as Glanced
  const values = glanced[collection].map((field) => value(r, field))
  return { collection, id: r.id, values, line: lineOf({ id: r.id, ...foundBy(r) }) }
}

function foundBy(r: Shown): Omit<Found, 'id'> {
  const text = (field: string) => textIn(value(r, field))
  const numbers = (...fields: string[]) => fields.map((field) => squeeze(text(field))).filter((number) => number !== '')
  switch (r.collection) {
    case 'households':
      return {
        name: words(text('head_name')), rest: words(text('card_number'), text('address'), text('place_of_origin')),
        numbers: numbers('phone', 'card_number'),
      }
    case 'people':
      return { name: words(text('name')), rest: words(text('document_number')), numbers: numbers('phone', 'document_number') }
  }
  return { name: '', rest: '', numbers: [] }
}

const words = (...texts: string[]): string => ` ${fold(texts.join(' '))} `

/** Folds a number and leaves out what punctuates it. */
export const squeeze = (number: string): string => fold(number).replaceAll(' ', '')
