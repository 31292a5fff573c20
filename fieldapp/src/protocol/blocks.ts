// A block is one line of a frame stream: rows of one kind, as columns beside each other.

import type { Cell, Change, Departure, Dict, Pulled, Receipt, Value, Version, Versions } from './types'
import { dict } from './types'
import { byBytes } from './bytes'
import { nameFlaw } from './check'
import { cellCost, id, maxColumns, number, readColumn, writeColumn, type Account, type Column } from './columns'
import { members } from './json'
import { maxBlockRows, maxLineBytes } from './limits.gen'
import { idTime, isID } from './uuid'
import { textIn } from './values'
import { parseVersion, versionOf } from './version'

/** The most devices that the versions of one block may be of. */
const maxDevices = 20_000

const refuse = (why: string): never => {
  throw new Error(why)
}

/** A Stamp is a version and its time. */
interface Stamp {
  version: Version
  time: number
}

/** A Block reads the columns of one block. Whatever is wrong with it is thrown. */
export class Block {
  readonly rows: number
  private readonly parts: Map<string, string>
  private readonly devices: string[]

  constructor(json: string, private readonly account: Account) {
    this.parts = new Map(object(json))
    this.rows = number(this.parts.get('rows') ?? '')
    if (this.rows < 1 || this.rows > maxBlockRows) refuse(`a block has 1 to ${maxBlockRows} rows`)
    this.devices = JSON.parse(this.parts.get('devices') ?? '[]') as string[]
    if (!Array.isArray(this.devices) || this.devices.length > maxDevices || !this.devices.every((d) => typeof d === 'string' && isID(d)))
      refuse('its devices are no list of ids')
  }

  /** The collection of all rows. */
  get collection(): string {
    const json = this.parts.get('collection') ?? ''
    return named(json.startsWith('"') ? (JSON.parse(json) as string) : '')
  }

  /** Reads every value of a column in the same way; '' stands for a row that has none. */
  read<T>(name: string, as: (v: Value) => T): T[] {
    return this.column(name, this.parts.get(name), this.rows).map(as)
  }

  /** The values by field of each row. */
  fields(): Dict<Value>[] {
    const out = Array.from({ length: this.rows }, () => dict<Value>())
    for (const [field, column] of this.byField('fields')) {
      this.column(field, column, this.rows).forEach((value, row) => {
        if (value === '') return
        this.account.spend(cellCost + value.length)
        out[row]![field] = value
      })
    }
    return out
  }

  /** The versions by field of each row. */
  versions(name: string): Versions[] {
    const out = Array.from({ length: this.rows }, () => dict<Version[]>())
    for (const [field, json] of this.byField(name)) {
      const column = new Map(object(json))
      const counts = this.counts(column)
      const list = this.flat(column, sum(counts))
      let next = 0
      counts.forEach((count, row) => {
        if (count > 0) out[row]![field] = list.slice(next, (next += count))
      })
    }
    return out
  }

  /** The time of each row, as such or as what it is more than that of its record's id. */
  times(records: string[]): number[] {
    return this.timesIn(this.parts, records)
  }

  /** The stamp that holds for the cells of each row; null for a row that has none. */
  mainStamps(records: string[]): (Stamp | null)[] {
    return this.stamps(this.parts.get('main') ?? '{}', records)
  }

  /** By field, the stamps of cells that have another than that of their row. */
  overStamps(records: string[]): Map<string, (Stamp | null)[]> {
    return new Map(this.byField('over').map(([field, json]) => [field, this.stamps(json, records)]))
  }

  private stamps(json: string, records: string[]): (Stamp | null)[] {
    const column = new Map(object(json))
    const counts = this.counts(column)
    if (counts.some((count) => count > 1)) refuse('a value has several versions')
    const list = this.flat(column, sum(counts))
    const times = this.timesIn(column, records.filter((_, row) => counts[row]! > 0))
    let next = 0
    return counts.map((count) => (count > 0 ? { version: list[next]!, time: times[next++]! } : null))
  }

  /** How many versions each row has. */
  private counts(column: Map<string, string>): number[] {
    const every = column.has('n') ? '{"all":1}' : undefined
    return this.column('counts', column.get('counts') ?? every, this.rows).map((v) => {
      const count = v === '' ? 0 : number(v)
      if (count < 0) refuse('it has something else than counts')
      this.account.spend(cellCost * count)
      return count
    })
  }

