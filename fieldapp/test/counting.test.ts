// The vectors to which the server is held too.
import { deepEqual, equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ID, Value } from '../src/protocol/types'
import { decimalOf, decimalText } from '../src/store/decimal'
import { families } from '../src/store/family'
import { scoreOf } from '../src/store/likeness'
import { keysOf, outcomes, profileOf, type Fields, type Profile } from '../src/store/profile'
import { countedOf, remaining, sums } from '../src/store/shares'

const cases = <T>(path: string): T[] => (JSON.parse(readFileSync(`../internal/${path}`, 'utf8')) as { cases: T[] }).cases

/** The vectors have values as JSON inside JSON; null, numbers and text come back as what they were written as. */
const fieldsOf = (f: Record<string, unknown>): Fields => (field) => (field in f ? valueIn(f[field]) : '')
const valueIn = (x: unknown): Value => JSON.stringify(x)

interface Family {
  records: { id: ID; collection: string; deleted: boolean; fields: Record<string, unknown> }[]
  limit: unknown
  shares: { kind: ID; entitled: string; delivered: string; due: string; deliveries: ID[] }[]
  mergers: Record<ID, ID>
  households: ID[]
  families: { root: ID; members: ID[] }[]
}

test('families come to what the server counts', () => {
  const all = cases<Family>('aid/testdata/families.json')
  ok(all.length > 20)
  for (const [i, c] of all.entries()) {
    const counted = c.records.map((r) => countedOf(r.id, r.collection, r.deleted, fieldsOf(r.fields)))
    const limit = decimalOf(valueIn(c.limit))
    deepEqual(sums(counted).map((sum) => ({
      kind: sum.kind, entitled: decimalText(sum.entitled), delivered: decimalText(sum.delivered),
      due: decimalText(remaining(sum, limit)), deliveries: sum.deliveries,
    })), c.shares, `the shares of family ${i}`)
    const mergers = (ids: ID[]) => new Map(Object.entries(c.mergers).filter(([duplicate, kept]) => ids.includes(duplicate) || ids.includes(kept)))
    deepEqual(families(c.households, mergers), c.families, `the families of ${i}`)
  }
})

interface Pair {
  a: Household
  b: Household
  outcomes: string[]
  score: number
  keys: number
}

interface Household {
  household: Record<string, unknown>
  members: Record<string, unknown>[]
}

test('pairs of households score what the server gives them', () => {
  const all = cases<Pair>('duplicates/testdata/pairs.json')
  ok(all.length > 20)
  const profile = (id: ID, h: Household): Profile => profileOf(id, fieldsOf(h.household), h.members.map(fieldsOf))
  for (const [i, c] of all.entries()) {
    const [a, b] = [profile('1', c.a), profile('2', c.b)]
    deepEqual(outcomes(a, b).sort(), c.outcomes, `pair ${i}`)
    equal(Math.round(scoreOf(a, b) * 1e9) / 1e9, c.score, `the score of pair ${i}`)
    equal(keysOf(a).filter((key) => keysOf(b).includes(key)).length, c.keys, `the keys of pair ${i}`)
  }
})

test('decimals are exact', () => {
  for (const [text, want] of [
    ['0.10', '0.1'], ['1e3', '1000'], ['-0.5', '-0.5'], ['12', '12'], ['0', '0'], ['"1"', ''], ['', ''], ['0.0000000000000004', '0'], ['1.0000000000000006', '1.000000000000001'],
  ]) equal(decimalText(decimalOf(text!)), want, text)
})
