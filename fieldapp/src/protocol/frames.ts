// Frames are lines of JSON: a header, blocks of columns, and an end line, so that a stream that was cut off is always
// known by it. A line with a member that this program does not know, and such members everywhere, are passed over.

import type { Dict, Digest, Reply, Request } from './types'
import { dict, noHash, Problem } from './types'
import { readDepartures, readReceipts, readRecords, writeChanges } from './blocks'
import { textOf, utf8, type Bytes } from './bytes'
import { Account, TooMuch } from './columns'
import { parseDigest } from './digest'
import { members } from './json'
import { maxInflatedBytes, maxLineBytes, maxPageRecords } from './limits.gen'
import { isID } from './uuid'

/** The most that a reply may come to, counted by an Account. */
const maxReply = 4 * maxInflatedBytes

/** Writes a request as a frame stream. */
export function writeRequest(r: Request): Bytes {
  const { changes, branch, ...rest } = r
  const header = Object.entries({ ...rest, branch, health: present(r.health), cursors: { ...r.cursors } }).filter(isPresent)
  const lines = [
    JSON.stringify(Object.fromEntries(header)),
    ...writeChanges(changes).map((block) => `{"changes":${block}}`),
    JSON.stringify({ end: { changes: changes.length || undefined } }),
  ]
  return utf8(lines.join('\n') + '\n')
}

const isPresent = ([, x]: [string, unknown]): boolean =>
  x !== '' && x !== 0 && x !== null && !(typeof x === 'object' && Object.keys(x).length === 0)

const present = (of: object): object => Object.fromEntries(Object.entries(of).filter(isPresent))

/** Reads a reply. It calls progress with the number of records that have come so far. It fails with a Problem of
 * frame_invalid or body_too_large, or as the stream does. */
export async function readReply(stream: AsyncIterable<Uint8Array>, progress: (records: number) => void): Promise<Reply> {
  const reader = new FrameReader(maxReply)
  let reply: Reply | null = null
  for await (const line of linesOf(stream, () => reader.line + 1)) {
    reader.take(line, (parts) => {
      if (reply === null) reply = header(parts)
      else addTo(reply, parts, reader)
    })
    if (reply && line.startsWith('{"records"')) progress((reply as Reply).records.length)
  }
  if (reply === null || !reader.ended) throw reader.refuse('it is missing: the stream was cut off')
  return reply
}

/** A FrameReader goes through the lines of a stream, and makes a Problem of whatever is wrong with one. */
export class FrameReader {
  readonly account: Account
  line = 0
  ended = false

  constructor(most: number) {
    this.account = new Account(most)
  }

  /** Takes the next line in, as the members of an object. */
  take(line: string, into: (parts: Map<string, string>) => void): void {
    this.line++
    try {
      this.account.spend(line.length)
      if (this.ended) throw new Error('it comes behind the end')
      if (!line.startsWith('{')) throw new Error('it is not a JSON object')
      JSON.parse(line)
      into(new Map(members(line)))
    } catch (err) {
      throw this.problem(err)
    }
  }

  refuse(why: string): Problem {
    return new Problem('frame_invalid', `Line ${Math.max(this.line, 1)} of the frames cannot be read: ${why}.`)
  }

  /** What JSON.parse says would quote the line. */
  private problem(err: unknown): Error {
    if (err instanceof Problem) return err
    if (err instanceof TooMuch) return new Problem('body_too_large', 'The frames come to too much when they are written out.')
    return this.refuse(err instanceof Error && !(err instanceof SyntaxError) ? err.message : 'it is not JSON')
  }
}

