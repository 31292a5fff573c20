// What the screens compute of a delivery.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Aid, Share, Stored } from '../src/store/api'
import { against, dueItems } from '../src/ui/due'
import { receiptNumber } from '../src/ui/receipt'

test('a receipt number is the last 40 bits of the id of the delivery', () => {
  assert.equal(receiptNumber('019a5b1e-4c00-7abc-8def-0123456789ab'), '4D2P-F2DB')
  assert.equal(receiptNumber('019a5b1e-4c00-7abc-8def-010000000000'), '0000-0000')
  assert.equal(receiptNumber('019a5b1e-4c00-7abc-8def-01ffffffffff'), 'ZZZZ-ZZZZ')
})

const record = (id: string, fields: Record<string, unknown>): Stored => ({
  collection: '', id, area: '', deleted: false, where: 'received',
  fields: Object.fromEntries(Object.entries(fields).map(([name, is]) => [name, { value: JSON.stringify(is), time: 0, pending: false, conflict: false, known: [] }])),
})

const share = (part: Partial<Share>, entitlements: Stored[], deliveries: Stored[] = []): Share => ({
  type: 'packets', kind: null, entitled: '', delivered: '0', due: '', ...part, entitlements,
  deliveries: deliveries.map((d) => ({ record: d, worker: '', unsent: false })),
})

const aid = (...shares: Share[]): Aid => ({ households: [], elsewhere: 0, known: 0, shares })

test('of each entitlement what is left of it is due, and never more than the family is due', () => {
  const entitlements = [record('e1', { project: 'p1', quantity: 2 }), record('e2', { project: 'p2', quantity: 0.3, person: 'x' })]
  const deliveries = [record('d1', { entitlement: 'e1', quantity: 1 }), record('d2', { entitlement: 'e2', quantity: 0.2 }), record('d3', { entitlement: 'e1', quantity: 1, cancelled_why: 'a mistake' })]
  assert.deepEqual(dueItems(aid(share({ due: '1.1' }, entitlements, deliveries))), [
    { type: 'packets', project: 'p1', entitlement: 'e1', person: '', quantity: 1 },
    { type: 'packets', project: 'p2', entitlement: 'e2', person: 'x', quantity: 0.1 },
  ])
  assert.deepEqual(dueItems(aid(share({ due: '0.5' }, entitlements, deliveries))).map((i) => i.quantity), [0.5])
  assert.deepEqual(dueItems(aid(share({ due: '-1' }, entitlements, deliveries), share({ due: '' }, []))), [])
})

test('what speaks against a delivery is said', () => {
  const limited = record('packets', { limit_per_household: 3 })
  assert.deepEqual(against(share({ entitled: '2', due: '2' }, []), limited, 2), [])
  assert.deepEqual(against(share({ entitled: '2', delivered: '1', due: '1' }, []), limited, 1), ['received'])
  assert.deepEqual(against(share({ entitled: '2', delivered: '1', due: '1' }, []), limited, 2), ['received', 'beyond_due'])
  assert.deepEqual(against(share({ entitled: '2', delivered: '1', due: '1' }, []), limited, 3), ['received', 'beyond_limit'])
  assert.deepEqual(against(share({ delivered: '0' }, []), undefined, 1), ['undecided'])
  assert.deepEqual(against(undefined, limited, 4), ['beyond_limit'])
})
