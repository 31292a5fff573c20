// The vectors of syncproto/testdata/merge that concern a device. Those of heads, deletion, arrival and time have no
// counterpart here: only a server merges.

import * as assert from 'node:assert/strict'
import { test } from 'node:test'
import { chain } from '../src/protocol/chain'
import { digestOf, digestText, parseDigest, plus } from '../src/protocol/digest'
import { fold } from '../src/protocol/fold'
import { elements, members } from '../src/protocol/json'
import { textOf, unhex } from '../src/protocol/bytes'
import { dict, noHash, type Cell, type Change, type Pulled } from '../src/protocol/types'
import { canonical } from '../src/protocol/values'
import { branchDevice, idTime, newID } from '../src/protocol/uuid'
import { golden, cases } from './golden'

function canonicalOrNull(text: () => string): string | null {
  try {
    return canonical(text())
  } catch {
    return null
  }
}

test('canonical values', () => {
  for (const c of elements(new Map(members(golden('merge/canonical.json'))).get('cases')!)) {
    const { json, hex, value } = JSON.parse(c) as { json?: string; hex?: string; value: string | null }
    const got = canonicalOrNull(() => json ?? textOf(unhex(hex!)))
    assert.equal(got, value === null ? null : value, c)
  }
})

/** The members of an object as texts. */
const texts = (json: string | undefined): Map<string, string> => new Map(members(json ?? '{}'))

test('the rolling hash', async () => {
  for (const c of elements(texts(golden('merge/chain.json')).get('cases')!)) {
    const hashes = JSON.parse(texts(c).get('hashes')!) as string[]
    let hash = noHash
    for (const [i, json] of elements(texts(c).get('changes')!).entries()) {
      const change = { base: {}, seen: {}, ...(JSON.parse(json) as object), fields: dict(texts(texts(json).get('fields'))) } as unknown as Change
      hash = await chain(hash, change)
      assert.equal(hash, hashes[i], json)
    }
  }
})

test('digests', async () => {
  for (const c of elements(texts(golden('merge/digest.json')).get('cases')!)) {
    const { digests, area } = JSON.parse(c) as { digests: string[]; area: string }
    let sum = 0n
    for (const [i, json] of elements(texts(c).get('records')!).entries()) {
      const record = JSON.parse(json) as Pulled
      const cells = [...texts(texts(json).get('fields'))].map(([name, text]): [string, Cell] => {
        const cell = { same: [], open: [], ...(JSON.parse(text) as object), value: texts(text).get('value')! } as unknown as Cell
        return [name, cell]
      })
      const digest = await digestOf({ collection: record.collection, id: record.id, deleted: record.deleted ?? false, fields: dict(cells) })
      assert.equal(digestText(digest), digests[i], json)
      sum = plus(sum, digest)
    }
    assert.equal(digestText(sum), area)
    assert.equal(parseDigest(area), sum)
  }
})

test('folding', () => {
  for (const { text, fold: want } of cases<{ text: string; fold: string }>('fold.json')) assert.equal(fold(text), want, text)
})

test('the identity of a branch', async () => {
  const first = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0')).join('')
  const device = await branchDevice({ of: '01940000-0000-7000-8000-000000000001', first })
  assert.equal(device, 'd8acb682-1f4b-8bb2-a675-e389a1ffff84') // as Go's branch_test.go has it
})

test('ids are UUIDs of version 7', () => {
  const id = newID({ now: () => 1762465363557, random: (n) => new Uint8Array(n).fill(0xff) })
  assert.equal(id, '019a5b1f-3665-7fff-bfff-ffffffffffff')
  assert.equal(idTime(id), 1762465363557)
})
