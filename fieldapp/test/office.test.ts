// What the store shows of what an office says, without a link: each sync is an act on the store's transactions.
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { dict, type Cell } from '../src/protocol/types'
import type { Attention, Result } from '../src/store/api'
import { place, setReceipt } from '../src/store/changes'
import { noExchange, setProperty } from '../src/store/properties'
import { setRow } from '../src/store/rows'
import type { Database } from '../src/store/sql'
import type { Transactions } from '../src/store/tx'
import { setWorkers } from '../src/store/workers'
import { wipe } from '../src/store/wipe'
import { failing, household, made, names, village } from './support/families'
import { colleague, device, type Disk, enrolled, pin, quietOffice, start, testWorld, worker, type TestWorld } from './support/memory'

const done: Result = { changes: 0, records: 0, complete: true, safe: false, wiped: false }

/** A world whose next sync does this. */
function syncing(world: TestWorld, act: (store: Transactions) => Promise<Partial<Result> | void>): void {
  world.office = { ...quietOffice, sync: async (store) => ({ ...done, ...(await act(store)) }) }
}

const receipt = { n: 1, time: 5, code: '', reason: '', conflicts: [] }
const items = (all: Attention[]) => all.map((a) => [a.kind, a.code, a.reason])

test('a record says where it is', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const { id } = await household(store, 'Ana')
  const where = async () => (await store.get(id)).where
  equal(await where(), 'saved')
  let carried = ''
  syncing(world, async (s) => {
    s.sending = new Set([place(device, 1)])
    carried = (await s.read(async () => null), await where())
  })
  await store.sync()
  equal(carried, 'sending')
  equal(await where(), 'saved') // the sync ended, and the office has said nothing
  syncing(world, (s) => s.write((t) => setReceipt(t, device, { ...receipt, status: 'applied' }, world.time)))
  await store.sync()
  equal(await where(), 'received')
  equal((await store.status()).unsent, 0)
})

test('what the office does not apply needs attention until it is put away', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const { id } = await household(store, 'Ana')
  syncing(world, (s) => s.write((t) => setReceipt(t, device, { ...receipt, status: 'held', code: 'out_of_scope', reason: 'not yours' }, 0)))
  await store.sync()
  equal((await store.get(id)).where, 'attention')
  const all = await store.attention()
  deepEqual(items(all), [['held', 'out_of_scope', 'not yours']])
  equal((await store.status()).held, 1)
  await store.dismiss(all[0]!.item)
  deepEqual(await store.attention(), [])
  equal((await store.get(id)).where, 'received')
})

test('who was overtaken is told both values', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const { id, fields } = await household(store, 'Ana')
  const mine = fields['head_name']!.known[0]!
  const theirs: Cell = { value: '"Anica"', version: `${worker}:1`, time: 9, same: [], open: [mine] }
  syncing(world, (s) => s.write(async (t) => {
    await setReceipt(t, device, { ...receipt, status: 'applied' }, 0)
    t.db.exec('UPDATE changes SET laid = 0')
    const state = { digest: 'AAAAAAAAAAAAAAAAAAAAAA', deleted: false, fields: dict([['head_name', theirs]]) }
    await setRow(t, { id, collection: 'households', area: village, generation: 1, state }, [])
  }))
  await store.sync()
  const [a] = await store.attention()
  deepEqual([a!.kind, a!.field, a!.own, a!.shown], ['overtaken', 'head_name', '"Ana"', '"Anica"'])
  equal((await store.get(id)).where, 'attention')
  ok((await store.get(id)).fields['head_name']!.conflict)
  deepEqual(names(await store.search('anica', 5)), ['Anica'])
  await store.dismiss(a!.item)
  equal((await store.get(id)).where, 'received')
})

test('who wrote one side of a clash is told what was decided, by whoever it was but this tablet', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const { id, fields } = await household(store, 'Ana')
  const mine = fields['head_name']!.known[0]!
  const pulled = (name: Cell, digest: string) => syncing(world, (s) => s.write(async (t) => {
    t.db.exec("UPDATE changes SET status = 'applied', laid = 0")
    await setRow(t, { id, collection: 'households', area: village, generation: 1, state: { digest, deleted: false, fields: dict([['head_name', name]]) } }, [])
  }))
  const clash: Cell = { value: '"Ana"', version: mine, time: 9, same: [], open: [`${worker}:1`] }
  const end: Cell = { value: '"Anica"', version: `${worker}:2`, time: 10, same: [], open: [] }
  for (const [name, digest, told] of [
    [clash, 'AAAAAAAAAAAAAAAAAAAAAA', []],
    [end, 'AAAAAAAAAAAAAAAAAAAAAQ', [['decided', 'head_name', '"Ana"', '"Anica"']]],
    [{ ...end, open: [mine] }, 'AAAAAAAAAAAAAAAAAAAAAg', [['overtaken', 'head_name', '"Ana"', '"Anica"'], ['decided', 'head_name', '"Ana"', '"Anica"']]],
    [{ ...clash, open: [] }, 'AAAAAAAAAAAAAAAAAAAAAw', [['decided', 'head_name', '"Ana"', '"Anica"']]],
  ] as [Cell, string, string[][]][]) {
    pulled(name, digest)
    await store.sync()
    deepEqual((await store.attention()).map((a) => [a.kind, a.field, a.own, a.shown]), told)
  }
  const [a] = await store.attention()
  await store.dismiss(a!.item)
  deepEqual(await store.attention(), [])
})