/** Cuts a stream into lines. It fails with a Problem of frame_invalid on what is no line. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, number: () => number): AsyncGenerator<string> {
  let rest: Uint8Array[] = []
  let length = 0
  const line = (): string => {
    if (length >= maxLineBytes) throw invalid(number(), `it is longer than ${maxLineBytes} bytes`)
    try {
      return textOf(concat(rest, length))
    } catch {
      throw invalid(number(), 'it is not UTF-8')
    }
  }
  for await (const chunk of stream) {
    let from = 0
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      rest.push(chunk.subarray(from, to))
      length += to - from
      yield line()
      rest = []
      length = 0
      from = to + 1
    }
    rest.push(chunk.subarray(from))
    length += chunk.length - from
    if (length >= maxLineBytes) line()
  }
  if (length > 0) yield line()
}

const invalid = (line: number, why: string): Problem =>
  new Problem('frame_invalid', `Line ${line} of the frames cannot be read: ${why}.`)

function concat(parts: Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function header(parts: Map<string, string>): Reply {
  const at = new Members(parts)
  return {
    protocol: at.text('protocol'), now: at.number('now'), epoch: at.text('epoch'), mark: at.text('mark'),
    revoked: at.flag('revoked'), tip: at.tip('tip'), areas: at.ids('areas'), workers: at.byID('workers', isText),
    blobs: at.text('blobs'), left: at.number('left'), receipts: [], records: [], departures: [], cursors: dict(), more: false, digests: dict(),
  }
}

const isText = (x: unknown): x is string => typeof x === 'string'
const isNumber = (x: unknown): x is number => Number.isSafeInteger(x)
const isDigest = (x: unknown): x is Digest => isText(x) && parseDigest(x) >= 0n

/** Members reads those of an object that it knows, each as what it has to be; what is missing is 0, '' or empty. */
export class Members {
  private readonly by: Map<string, unknown>

  constructor(parts: Map<string, string>) {
    this.by = new Map([...parts].map(([name, json]) => [name, JSON.parse(json) as unknown]))
  }

  text = (name: string): string => this.get(name, isText, '')
  number = (name: string): number => this.get(name, isNumber, 0)
  flag = (name: string): boolean => this.get(name, (x): x is boolean => typeof x === 'boolean', false)

  ids = (name: string): string[] =>
    this.get(name, (x): x is string[] => Array.isArray(x) && x.every((id) => isText(id) && isID(id)), [])

  tip(name: string) {
    const isTip = (x: unknown): x is { n: number; hash: string } => {
      const tip = x as { n?: unknown; hash?: unknown } | null
      return isNumber(tip?.n) && isText(tip.hash) && /^[0-9a-f]{64}$/.test(tip.hash)
    }
    return this.get(name, isTip, { n: 0, hash: noHash })
  }

  byID<T>(name: string, is: (x: unknown) => x is T): Dict<T> {
    const isAll = (x: unknown): x is Record<string, T> =>
      typeof x === 'object' && x !== null && Object.entries(x).every(([id, value]) => isID(id) && is(value))
    return dict(Object.entries(this.get(name, isAll, {})))
  }

  private get<T>(name: string, is: (x: unknown) => x is T, none: T): T {
    const x = this.by.get(name)
    if (x === undefined) return none
    if (!is(x)) throw new Error(`"${name}" has a value of the wrong type`)
    return x
  }
}

/** Adds what a line has to the reply. */
function addTo(reply: Reply, parts: Map<string, string>, reader: FrameReader): void {
  const add = <T>(name: string, read: (json: string, account: Account) => T[], to: T[]): void => {
    const json = parts.get(name)
    if (json !== undefined) for (const row of read(json, reader.account)) to.push(row)
  }
  add('receipts', readReceipts, reply.receipts)
  add('records', readRecords, reply.records)
  add('departures', readDepartures, reply.departures)
  if (reply.records.length > maxPageRecords) throw new Error(`a reply has at most ${maxPageRecords} records`)
  const end = parts.get('end')
  if (end === undefined) return
  const at = endOf(end, { changes: 0, receipts: reply.receipts.length, records: reply.records.length, departures: reply.departures.length })
  reply.cursors = at.byID('cursors', isNumber)
  reply.digests = at.byID('digests', isDigest)
  reply.more = at.flag('more')
  reader.ended = true
}

/** Reads an end line, and holds the stream to what it says that there was. */
export function endOf(json: string, have: Record<string, number>): Members {
  if (!json.startsWith('{')) throw new Error('its end is not an object')
  const at = new Members(new Map(members(json)))
  for (const [name, count] of Object.entries(have)) {
    if (at.number(name) !== count) throw new Error(`it announces ${at.number(name)} ${name}, and there are ${count}`)
  }
  return at
}
