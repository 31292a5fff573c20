import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { practiceWords, type Failure, type PracticeWords } from '../src/store/api'
import { failureOf } from '../src/store/failure'
import { Local } from '../src/store/local'
import { dropOldProofs } from '../src/store/proofs'
import { failing, household, made, names, village } from './support/families'
import { colleague, enrolled, pin, start, testWorld, worker } from './support/memory'

test('what is saved is there after a power cut, and opens with the PIN alone', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const { id } = await household(store, 'Dragan Jovanović')
  const again = testWorld(world.disk.copy())
  const reopened = await start(again)
  equal((await reopened.door()).state, 'locked')
  await rejects(reopened.get(id), failing('locked'))
  await rejects(reopened.unlock(worker, '000000'), failing('wrong-pin'))
  await reopened.unlock(worker, pin)
  const got = await reopened.get(id)
  equal(got.fields['head_name']!.value, '"Dragan Jovanović"')
  equal(got.where, 'saved')
  ok(got.fields['head_name']!.pending)
  deepEqual(names(await reopened.search('jovanovic', 10)), ['Dragan Jovanović'])
})

test('an edit names what its author was looking at', async () => {
  const store = await enrolled()
  const first = await household(store, 'Ana')
  await store.save({ edits: [{ kind: 'edit', record: first, fields: { phone: '"+381 60 000 1111"' } }] })
  const second = await store.get(first.id)
  await store.save({ edits: [{ kind: 'edit', record: second, fields: { head_name: '"Ana Marija"', status: '"idp"' } }] })
  const third = await store.get(first.id)
  equal(third.fields['head_name']!.value, '"Ana Marija"')
  equal(third.fields['status']!.known[0], first.fields['status']!.known[0]) // what did not differ was not written
  ok(third.fields['head_name']!.time > first.fields['head_name']!.time)
})

test('nothing of a form is saved that does not fit', async () => {
  const store = await enrolled()
  const there = await household(store, 'Ana')
  const id = await store.newID()
  const edits = [
    { kind: 'edit' as const, record: there, fields: { phone: '"1"' } },
    { kind: 'create' as const, collection: 'households', id, fields: { head_name: '"Vera"' } },
  ]
  await rejects(store.save({ edits }), (e) => {
    const failure: Failure = failureOf(e)
    return failure.code === 'invalid' && failure.field === 'households.status'
  })
  equal((await store.get(there.id)).fields['phone'], undefined)
  await rejects(store.get(id), failing('not-found'))
  equal((await store.status()).unsent, 1)
})

test('wrong PINs wait longer and longer, and nobody gains by the clock', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  await store.lock()
  for (let i = 0; i < 3; i++) await rejects(store.unlock(worker, 'wrong!'), failing('wrong-pin'))
  await rejects(store.unlock(worker, pin), failing('wait'))
  world.time += 29_000
  await rejects(store.unlock(worker, pin), failing('wait'))
  world.time -= 3_600_000 // a clock that is set back begins the wait anew
  await rejects(store.unlock(worker, pin), failing('wait'))
  world.time += 30_000
  await rejects(store.unlock(worker, 'wrong!'), failing('wrong-pin'))
  world.time += 30_000
  await rejects(store.unlock(worker, pin), failing('wait'))
  world.time += 30_000
  await store.unlock(worker, pin)
  await store.lock()
  await store.unlock(worker, pin)
})

test('a try is counted before the PIN is looked at', async () => {
  const world = testWorld()
  await (await enrolled(world)).lock()
  world.disk = world.disk.copy()
  for (let i = 0; i < 3; i++) {
    const cut = await start(testWorld(world.disk))
    void cut.unlock(worker, 'wrong!').catch(() => {})
    await Promise.resolve()
    world.disk = world.disk.copy() // the power goes while Argon2id runs
  }
  await rejects((await start(world)).unlock(worker, pin), failing('wait'))
})