  /** The versions of all rows, one behind the other. */
  private flat(column: Map<string, string>, total: number): Version[] {
    const device = this.column('device', column.get('device'), total).map(number)
    const n = this.column('n', column.get('n'), total).map(number)
    const prints = this.column('print', column.get('print') ?? '{"all":0}', total).map(number)
    return device.map((at, i) => {
      const print = prints[i]!
      if (this.devices[at] === undefined || n[i]! < 1) refuse("a version is of none of the block's devices, or has no number from 1")
      if (print < 0 || print > 0xffffffff) refuse('a print has 32 bits')
      return versionOf(this.devices[at]!, n[i]!, print.toString(16).padStart(8, '0'))
    })
  }

  private timesIn(column: Map<string, string>, records: string[]): number[] {
    const lag = column.get('lag')
    if (lag === undefined) return this.column('time', column.get('time'), records.length).map(number)
    return this.column('lag', lag, records.length).map((v, i) => number(v) + idTime(records[i]!))
  }

  /** The members of what goes by field. */
  private byField(name: string): [string, string][] {
    const list = object(this.parts.get(name) ?? '{}')
    if (list.length > maxColumns) refuse(`it has more than ${maxColumns} fields`)
    return list.map(([field, json]) => [named(field), json])
  }

  private column(name: string, column: Column | undefined, rows: number): Value[] {
    try {
      return column === undefined ? Array<Value>(rows).fill('') : readColumn(column, rows, this.account)
    } catch (err) {
      if (err instanceof Error) err.message = `column "${name}": ${err.message}`
      throw err
    }
  }
}

const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0)

function object(json: string): [string, string][] {
  return json.startsWith('{') ? members(json) : refuse('it is not an object')
}

function named(name: string): string {
  const flaw = nameFlaw(name)
  return flaw ? refuse(flaw) : name
}

function flag(v: Value): boolean {
  return v === 'true' || (v !== '' && v !== 'false' && refuse('it has something else than true and false'))
}

/** Reads receipts. */
export function readReceipts(json: string, account: Account): Receipt[] {
  const b = new Block(json, account)
  const text = (v: Value): string => {
    if (v === '') return ''
    account.spend(cellCost + v.length)
    return v.startsWith('"') ? textIn(v) : refuse('it has something else than text')
  }
  const [n, time, status] = [b.read('n', number), b.read('time', number), b.read('status', text)]
  const [code, reason, conflicts] = [b.read('code', text), b.read('reason', text), b.read('conflicts', (v) => names(v, account))]
  if (status.includes('')) refuse('a receipt has no status')
  return n.map((_, i) => ({
    n: n[i]!, time: time[i]!, status: status[i]!, code: code[i]!, reason: reason[i]!, conflicts: conflicts[i]!,
  }))
}

function names(v: Value, account: Account): string[] {
  if (v === '') return []
  account.spend(cellCost + cellCost * v.split(',').length + v.length)
  const list = JSON.parse(v) as unknown
  if (!Array.isArray(list) || !list.every((name) => typeof name === 'string')) return refuse('it has something else than arrays of names')
  return list
}

/** Reads records. */
export function readRecords(json: string, account: Account): Pulled[] {
  const b = new Block(json, account)
  const collection = b.collection
  const [area, ids, whole, deleted] = [b.read('area', id), b.read('id', id), b.read('whole', flag), b.read('deleted', flag)]
  const [values, same, open, main, over] = [b.fields(), b.versions('same'), b.versions('open'), b.mainStamps(ids), b.overStamps(ids)]
  return ids.map((record, row) => {
    const fields = dict<Cell>()
    for (const [field, value] of Object.entries(values[row]!)) {
      const stamp = over.get(field)?.[row] ?? main[row] ?? refuse('a value has no version')
      fields[field] = { value, ...stamp, same: same[row]![field] ?? [], open: open[row]![field] ?? [] }
    }
    return { collection, id: record, area: area[row]!, deleted: deleted[row]!, whole: whole[row]!, fields }
  })
}

/** Reads departures. */
export function readDepartures(json: string, account: Account): Departure[] {
  const b = new Block(json, account)
  const [area, ids] = [b.read('area', id), b.read('id', id)]
  account.spend(cellCost * b.rows)
  return ids.map((departed, row) => ({ area: area[row]!, id: departed }))
}

/** Reads changes. No server sends any; who hands in a rescue file reads them, and whoever tests the writer. */
export function readChanges(json: string, account: Account): Change[] {
  const b = new Block(json, account)
  const collection = b.collection
  const [n, after] = [b.read('n', number), b.read('after', (v) => (v === '' ? 0 : number(v)))]
  const [author, record] = [b.read('author', id), b.read('record', id)]
  const [claimed, fields, base, seen] = [b.times(record), b.fields(), b.versions('base'), b.versions('seen')]
  return n.map((_, i) => {
    const form = n[i]! - after[i]!
    if (n[i]! < 1 || form < 1 || form > n[i]!) refuse('changes count from 1, and a form has the number of its first change')
    return {
      n: n[i]!, form, collection, record: record[i]!, author: author[i]!,
      claimed: claimed[i]!, fields: fields[i]!, base: base[i]!, seen: seen[i]!,
    }
  })
}

