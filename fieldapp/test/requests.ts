// The other end of the wire: reads what a device writes. No device needs it.

import { readChanges } from '../src/protocol/blocks'
import { FrameReader, linesOf, Members, endOf } from '../src/protocol/frames'
import { members } from '../src/protocol/json'
import { maxBatchChanges, maxInflatedBytes } from '../src/protocol/limits.gen'
import { Problem, type Branch, type Change, type Dict, type Health, type Request } from '../src/protocol/types'
import { nameFlaw } from '../src/protocol/check'

const isNumber = (x: unknown): x is number => Number.isSafeInteger(x)

export async function readRequest(stream: AsyncIterable<Uint8Array>): Promise<Request> {
  const reader = new FrameReader(maxInflatedBytes)
  let out: Request | null = null
  for await (const line of linesOf(stream, () => reader.line + 1)) {
    reader.take(line, (parts) => {
      if (out === null) out = header(parts)
      else addTo(out, parts, reader)
    })
  }
  if (out === null || !reader.ended) throw reader.refuse('it is missing: the stream was cut off')
  return out
}

function header(parts: Map<string, string>): Request {
  const at = new Members(parts)
  const known = at.tip('known')
  const json = <T>(name: string, none: T): T => JSON.parse(parts.get(name) ?? JSON.stringify(none)) as T
  const health = { unsent: 0, complete: 0, program: '', free_bytes: 0, up: 0, down: 0, down_left: 0, ...json<Partial<Health>>('health', {}) }
  const cursors: Dict<number> = at.byID('cursors', isNumber)
  if (at.number('page') < 0 || known.n < 0 || at.text('proof').length > 256) throw new Error('the header is out of bounds')
  if (health.program !== '' && nameFlaw(health.program)) throw new Error('the program has no good name')
  if (Object.keys(cursors).length > 20_000) throw new Error('it has too many cursors')
  return {
    protocol: at.text('protocol'), device: at.text('device'), proof: at.text('proof'), branch: json<Branch | null>('branch', null),
    epoch: at.text('epoch'), mark: at.text('mark'), known, clock: at.number('clock'), cursors, held: json<number[]>('held', []),
    page: at.number('page'), health, changes: [],
  }
}

function addTo(out: Request, parts: Map<string, string>, reader: FrameReader): void {
  const block = parts.get('changes')
  if (block !== undefined) {
    const rows = Number(new Map(members(block)).get('rows'))
    if (out.changes.length + rows > maxBatchChanges) throw new Problem('batch_too_large', '')
    out.changes.push(...readChanges(block, reader.account))
  }
  const end = parts.get('end')
  if (end === undefined) return
  endOf(end, { changes: out.changes.length, receipts: 0, records: 0, departures: 0 })
  out.changes.sort((a: Change, b: Change) => a.n - b.n)
  if (out.changes.some((c, i) => i > 0 && c.n !== out.changes[i - 1]!.n + 1)) throw new Error('there is a gap')
  reader.ended = true
}