test('what an administrator turned down is not shown any more', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const { id } = await household(store, 'Ana')
  syncing(world, (s) => s.write(async (t) => {
    await setReceipt(t, device, { ...receipt, status: 'discarded', code: 'invalid', reason: 'no' }, 0)
    await setRow(t, { id, collection: 'households', area: '', generation: 0, state: null }, [])
  }))
  await store.sync()
  await rejects(store.get(id), failing('not-found'))
  deepEqual(await store.search('ana', 5), [])
  deepEqual(items(await store.attention()), [['discarded', 'invalid', 'no']])
})

test('a clock that is off and little room need attention', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  syncing(world, (s) => s.write((t) => setProperty(t, 'exchange', { ...noExchange, offset: 3_600_000 })))
  await store.sync()
  world.room = async () => ({ free: 1000, persisted: false })
  deepEqual((await store.attention()).map((a) => a.item), ['clock', 'storage/low', 'storage/not-persisted'])
  await rejects(store.dismiss('clock'), failing('invalid'))
  const { fields } = await household(store, 'Ana')
  equal(fields['head_name']!.time, world.time + 3_600_000) // claimed by the server's clock
})

test('a tablet that was taken out of the programme is empty, and can be enrolled anew', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  await household(store, 'Dragan Jovanović')
  syncing(world, (s) => s.write(async (t) => {
    wipe(t)
    return { wiped: true }
  }))
  ok((await store.sync()).wiped)
  equal((await store.door()).state, 'wiped')
  await rejects(store.unlock(worker, pin), failing('wiped'))
  await rejects(store.status(), failing('locked'))
  world.office = quietOffice
  await store.enrol('good', '999999')
  equal((await store.list('households', '')).length, 0)
})

test('who may not work on the tablet any more cannot open it', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  await store.addKey(colleague, '246810')
  syncing(world, (s) => s.write((t) => setWorkers(t, { [colleague]: 'Agim Krasniqi' })))
  await store.sync()
  deepEqual((await store.door()).keys.map((key) => key.worker), [colleague])
  syncing(world, (s) => s.write((t) => setWorkers(t, {})))
  await store.sync()
  await store.lock()
  await store.unlock(colleague, '246810') // somebody has to be able to hand in what is there
})

test('a full disk saves nothing of a form, and all of the next', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const first = await household(store, 'Ana')
  const db = world.disk.open.get('store')!
  const pages = db.count('SELECT page_count AS n FROM pragma_page_count')
  db.rows(`PRAGMA max_page_count = ${pages}`)
  const edits = await Promise.all(Array.from({ length: 60 }, async (_, i) => ({
    kind: 'create' as const, collection: 'households', id: await store.newID(),
    fields: { head_name: `"Porodica ${i}"`, status: '"idp"', area: JSON.stringify(village), notes: JSON.stringify('x'.repeat(500)) },
  })))
  await rejects(store.save({ edits }), failing('storage-full'))
  deepEqual(names(await store.list('households', '')), ['Ana'])
  deepEqual(names(await store.search('porodica', 5)), [])
  equal((await store.status()).unsent, 1)
  db.rows(`PRAGMA max_page_count = ${pages * 10}`)
  await store.save({ edits })
  equal((await store.list('households', '')).length, 61)
  equal((await store.get(first.id)).where, 'saved')
})

test('an index that was kept finds what one that is built anew finds', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const families = []
  for (let i = 0; i < 60; i++) {
    const family = await household(store, `Porodica ${i} Stanković`, { phone: `+381 60 000 ${1000 + i}` })
    families.push(family)
    await made(store, 'people', { household: family.id, name: `Član ${i}` })
    if (i % 2) await made(store, 'visits', { household: family.id, visited_at: world.time, next_visit_on: '2026-04-01' })
  }
  await store.lock()
  await store.unlock(worker, pin)
  while (world.disk.open.get('store')!.count('SELECT count(*) AS n FROM glances') === 0) await store.status()
  await store.save({ edits: [{ kind: 'edit', record: families[3]!, fields: { head_name: '"Žikica"' } }, { kind: 'delete', record: families[5]! }] })
  const added = await household(store, 'Nova Porodica')
  await made(store, 'visits', { household: added.id, visited_at: world.time, next_visit_on: '2026-03-01' })
  const disk = world.disk.copy()
  const [kept, anew] = [await seen(disk.copy(), () => {}), await seen(disk.copy(), (db) => db.exec('DELETE FROM glances'))]
  deepEqual(kept, anew)
  equal(kept.search['porodica']!.length, 59)
  deepEqual(kept.search['zikica'], ['Žikica'])
  deepEqual(kept.search['0600001003'], ['Žikica'])
  equal(kept.today.length, 30)
  deepEqual(kept.today[0], 'Nova Porodica')
  ok(kept.similar > 0)
})

/** What is shown of a store on a disk, once something was done to it. */
async function seen(disk: Disk, act: (db: Database) => void) {
  const store = await start(testWorld(disk))
  act(disk.open.get('store')!)
  await store.unlock(worker, pin)
  const search: Record<string, string[]> = {}
  for (const text of ['porodica', 'zikica', '0600001003', 'stankovic porodica 7', 'clan 4', '']) {
    search[text] = (await store.search(text, 500)).map((r) => JSON.parse((r.fields['head_name'] ?? r.fields['name'])!.value) as string)
  }
  const fields = { head_name: '"Porodica Stanković"', phone: '"060 000 1007"', status: '"idp"', area: JSON.stringify(village) }
  const like = await store.similar([{ kind: 'create', collection: 'households', id: await store.newID(), fields }])
  return { search, today: names((await store.today('2026-04-01', 50)).map((due) => due.household)), similar: like.length }
}
