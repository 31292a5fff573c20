import { checkChange, collectionOf, fieldOf, lacking } from '../protocol/check'
import { byBytes, byteLength } from '../protocol/bytes'
import { maxValueBytes } from '../protocol/limits.gen'
import { deletedField, dict, type Change, type ID, type Value, type Version } from '../protocol/types'
import { canonical, isNull } from '../protocol/values'
import type { Edit, Field, Form } from './api'
import { addChange, changes, follow, last, versionIs } from './changes'
import { Failed } from './failure'
import { exchange, now, property } from './properties'
import { nameProofs } from './proofs'
import { find } from './read'
import { refresh } from './rows'
import type { Shown, Tx } from './tx'

/** The most records that a form may create, edit and delete, and the most that its values may come to, in bytes of JSON: it
 * travels and is applied as a whole. */
export const maxFormChanges = 500
export const maxFormBytes = 1 << 20

/** A Merged edit is all that a form does to one record. */
interface Merged {
  /** What the author was looking at. */
  looked: Shown
  creates: boolean
  values: Record<string, Value>
}

/** Numbers the changes of a form behind the tablet's last one, and writes them, by this author. It fails with invalid and
 * not-enrolled. Only what differs from what the author was looking at is written. */
export async function saveForm(t: Tx, form: Form, author: ID): Promise<void> {
  const me = await property(t, 'identity')
  if (!me) throw new Failed('not-enrolled', 'no server has told the tablet who it is')
  const x = await exchange(t)
  let tip = await last(t, me, x)
  const first = tip.n + 1
  for (const e of mergedEdits(form.edits)) {
    const c = await changeOf(t, e, now(t, x))
    if (!c) continue
    const kept = await follow(tip.hash, { ...c, device: me.device, n: tip.n + 1, form: first, author })
    tip = { n: kept.n, hash: kept.hash }
    await addChange(t, kept)
    nameProofs(t, kept)
    await refresh(t, c.collection, c.record)
  }
  checkForm(t, me.device, first)
  if (form.draft) t.db.exec('DELETE FROM drafts WHERE id = ?', form.draft)
}

/** Takes the edits of one record together. A form edits each record in one way. */
function mergedEdits(edits: Edit[]): Merged[] {
  const out = new Map<ID, Merged>()
  for (const edit of edits) {
    const next = mergedOf(edit)
    const known = out.get(next.looked.id)
    if (known && deletes(known) !== deletes(next)) throw new Failed('invalid', 'a form does not edit a record that it deletes')
    if (known) Object.assign(known.values, next.values)
    else out.set(next.looked.id, next)
  }
  return [...out.values()]
}

function mergedOf(edit: Edit): Merged {
  if (edit.kind === 'delete') return { looked: edit.record, creates: false, values: dict([[deletedField, 'true']]) }
  const collection = edit.kind === 'edit' ? edit.record.collection : edit.collection
  const values = dict(Object.entries(edit.fields).map(([name, v]) => [name, valueIn(`${collection}.${name}`, v)]))
  if (edit.kind === 'edit') return { looked: edit.record, creates: false, values }
  const looked = { collection: edit.collection, id: edit.id, area: '', deleted: false, fields: {} }
  return { looked, creates: true, values }
}

/** Brings a value into its one form. Empty text is no value. */
function valueIn(field: string, v: Value): Value {
  try {
    const value = v === '' ? 'null' : canonical(v)
    return value === '""' ? 'null' : value
  } catch (e) {
    throw new Failed('invalid', (e as Error).message, { field })
  }
}

const deletes = (e: Merged): boolean => e.values[deletedField] === 'true'

/** Gives the change that an edit comes to, with everything but its name and author; null if nothing differs. */
async function changeOf(t: Tx, e: Merged, now: number): Promise<Change | null> {
  const current = await find(t, e.looked.id)
  if (e.creates && current) throw new Failed('invalid', `there is a record of ${current.collection} with that id already`)
  if (!e.creates && !current) throw new Failed('not-found', 'the record is not on the tablet any more')
  const c: Change = {
    n: 0, form: 0, author: '', claimed: now, collection: e.looked.collection, record: e.looked.id, fields: differing(e), base: dict(), seen: dict(),
  }
  if (Object.keys(c.fields).length === 0) return null
  check(c, e.creates)
  c.base = baseOf(e, c.fields)
  if (deletes(e)) c.seen = seenOf(e.looked)
  for (const looked of [c.base, c.seen]) {
    for (const name of Object.keys(looked)) {
      c.claimed = Math.max(c.claimed, e.looked.fields[name]!.time + 1)
      looked[name] = await calledNow(t, e.looked, name, current)
    }
  }
  return c
}

