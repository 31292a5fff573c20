// What the registry says of values and changes. Fields and collections that this program does not know are fine: a newer
// device may know them, and they are kept as they are.

import { collections, type Collection, type Field } from './registry.gen'
import type { Change, Dict, Value, Versions } from './types'
import { deletedField } from './types'
import { byBytes, byteLength } from './bytes'
import { elements, members } from './json'
import { maxBase, maxFields, maxNameBytes, maxRecordBytes, maxRecordFields } from './limits.gen'
import { isID } from './uuid'
import { flawOf, isNull, textIn } from './values'

/** A Flaw is what is wrong with a change: of which field, '' if of none, and what, for programmers. It holds no value. */
export interface Flaw {
  field: string
  text: string
}

export const collectionOf = (name: string): Collection | undefined => collections.find((c) => c.name === name)

export function fieldOf(collection: Collection | undefined, name: string): Field | undefined {
  if (name === deletedField) return { name, type: 'boolean' }
  return collection?.fields.find((f) => f.name === name)
}

/** Says what is wrong with a change by itself, whatever the state of its record; null if nothing. */
export function checkChange(c: Pick<Change, 'collection' | 'fields' | 'base' | 'seen'>): Flaw | null {
  const names = Object.keys(c.fields).sort(byBytes)
  if (names.length === 0) return flaw('', 'the change writes no field')
  if (names.length > maxFields) return flaw('', `the change writes more than ${maxFields} fields`)
  for (const name of [c.collection, ...names, ...Object.keys(c.base), ...Object.keys(c.seen)]) {
    const text = nameFlaw(name)
    if (text) return flaw(name, text)
  }
  return checkValues(c.collection, c.fields) ?? checkVersions(c.base) ?? checkVersions(c.seen)
}

/** Names the first required field that a record lacks, '' if none. */
export function lacking(collection: Collection, value: (field: string) => Value | undefined): string {
  return collection.fields.find((f) => f.required && isNull(value(f.name)))?.name ?? ''
}

/** Says what is wrong with the name of a field or collection, '' if nothing. */
export function nameFlaw(name: string): string {
  if (name === '' || byteLength(name) > maxNameBytes) return `a name has 1 to ${maxNameBytes} bytes`
  if (name.normalize('NFC') !== name) return 'a name is not in Unicode NFC'
  return /[\p{Cc}\u2028\u2029\p{Surrogate}]/u.test(name) ? 'a name holds a control character or a line separator' : ''
}

function checkValues(name: string, fields: Dict<Value>): Flaw | null {
  const collection = collectionOf(name)
  let bytes = 0
  for (const field of Object.keys(fields).sort(byBytes)) {
    const value = fields[field]!
    const text = flawOf(value) || fieldFlaw(fieldOf(collection, field), value)
    if (text) return flaw(field, text)
    bytes += byteLength(value)
  }
  if (bytes > maxRecordBytes) return flaw('', `the values come to more than ${maxRecordBytes} bytes`)
  const gone = collection?.fact === true && fields[deletedField] === 'true'
  return gone ? flaw(deletedField, `a record of ${name} is never deleted; cancel it with a reason`) : null
}

function checkVersions(by: Versions): Flaw | null {
  if (Object.keys(by).length > maxRecordFields) return flaw('', `the change names the base of more than ${maxRecordFields} fields`)
  const many = Object.keys(by).find((name) => by[name]!.length > maxBase)
  return many === undefined ? null : flaw(many, `the base names more than ${maxBase} versions`)
}

const flaw = (field: string, text: string): Flaw => ({ field, text })

/** Says what is wrong with a canonical value in a field, '' if nothing. Every field may be cleared that is not required. */
export function fieldFlaw(field: Field | undefined, v: Value): string {
  if (!field) return ''
  if (isNull(v)) return field.required ? 'the field is required and cannot be cleared' : ''
  return fits(field, v) ? '' : `the value is no ${field.type} that the field takes`
}

const leastTimestamp = -62_135_596_800_000 // 0001-01-01T00:00:00Z
const mostTimestamp = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z

function fits(field: Field, v: Value): boolean {
  switch (field.type) {
    case 'text':
      return v.startsWith('"')
    case 'integer':
      return integer(v, -(2 ** 53), 2 ** 53)
    case 'timestamp':
      return integer(v, leastTimestamp, mostTimestamp)
    case 'decimal':
      return /^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/.test(v) && v !== '-0' && v.replace(/[-.]/g, '').length <= 15
    case 'boolean':
      return v === 'true' || v === 'false'
    case 'date':
      return isDate(textIn(v))
    case 'uuid':
    case 'reference':
      return isID(textIn(v))
    case 'choice':
      return field.choices?.includes(textIn(v)) ?? false
    case 'choices':
      return choices(field, v)
    case 'position':
      return position(v)
    case 'object':
      return v.startsWith('{')
  }
}

const integer = (v: Value, least: number, most: number): boolean =>
  /^(0|-?[1-9][0-9]{0,15})$/.test(v) && BigInt(v) >= least && BigInt(v) <= most

/** Whether a text is a day that there was or will be, as 2020-04-30. */
export function isDate(text: string): boolean {
  const day = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? new Date(text + 'T00:00:00Z') : null
  return day !== null && !isNaN(day.getTime()) && day.toISOString().startsWith(text)
}

function choices(field: Field, v: Value): boolean {
  if (!v.startsWith('[')) return false
  const list = elements(v).map(textIn)
  return list.every((choice, i) => field.choices?.includes(choice) && (i === 0 || byBytes(list[i - 1]!, choice) < 0))
}

function position(v: Value): boolean {
  if (!v.startsWith('{')) return false
  const part = new Map(members(v))
  const accuracy = part.get('accuracy') ?? 'null'
  return (
    within(part.get('lat'), -90, 90) &&
    within(part.get('lon'), -180, 180) &&
    (accuracy === 'null' || within(accuracy, 0, Number.MAX_VALUE)) &&
    (part.get('source') ?? '""').startsWith('"')
  )
}

/** Whether a JSON text is a number between the two. One that is so small that it becomes 0 is none. */
function within(text: string | undefined, least: number, most: number): boolean {
  if (text === undefined || !/^[-0-9]/.test(text)) return false
  const n = Number(text)
  return least <= n && n <= most && (n !== 0 || !/[1-9]/.test(text.split(/e/i)[0]!))
}
