// Between the store's values, which are JSON texts, and what screens show.
import type { Field, Stored, Value } from '../store/api'

/** Gives what a field holds, undefined if nothing. */
export function content(record: Stored | null | undefined, field: string): unknown {
  const value = record?.fields[field]?.value ?? ''
  return value === '' || value === 'null' ? undefined : (JSON.parse(value) as unknown)
}

/** Gives the text in a field, '' if there is none: also a date, a choice or an id. */
export function text(record: Stored | null | undefined, field: string): string {
  const is = content(record, field)
  return typeof is === 'string' ? is : is === undefined ? '' : String(is)
}

/** Gives the number in a field, 0 if there is none. */
export function amount(record: Stored | null | undefined, field: string): number {
  return Number(content(record, field) ?? 0)
}

/** Writes what a screen has as a value: '' and undefined are nothing. Objects have their members in the order of their
 * names, as the protocol wants. */
export function valueOf(is: unknown): Value {
  if (is === undefined || is === null || is === '') return 'null'
  return JSON.stringify(sorted(typeof is === 'string' ? is.normalize('NFC') : is))
}

function sorted(is: unknown): unknown {
  if (Array.isArray(is)) return is.map(sorted)
  if (is === null || typeof is !== 'object') return is
  return Object.fromEntries(Object.entries(is).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]))
}

/** Whether anything of a record is in an open conflict. */
export const inConflict = (record: Stored): boolean => Object.values(record.fields).some((f: Field) => f.conflict)

/** Gives the id of a record that is the only one, '' if there are others to choose from, or none. */
export const only = (records: Stored[]): string => (records.length === 1 ? (records[0]?.id ?? '') : '')
