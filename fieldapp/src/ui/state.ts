// What all screens share: the store, who is logged in, how the tablet is, and what was just said to the worker.
import { effect, signal } from '@preact/signals'

import { practiceWords, type Door, type Failure, type PracticeWords, type Progress, type Status, type Store, type Told } from '../store/api'
import { t, tOr } from './words'

export let store: Store

export const door = signal<Door | null>(null)
export const status = signal<Status | null>(null)
/** How far the sync that is under way has come, null if there is none. */
export const progress = signal<Progress | null>(null)
/** Counts what changed in the store, so that screens read again. */
export const revision = signal(0)
/** Whether the tablet said that it is online. It may be wrong; only a sync knows. */
export const online = signal(navigator.onLine)
/** What was just done, how it is taken back, and at which place alone it is said, if not everywhere: the path of a screen that
 * shows what is taken back. */
export const toast = signal<{ text: string; undo?: () => Promise<void>; at?: string } | null>(null)

/** Takes the store that the worker thread offers, and follows what it tells. */
export async function begin(with_: Store, told: (listener: (told: Told) => void) => void): Promise<void> {
  store = with_
  told((what) => {
    if (what.kind === 'progress') progress.value = what.progress
    if (what.kind === 'changed') revision.value++
    if (what.kind === 'door') void look()
  })
  window.addEventListener('online', () => (online.value = true))
  window.addEventListener('offline', () => (online.value = false))
  await look()
  effect(() => {
    revision.value // read again whenever something changed
    if (door.value?.state === 'open') void store.status().then((s) => (status.value = s), () => undefined)
  })
}

/** Looks again at what stands between the worker and the store. */
export async function look(): Promise<void> {
  door.value = await store.door()
  if (door.value.state !== 'open') toast.value = null // what one worker did is not another's to take back
}

/** Goes to the made-up families. */
export function practise(): Promise<void> {
  return store.practise(Object.fromEntries(practiceWords.map((word) => [word, t(`practice.${word}`)])) as PracticeWords)
}

/** Says what a failed call means: what happened, whether the data is safe, what to do. */
export function explain(error: unknown): string {
  const failure = error as Partial<Failure>
  if (typeof failure?.code !== 'string') return t('error.internal', { detail: String(error).slice(0, 200) })
  return tOr('error.' + failure.code.replaceAll('-', '_'), t('error.internal', { detail: failure.code }), {
    field: failure.field === undefined ? t('error.whole') : tOr('fields.' + failure.field, failure.field),
    minutes: Math.max(1, Math.ceil(((failure.until ?? 0) - Date.now()) / 60_000)),
  })
}

/** What the last sync of this session came to; code and failure say why it ended early, '' and null if it did not. */
export interface Outcome { safe: boolean; complete: boolean; wiped: boolean; code: string; failure: unknown; at: number }

export const outcome = signal<Outcome | null>(null)
const early = { safe: false, complete: false, wiped: false }
/** Set once the worker stopped the sync that is under way. */
let stopped = false

/** Runs the sync, unless one is under way. What comes of it stands on the sync screen. */
export async function sync(): Promise<void> {
  if (progress.value !== null || door.value?.practice) return
  stopped = false
  progress.value = {
    bytesUp: 0, bytesDown: 0, changes: 0, changesToSend: status.value?.unsent ?? 0, records: 0, recordsToFetch: 0,
    proofs: 0, proofsToSend: status.value?.unsentProofs ?? 0, exchanges: 0, wait: 0,
  }
  try {
    outcome.value = { ...(await store.sync()), code: '', failure: null, at: Date.now() }
  } catch (error) {
    const code = stopped ? 'stopped' : ((error as Partial<Failure>).code ?? 'internal')
    outcome.value = { ...early, code, failure: error, at: Date.now() }
  } finally {
    progress.value = null
    revision.value++
    await look()
  }
}

/** Stops the sync where it is. What it has sent and fetched stays; the next one goes on from there. */
export function stopSync(): void {
  stopped = true
  void store.stopSync()
}