test('each worker has a PIN, and writes under their own name', async () => {
  const store = await enrolled()
  await rejects(store.addKey(colleague, '12345'), failing('weak-pin'))
  await store.addKey(colleague, '246810')
  await store.lock()
  deepEqual((await store.door()).keys.map((key) => key.initials), ['AK', 'MP'])
  await rejects(store.unlock(colleague, pin), failing('wrong-pin'))
  await store.unlock(colleague, '246810')
  deepEqual((await store.door()).worker, { id: colleague, name: 'Agim Krasniqi' })
  await store.changePIN('246810', '111213')
  await store.lock()
  await rejects(store.unlock(colleague, '246810'), failing('wrong-pin'))
  await store.unlock(colleague, '111213')
})

test('a key that is made while the store is locked opens it', async () => {
  const store = await enrolled()
  const { id } = await household(store, 'Ana')
  const added = store.addKey(colleague, '246810')
  await store.lock()
  await added
  await store.unlock(colleague, '246810')
  equal((await store.get(id)).where, 'saved')
})

test('a tab that takes the store back opens it with a PIN, whatever was under way when it gave it away', async () => {
  const store = await enrolled()
  await store.lock()
  const unlocking = store.unlock(worker, pin).catch(() => {})
  await store.release()
  await unlocking
  equal((await store.door()).state, 'elsewhere')
  await store.take()
  equal((await store.door()).state, 'locked')
  await store.unlock(worker, pin)
  deepEqual(await store.list('households', ''), [])
})

test('a draft goes with the form that came of it', async () => {
  const store = await enrolled()
  const draft = await store.newID()
  await store.keepDraft({ id: draft, screen: 'household', record: '', changed: 0, content: { name: 'Ana' } })
  equal((await store.drafts()).length, 1)
  const id = await store.newID()
  const fields = { head_name: '"Ana"', status: '"idp"' }
  await rejects(store.save({ draft, edits: [{ kind: 'create', collection: 'households', id, fields }] }), failing('invalid'))
  equal((await store.drafts()).length, 1)
  await store.save({ draft, edits: [{ kind: 'create', collection: 'households', id, fields: { ...fields, area: JSON.stringify(village) } }] })
  equal((await store.drafts()).length, 0)
})

test('of a draft nobody is told, and of what comes of it everybody', async () => {
  const told: string[] = []
  const store = new Local(testWorld(), (what) => told.push(what.kind), () => {})
  await store.take()
  await store.enrol('good', pin)
  told.length = 0
  await store.keepDraft({ id: await store.newID(), screen: 'household', record: '', changed: 0, content: { name: 'Ana' } })
  deepEqual(told, [])
  await household(store, 'Ana')
  deepEqual(told, ['changed'])
})

test('a search is blind to script and diacritics, and finds numbers however they are punctuated', async () => {
  const store = await enrolled()
  await household(store, 'Đorđe Živković', { phone: '+381 60 000 1234' })
  await household(store, 'Живорад Ђорђевић')
  await household(store, 'Ana', { address: 'Živkova 3' })
  deepEqual(names(await store.search('zivk', 10)), ['Đorđe Živković', 'Ana'])
  deepEqual(names(await store.search('djordje zivkovic', 10)), ['Đorđe Živković'])
  deepEqual(names(await store.search('0600001234', 10)), ['Đorđe Živković'])
  deepEqual(names(await store.search('ЂОРЂЕВИЋ', 10)), ['Живорад Ђорђевић'])
  deepEqual(names(await store.search('ana nobody', 10)), [])
})

