// The app's side of the store: each call crosses to the worker as a message, and its answer comes back as one.
import type { Failure, Store, Told } from './api'

declare const WORKER: string

/** A Call to a method of the store, and what comes back: its result or how it failed, or something told without being asked. */
export interface Call { id: number; method: keyof Store; args: unknown[] }
export type Answer = { id: number; result: unknown } | { id: number; failure: Failure } | { told: Told }

/** Starts the worker, and gives the store that it keeps. */
export function connect(): { store: Store; told: (listener: (told: Told) => void) => void } {
  const worker = new Worker(WORKER, { type: 'module' })
  void navigator.storage?.persist?.() // else the browser may clear the store when the tablet is full
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (failure: Failure) => void }>()
  let listener: (told: Told) => void = () => undefined
  let last = 0
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if ('told' in data) return listener(data.told)
    const caller = waiting.get(data.id)
    waiting.delete(data.id)
    if ('failure' in data) caller?.reject(data.failure)
    else caller?.resolve(data.result)
  }
  worker.onerror = (event) => {
    const failure: Failure = { code: 'internal', detail: event.message }
    for (const caller of waiting.values()) caller.reject(failure)
    waiting.clear()
  }
  const call = (method: keyof Store, args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      worker.postMessage({ id: last, method, args } satisfies Call)
    })
  const store = new Proxy({} as Store, {
    get: (_, method: string) => (method === 'then' ? undefined : (...args: unknown[]) => call(method as keyof Store, args)),
  })
  return { store, told: (heard) => { listener = heard } }
}
