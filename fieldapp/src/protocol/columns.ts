// A column is the JSON text of one value for each row of a block: an array of them, or an object that says how to find
// them. syncproto/testdata/README.md lists the shapes; they nest, and a reader takes any for any column.

import type { ID, Value } from './types'
import { base64url, byBytes, joined, unbase64url } from './bytes'
import { elements, members } from './json'
import { maxNesting } from './limits.gen'
import { idBytes, idOf, idTime, isID } from './uuid'

/** A row of a column has a value, or '' for none, which is not null. */
export type Column = string

/** The most fields that the columns of a block, and members that one object, may have. */
export const maxColumns = 1000

/** What a value costs on an Account beyond its own length. */
export const cellCost = 128

/** An Account says how much more a stream may come to when it is written out, so that a short text cannot fill the memory. */
export class Account {
  constructor(private left: number) {}

  spend(units: number): void {
    this.left -= units
    if (this.left < 0) throw new TooMuch()
  }
}

/** Thrown where an Account is overdrawn. */
export class TooMuch extends Error {}

const fail = (why: string): never => {
  throw new Error(why)
}

/** The values of a column. */
export function readColumn(column: Column, rows: number, account: Account, depth = 0): Value[] {
  if (depth > maxNesting) fail(`columns nest deeper than ${maxNesting} levels`)
  if (column.startsWith('[')) return exactly(elements(column), rows)
  if (!column.startsWith('{')) fail('it is neither an array nor an object')
  const parts = members(column)
  if (parts.length > maxColumns) fail(`it has more than ${maxColumns} members`)
  const part = new Map(parts)
  const inner = (name: string, count = rows): Value[] => readColumn(part.get(name) ?? '', count, account, depth + 1)
  if (part.has('all')) return Array<Value>(rows).fill(part.get('all')!)
  if (part.has('where')) return sparse(text(part.get('where')), rows, inner)
  if (part.has('of')) return indexed(part.get('at'), rows, inner)
  if (part.has('deltas')) return deltas(inner('deltas'))
  if (part.has('days')) return inner('days').map((day) => date(number(day)))
  if (part.has('times')) return ids(inner('times'), text(part.get('tails')))
  if (part.has('members')) return objects(part.get('members')!, rows, account, depth + 1)
  return fail('its shape is not known')
}

type Inner = (name: string, count?: number) => Value[]

function exactly(list: Value[], rows: number): Value[] {
  return list.length === rows ? list : fail(`it has ${list.length} values for ${rows} rows`)
}

function text(json: string | undefined): string {
  return json?.startsWith('"') ? (JSON.parse(json) as string) : fail('a member of it has to be a string')
}

/** Reads a whole number, at most 2^53 either way. */
export function number(v: Value): number {
  const n = Number(v)
  const whole = /^-?[0-9]{1,16}$/.test(v) && (Number.isSafeInteger(n) || v.endsWith('9007199254740992'))
  return whole ? n : fail('it has something else than whole numbers up to 2^53')
}

function sparse(where: string, rows: number, inner: Inner): Value[] {
  if (where.length !== rows || /[^01]/.test(where)) fail(`"where" has to be ${rows} characters 0 or 1`)
  const present = inner('is', where.replaceAll('0', '').length)
  let next = 0
  return Array.from(where, (c) => (c === '1' ? present[next++]! : ''))
}

function indexed(at: string | undefined, rows: number, inner: Inner): Value[] {
  const indexes = at?.startsWith('"') ? digits(text(at), rows) : inner('at').map(number)
  const most = indexes.reduce((a, b) => Math.max(a, b), -1)
  if (most >= rows || indexes.some((i) => i < 0)) fail('it has an index below 0 or beyond its rows')
  const of = inner('of', most + 1)
  return indexes.map((i) => of[i]!)
}

function digits(at: string, rows: number): number[] {
  if (at.length !== rows || /[^0-9a-z]/.test(at)) fail(`"at" has to be ${rows} digits and small letters`)
  return Array.from(at, (c) => parseInt(c, 36))
}