/** Gives the values that are not those that the author was looking at. Who deletes a record that shows in spite of an
 * earlier deletion, because of an edit that contests it, writes a deletion. */
function differing(e: Merged): Record<string, Value> {
  return dict(Object.entries(e.values).filter(([name, value]) => {
    const was = e.looked.fields[name]?.value ?? ''
    const again = name === deletedField && value === 'true' && !e.looked.deleted
    return again || !(value === was || (isNull(value) && isNull(was)))
  }))
}

/** Says what is wrong with what a form writes, also with names that nobody knows: what this app writes, it has to know. */
function check(c: Change, creates: boolean): void {
  const collection = collectionOf(c.collection)
  if (!collection) throw new Failed('invalid', `there is no collection ${c.collection}`)
  const of = (field: string) => (field === '' ? {} : { field: `${c.collection}.${field}` })
  const unknown = Object.keys(c.fields).find((name) => !fieldOf(collection, name))
  if (unknown !== undefined) throw new Failed('invalid', `${c.collection} has no field ${unknown}`, of(unknown))
  const missing = creates ? lacking(collection, (field) => c.fields[field]) : ''
  if (missing !== '') throw new Failed('invalid', `a record of ${c.collection} has to have ${missing}`, of(missing))
  const long = Object.keys(c.fields).find((name) => byteLength(c.fields[name]!) > maxValueBytes)
  if (long !== undefined) throw new Failed('too-long', `a value has more than ${maxValueBytes} bytes`, of(long))
  const flaw = checkChange(c)
  if (flaw) throw new Failed('invalid', flaw.text, of(flaw.field))
}

/** Gives what the author of an edit was looking at: of the fields that it writes; of the record's deletion, if it shows as
 * deleted; and of one more where all of these were empty, so that nobody takes the edit for one that makes the record. That
 * is the deletion only if there is nothing else. */
function baseOf(e: Merged, writes: Record<string, Value>): Record<string, Version[]> {
  const seen = seenOf(e.looked)
  const names = Object.keys(seen).sort(byBytes)
  const named = names.filter((name) => name in writes || (name === deletedField && e.looked.deleted))
  if (named.length === 0) named.push(...names.filter((name) => name !== deletedField || names.length === 1).slice(0, 1))
  return dict(named.map((name) => [name, seen[name]!]))
}

/** Gives, for every field, the versions that whoever looks at the record has seen. */
function seenOf(r: Shown): Record<string, Version[]> {
  return dict(Object.entries(r.fields).filter(([, f]) => f.known.length > 0).map(([name, f]) => [name, [...f.known]]))
}

/** Gives the versions of a field that an author was looking at the names that they have by now: a sync that found out, while
 * the form was open, that another tablet goes by the same name has given own changes others. */
async function calledNow(t: Tx, looked: Shown, name: string, current: Shown | null): Promise<Version[]> {
  const shown: Field = looked.fields[name]!
  const known = current?.fields[name]?.known ?? []
  if (shown.known.length === known.length && shown.known.every((v, i) => v === known[i])) return shown.known
  const own = await changes(t, 'WHERE record = ? AND ? IN (claimed, time)', looked.id, shown.time)
  const renamed = own.find((c) => c.fields[name] === shown.value)
  return renamed ? [versionIs(renamed)] : shown.known
}

/** Refuses a form that is too large to travel as a whole. */
function checkForm(t: Tx, device: ID, form: number): void {
  const { n = 0, bytes = 0 } = t.db.one<{ n: number; bytes: number }>(
    'SELECT count(*) AS n, coalesce(sum(length(sealed)), 0) AS bytes FROM changes WHERE device = ? AND n >= ?', device, form) ?? {}
  if (n > maxFormChanges || bytes > maxFormBytes) {
    throw new Failed('too-long', `the form has ${n} changes of ${bytes} bytes; ${maxFormChanges} of ${maxFormBytes} is the most`)
  }
}
