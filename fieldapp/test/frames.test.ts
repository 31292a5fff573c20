import * as assert from 'node:assert/strict'
import { test } from 'node:test'
import { elements, members } from '../src/protocol/json'
import { readReply, writeRequest } from '../src/protocol/frames'
import { textOf } from '../src/protocol/bytes'
import { Problem, type Cell, type Change, type Pulled } from '../src/protocol/types'
import { cases, frames, golden, stream } from './golden'
import { readRequest } from './requests'

const silent = (): void => {}

/** A golden meaning: its values as the texts that they are, without what is missing. */
function meaning(json: string): Record<string, unknown> {
  const part = new Map(members(json))
  const list = (name: string): string[] => (part.get(name) ?? 'null') === 'null' ? [] : elements(part.get(name)!)
  const out: Record<string, unknown> = {}
  for (const [name, text] of part) out[name] = JSON.parse(text) as unknown
  if (part.has('changes')) out['changes'] = list('changes').map((text) => valuesAsTexts(text, (v) => v))
  if (part.has('records')) out['records'] = list('records').map((text) => valuesAsTexts(text, cellOf))
  return out
}

function valuesAsTexts(json: string, as: (text: string) => unknown): Record<string, unknown> {
  const fields = members(new Map(members(json)).get('fields') ?? '{}')
  return { ...(JSON.parse(json) as object), fields: Object.fromEntries(fields.map(([name, text]) => [name, as(text)])) }
}

const cellOf = (json: string): unknown => ({ ...(JSON.parse(json) as object), value: new Map(members(json)).get('value') })

/** Leaves out what a golden file leaves out: '', 0, false, null, and what has no members. */
function trimmed(x: unknown): unknown {
  if (Array.isArray(x)) return x.map(trimmed)
  if (typeof x !== 'object' || x === null) return x
  const kept = Object.entries(x).map(([name, value]) => [name, trimmed(value)] as const)
  return Object.fromEntries(kept.filter(([, v]) => v && !(typeof v === 'object' && Object.keys(v).length === 0)))
}

for (const name of frames('request-')) {
  test(`${name} is read, and what is written of it means the same`, async () => {
    const want = meaning(golden('frames/' + name.replace('.jsonl', '.json')))
    const got = await readRequest(stream(golden('frames/' + name), 7))
    const { changes, ...request } = got
    assert.deepEqual(trimmed({ request, changes }), trimmed({ ...want, changes: want['changes'] ?? [] }))
    assert.deepEqual(await readRequest(stream(textOf(writeRequest(got)))), got)
  })
}

for (const name of frames('reply-')) {
  test(`${name} is read`, async () => {
    const want = meaning(golden('frames/' + name.replace('.jsonl', '.json')))
    const { receipts, records, departures, cursors, more, digests, ...reply } = await readReply(stream(golden('frames/' + name), 7), silent)
    assert.deepEqual(trimmed({ reply, receipts, records, departures, cursors, more, digests }), trimmed(want))
  })
}

interface Invalid {
  name: string
  kind: string
  lines: string[]
  code: string
}

for (const c of cases<Invalid>('frames/invalid.json')) {
  test(`a ${c.kind} is refused: ${c.name}`, async () => {
    const lines = stream(c.lines.join('\n') + '\n')
    const got = c.kind === 'request' ? readRequest(lines) : readReply(lines, silent)
    await assert.rejects(got, (err) => err instanceof Problem && err.code === c.code)
  })
}

test('a large batch is cut into blocks', async () => {
  const id = (n: number): string => `019a5b1e-4c00-7abc-8def-${String(n).padStart(12, '0')}`
  const change = (n: number): Change => ({
    n, form: n - ((n - 1) % 3), collection: n % 2 ? 'households' : 'people', record: id(n), author: id(0), claimed: 1762465363557 + n,
    fields: { notes: JSON.stringify('ž'.repeat(1000)), [`f${n}`]: String(n) }, base: n % 5 ? {} : { notes: [`${id(7)}:${n}:0000abcd`] }, seen: {},
  })
  const request = await readRequest(stream(golden('frames/request-empty.jsonl')))
  request.changes = Array.from({ length: 2000 }, (_, i) => change(i + 1))
  const text = textOf(writeRequest(request))
  assert.ok(text.split('\n').every((line) => new TextEncoder().encode(line).length < 2 << 20))
  const got = await readRequest(stream(text, 100_000))
  assert.deepEqual(trimmed(got.changes), trimmed(request.changes))
})

test('a record that has a field by the name of a property of objects', async () => {
  const lines = golden('frames/reply-page.jsonl').replaceAll('"notes"', '"constructor"').replaceAll('"phone"', '"__proto__"')
  const reply = await readReply(stream(lines), silent)
  const cells = reply.records.flatMap((r: Pulled) => Object.entries(r.fields)) as [string, Cell][]
  assert.ok(cells.some(([name]) => name === '__proto__' || name === 'constructor'))
})