function deltas(list: Value[]): Value[] {
  let sum = 0
  return list.map((delta) => {
    const n = number(delta)
    if (Math.abs(n) > 2 ** 53 - Math.abs(sum) && Math.sign(n) === Math.sign(sum)) fail('its differences come to a number beyond 2^53')
    sum += n
    return String(sum)
  })
}

const msPerDay = 86_400_000

function date(day: number): Value {
  if (day < -719528 || day > 2932896) fail('it has a day beyond the years 0 to 9999')
  return `"${new Date(day * msPerDay).toISOString().slice(0, 10)}"`
}

const tailBytes = 10

function ids(times: Value[], text: string): Value[] {
  const tails = unbase64url(text)
  if (tails.length !== tailBytes * times.length) fail(`its tails have to be ${tailBytes} bytes a row`)
  const bytes = new Uint8Array(16)
  return times.map((value, row) => {
    const time = number(value)
    if (time < 0 || time >= 2 ** 48) fail('it has a time of more than 48 bits')
    for (let i = 0; i < 6; i++) bytes[i] = Math.floor(time / 2 ** (8 * (5 - i))) % 256
    bytes.set(tails.subarray(tailBytes * row, tailBytes * (row + 1)), 6)
    return `"${idOf(bytes)}"`
  })
}

function objects(json: string, rows: number, account: Account, depth: number): Value[] {
  if (!json.startsWith('{')) fail('"members" has to be an object')
  const columns = members(json)
  if (columns.length > maxColumns) fail(`it has more than ${maxColumns} members`)
  const parts = Array.from({ length: rows }, (): string[] => [])
  for (const [name, column] of columns.sort(([a], [b]) => byBytes(a, b))) {
    readColumn(column, rows, account, depth).forEach((value, row) => {
      if (value === '') return
      account.spend(cellCost + name.length + value.length)
      parts[row]!.push(JSON.stringify(name) + ':' + value)
    })
  }
  return parts.map((list) => '{' + list.join(',') + '}')
}

/** Writes a column for values of which '' is a row without one; '' if none has any. */
export function writeColumn(values: Value[]): Column {
  const present = values.filter((v) => v !== '')
  if (present.length === 0) return ''
  if (present.length === values.length) return dense(values)
  const where = values.map((v) => (v === '' ? '0' : '1')).join('')
  return `{"where":"${where}","is":${dense(present)}}`
}

/** Writes a column for values all of which are there. */
function dense(values: Value[]): Column {
  const of = [...new Set(values)]
  if (of.length === 1) return shortest(plain(values), `{"all":${of[0]}}`)
  if (of.length === values.length || of.length > 36) return direct(values)
  const index = new Map(of.map((value, i) => [value, i.toString(36)]))
  return shortest(direct(values), `{"of":${direct(of)},"at":"${values.map((v) => index.get(v)).join('')}"}`)
}

/** Writes a column for values that are not looked at together. */
function direct(values: Value[]): Column {
  const numbers = values.map((v) => (/^(0|-?[1-9][0-9]{0,14})$/.test(v) ? Number(v) : NaN))
  if (!numbers.some(isNaN)) return differences(numbers)
  if (!values.every((v) => v.length === 38 && isID(v.slice(1, -1)))) return plain(values)
  const list = values.map((v) => v.slice(1, -1))
  const tails = joined(...list.map((id) => idBytes(id).subarray(6)))
  return shortest(plain(values), `{"times":${differences(list.map(idTime))},"tails":"${base64url(tails)}"}`)
}

const differences = (list: number[]): Column =>
  shortest(`[${list.join(',')}]`, `{"deltas":[${list.map((n, i) => n - (list[i - 1] ?? 0)).join(',')}]}`)

const plain = (values: Value[]): Column => '[' + values.join(',') + ']'

const shortest = (a: Column, b: Column): Column => (b.length < a.length ? b : a)

/** Reads the id in a value of a column. */
export function id(v: Value): ID {
  const text = v.slice(1, -1)
  return v.startsWith('"') && isID(text) ? text : fail('it has something else than UUIDs in lower case with hyphens')
}