test('nothing of what was written can be read on the disk', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const secrets = ['Dragan Jovanović', 'Školska 4', '+381 60 000 9876', 'K-778812', 'Klina i okolina']
  await household(store, secrets[0]!, { address: secrets[1], phone: secrets[2], card_number: secrets[3], place_of_origin: secrets[4] })
  await store.keepDraft({ id: await store.newID(), screen: 'household', record: '', changed: 0, content: 'Ljubica u nacrtu' })
  await store.keepProof(new TextEncoder().encode('potpis Ljubice'), 'image/png')
  for (let i = 0; i < 150; i++) await household(store, `Porodica ${i} Stanković`)
  await store.lock()
  await store.unlock(worker, pin)
  while (world.disk.open.get('store')!.count('SELECT count(*) AS n FROM glances') === 0) await store.status()
  const bytes = new TextDecoder('latin1').decode(world.disk.bytes('store'))
  for (const text of [...secrets, 'Ljubica u nacrtu', 'potpis Ljubice', 'Stanković', 'Petrović', 'Krasniqi', 'Tablet 1']) {
    for (const form of [text, text.toLowerCase(), text.normalize('NFKD').replace(/\p{Mn}/gu, ''), text.normalize('NFKD').replace(/\p{Mn}/gu, '').toLowerCase()]) {
      const raw = new TextDecoder('latin1').decode(new TextEncoder().encode(form))
      ok(!bytes.includes(raw), `the disk says ${form}`)
    }
  }
})

test('proofs come back as they were', async () => {
  const store = await enrolled()
  const content = crypto.getRandomValues(new Uint8Array(60_000))
  const big = new Uint8Array(600_000).map((_, i) => content[i % content.length]!)
  const sum = await store.keepProof(big, 'image/jpeg')
  equal(sum.length, 64)
  deepEqual((await store.proof(sum))!.content, big)
  equal(await store.proof('0'.repeat(64)), null)
})

test('a photo waits for the office once a form names it, and one that nothing names is dropped after a month', async () => {
  const world = testWorld()
  const store = await enrolled(world)
  const [removed, drafted, named] = await Promise.all(['taken out', 'in a draft', 'in a form'].map((text) => store.keepProof(new TextEncoder().encode(text), 'image/jpeg')))
  const proof = (sha256: string) => ({ photos: [{ sha256, type: 'image/jpeg', bytes: 9 }] })
  await store.keepDraft({ id: await store.newID(), screen: 'deliver', record: '', changed: 0, content: proof(drafted!) })
  equal((await store.status()).unsentProofs, 0)
  const [home, project, type] = [await household(store, 'Ana'), await store.newID(), await store.newID()]
  await made(store, 'deliveries', { household: home.id, project, assistance_type: type, quantity: 1, delivered_at: world.time, proofs: proof(named!) })
  equal((await store.status()).unsentProofs, 1)
  const kept = async () => Promise.all([removed, drafted, named].map(async (sum) => (await store.proof(sum!)) !== null))
  for (const [days, are] of [[29, [true, true, true]], [2, [false, true, true]]] as const) {
    world.time += days * 86_400_000
    world.office = { ...world.office, sync: async (s) => {
      await s.write((t) => dropOldProofs(t, world.time))
      return { changes: 0, records: 0, complete: true, safe: true, wiped: false }
    } }
    await store.sync()
    deepEqual(await kept(), are)
  }
})

test('the store with made-up families is another one', async () => {
  const store = await enrolled()
  await household(store, 'Ana')
  await store.practise(Object.fromEntries(practiceWords.map((word) => [word, `the ${word}`])) as PracticeWords)
  const door = await store.door()
  equal(door.state, 'open')
  ok(door.practice)
  equal((await store.list('households', '')).length, 12)
  deepEqual((await store.list('assistance_types', '')).map((kind) => kind.fields['name']!.value).sort(), ['"the parcel"', '"the stove"'])
  ok((await store.today('2026-04-01', 50)).some((due) => due.due.length > 0))
  ok((await store.today('2026-04-01', 50)).some((due) => due.visitOn !== ''))
  const [first] = await store.search('jovanovic', 5)
  equal((await store.aid(first!.id)).households.length, 1)
  await rejects(store.sync(), failing('not-enrolled'))
  await household(store, 'Vera')
  await store.practise(null)
  equal((await store.door()).state, 'locked')
  await store.unlock(worker, pin)
  deepEqual(names(await store.list('households', '')), ['Ana'])
})