/** Where a writer ends a block, by the weight of its rows, so that its line is certain to keep to its limit. */
const maxBlockBytes = maxLineBytes / 4

/** Sorts a batch into blocks, and writes each as JSON. */
export function writeChanges(batch: Change[]): string[] {
  const groups = new Map<string, Change[]>()
  for (const c of batch) groups.set(c.collection, [...(groups.get(c.collection) ?? []), c])
  return [...groups.values()].flatMap((group) => cut(group).map(writeBlock))
}

/** Cuts changes into blocks that keep to the limits of a line. */
function cut(changes: Change[]): Change[][] {
  const out: Change[][] = []
  let size = 0
  let fields = new Set<string>()
  for (const c of changes) {
    const own = [c.fields, c.base, c.seen].flatMap((by) => Object.keys(by))
    const weight = 100 + JSON.stringify([c.fields, c.base, c.seen]).length
    const union = new Set([...fields, ...own])
    const last = out.at(-1)
    if (!last || last.length === maxBlockRows || union.size > maxColumns || size + weight + 3 * union.size * last.length > maxBlockBytes) {
      out.push([c])
      size = weight
      fields = new Set(own)
      continue
    }
    last.push(c)
    size += weight
    fields = union
  }
  return out
}

function writeBlock(rows: Change[]): string {
  const devices = new Devices()
  const parts: [string, Column][] = [
    ['collection', JSON.stringify(rows[0]!.collection)],
    ['rows', String(rows.length)],
    ['n', writeColumn(rows.map((c) => String(c.n)))],
    ['after', writeColumn(rows.map((c) => (c.form < c.n ? String(c.n - c.form) : '')))],
    ...times(rows),
    ['author', writeColumn(rows.map((c) => `"${c.author}"`))],
    ['record', writeColumn(rows.map((c) => `"${c.record}"`))],
    ['fields', byField(rows.map((c) => c.fields), (values) => writeColumn(values.map((v) => v ?? '')))],
    ['base', byField(rows.map((c) => c.base), (lists) => devices.write(lists))],
    ['seen', byField(rows.map((c) => c.seen), (lists) => devices.write(lists))],
  ]
  parts.push(['devices', devices.json])
  return joinObject(parts)
}

/** The times, as such or as what they are more than those of the records' ids: whichever is shorter. */
function times(rows: Change[]): [string, Column][] {
  const time = writeColumn(rows.map((c) => String(c.claimed)))
  const lag = writeColumn(rows.map((c) => String(c.claimed - idTime(c.record))))
  return lag.length < time.length ? [['lag', lag]] : [['time', time]]
}

/** Writes a column for each field that any row has. */
function byField<T>(rows: Dict<T>[], write: (column: (T | undefined)[]) => Column): Column {
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))].sort(byBytes)
  return joinObject(fields.map((field) => [field, write(rows.map((row) => row[field]))]))
}

/** An object of those of its members that there are; '' if there are none. */
function joinObject(parts: [string, string][]): string {
  const present = parts.filter(([, json]) => json !== '')
  if (present.length === 0) return ''
  return '{' + present.map(([name, json]) => JSON.stringify(name) + ':' + json).join(',') + '}'
}

/** Devices numbers the devices of a block in order of appearance. */
class Devices {
  private readonly index = new Map<string, number>()

  get json(): string {
    return this.index.size > 0 ? JSON.stringify([...this.index.keys()]) : ''
  }

  /** The column of each row's versions. */
  write(rows: (Version[] | undefined)[]): Column {
    const counts = rows.map((list) => list?.length ?? 0)
    const all = rows.flatMap((list) => list ?? []).map((v) => parseVersion(v) ?? refuse('a base has something else than versions'))
    if (all.length === 0) return ''
    const device = all.map((v) => String(this.of(v.device)))
    const prints = all.map((v) => String(parseInt(v.print, 16)))
    return joinObject([
      ['counts', counts.every((count) => count === 1) ? '' : writeColumn(counts.map((count) => (count > 0 ? String(count) : '')))],
      ['device', writeColumn(device)],
      ['n', writeColumn(all.map((v) => String(v.n)))],
      ['print', prints.every((print) => print === '0') ? '' : writeColumn(prints)],
    ])
  }

  private of(device: string): number {
    const at = this.index.get(device) ?? this.index.size
    this.index.set(device, at)
    return at
  }
}
