import type { Stored } from '../../src/store/api'
import { failureOf } from '../../src/store/failure'
import type { Local } from '../../src/store/local'
import { valueOf } from '../../src/protocol/values'

export const village = '018f0000-0000-7000-8000-00000000000a'

/** What a call fails with. */
export const failing = (code: string) => (e: unknown): boolean => failureOf(e).code === code

/** Saves a record, and gives it as it is shown. */
export async function made(store: Local, collection: string, given: Record<string, unknown>): Promise<Stored> {
  const id = await store.newID()
  const fields = Object.fromEntries(Object.entries(given).map(([field, x]) => [field, valueOf(x)]))
  await store.save({ edits: [{ kind: 'create', collection, id, fields }] })
  return store.get(id)
}

export const household = (store: Local, name: string, more: Record<string, unknown> = {}): Promise<Stored> =>
  made(store, 'households', { head_name: name, status: 'idp', area: village, ...more })

export const names = (found: Stored[]): string[] => found.map((r) => JSON.parse(r.fields['head_name']!.value) as string)
